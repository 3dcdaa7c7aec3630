package jinja

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// parseTemplate reads a whole template.
func (p *parser) parseTemplate() ([]statement, error) {
	body, _, err := p.statements(nil)
	return body, err
}

// statements reads up to one of the end tags, and returns which one; the parser stands behind its name.
func (p *parser) statements(ends []string) ([]statement, string, error) {
	var body []statement
	for {
		t := p.peek()
		switch t.kind {
		case tokenEOF:
			if ends != nil {
				return nil, "", p.unclosed()
			}
			return body, "", nil
		case tokenData:
			p.next()
			body = append(body, &textStatement{t.text})
		case tokenVariableBegin:
			s, err := p.output()
			if err != nil {
				return nil, "", err
			}
			body = append(body, s)
		case tokenBlockBegin:
			p.next()
			name := p.peek()
			if name.kind == tokenName && contains(ends, name.text) {
				p.next()
				return body, name.text, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, "", err
			}
			if s != nil {
				body = append(body, s...)
			}
			if err := p.expectKind(tokenBlockEnd); err != nil {
				return nil, "", err
			}
		default:
			return nil, "", p.unexpected("text or a tag")
		}
		if err := p.count(t.off); err != nil {
			return nil, "", err
		}
	}
}

func (p *parser) unclosed() error {
	tag := p.tags[len(p.tags)-1]
	return &syntaxError{off: tag.off, message: fmt.Sprintf("'%s' is never closed", tag.name), hint: "end it with " + tag.ends[len(tag.ends)-1]}
}

func (p *parser) output() (statement, error) {
	p.next()
	o, err := p.tuple(true, nil)
	if err != nil {
		return nil, err
	}
	if err := p.expectKind(tokenVariableEnd); err != nil {
		return nil, err
	}
	return &outputStatement{p.valueProgram(o)}, nil
}

// body reads a statement's body up to an end tag. A colon may end the statement's first line, as in Python.
func (p *parser) body(name string, off int, ends ...string) ([]statement, string, error) {
	p.skipOperator(":")
	if err := p.expectKind(tokenBlockEnd); err != nil {
		return nil, "", err
	}
	if err := p.enter(); err != nil {
		return nil, "", err
	}
	defer p.leave()
	p.tags = append(p.tags, openTag{name, off, ends})
	defer func() { p.tags = p.tags[:len(p.tags)-1] }()
	return p.statements(ends)
}

// statement reads one statement, without the end of its last tag.
func (p *parser) statement() ([]statement, error) {
	t := p.peek()
	if t.kind != tokenName {
		return nil, p.unexpected("the name of a statement")
	}
	if t.text == "print" {
		p.next()
		return p.printStatement()
	}
	parse := p.statementParser(t.text)
	if parse == nil {
		return nil, p.unknownTag(t)
	}
	p.next()
	s, err := parse(t)
	if err != nil {
		return nil, err
	}
	return []statement{s}, nil
}

// statementParser returns what reads the rest of a statement, nil when there is no statement of that name.
func (p *parser) statementParser(name string) func(token) (statement, error) {
	switch name {
	case "if":
		return p.ifStatement
	case "for":
		return p.forStatement
	case "set":
		return p.setStatement
	case "with":
		return p.withStatement
	case "macro":
		return p.macroStatement
	case "call":
		return p.callStatement
	case "filter":
		return p.filterStatement
	case "block":
		return p.blockStatement
	case "extends":
		return p.extendsStatement
	case "include":
		return p.includeStatement
	case "import":
		return p.importStatement
	case "from":
		return p.fromStatement
	case "do":
		return p.doStatement
	case "break", "continue":
		return p.loopControl
	case "autoescape":
		return p.autoescapeStatement
	}
	return nil
}

func statementNames() []string {
	return []string{"if", "elif", "else", "endif", "for", "endfor", "set", "endset", "with", "endwith", "macro",
		"endmacro", "call", "endcall", "filter", "endfilter", "block", "endblock", "extends", "include", "import", "from",
		"do", "break", "continue", "autoescape", "print", "raw"}
}

func (p *parser) unknownTag(t token) error {
	e := &syntaxError{off: t.off, message: fmt.Sprintf("unknown statement '%s'", t.text)}
	isEnd := strings.HasPrefix(t.text, "end") || t.text == "else" || t.text == "elif"
	if isEnd && contains(statementNames(), t.text) {
		e.message = fmt.Sprintf("'%s' does not belong here", t.text)
		e.hint = "nothing is open that it could end"
		if len(p.tags) > 0 {
			tag := p.tags[len(p.tags)-1]
			e.hint = fmt.Sprintf("close '%s' of line %d first, with %s", tag.name, p.line(tag.off), tag.ends[len(tag.ends)-1])
		}
		return e
	}
	if near := diag.Suggest(t.text, statementNames()); near != "" {
		e.hint = "did you mean '" + near + "'?"
	}
	return e
}

func (p *parser) ifStatement(t token) (statement, error) {
	s := &ifStatement{}
	for {
		test, err := p.tuple(false, nil)
		if err != nil {
			return nil, err
		}
		prog := p.conditionProgram(test)
		body, end, err := p.body("if", t.off, "elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.branches = append(s.branches, branch{prog, body})
		switch end {
		case "else":
			s.otherwise, _, err = p.body("if", t.off, "endif")
			return s, err
		case "endif":
			return s, nil
		}
	}
}

func (p *parser) forStatement(t token) (statement, error) {
	s := &forStatement{off: t.off}
	var err error
	if s.target, err = p.target([]string{"in"}); err != nil {
		return nil, err
	}
	if !p.skipName("in") {
		return nil, p.unexpected("'in'")
	}
	items, err := p.tuple(false, []string{"recursive"})
	if err != nil {
		return nil, err
	}
	s.items = p.valueProgram(items)
	if p.skipName("if") {
		test, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.test = p.conditionProgram(test)
	}
	s.recursive = p.skipName("recursive")
	p.loops++
	body, end, err := p.body("for", t.off, "else", "endfor")
	p.loops--
	s.body = body
	if err == nil && end == "else" {
		s.otherwise, _, err = p.body("for", t.off, "endfor")
	}
	return s, err
}

// target reads what an assignment binds, several separated by commas.
func (p *parser) target(ends []string) (target, error) {
	off := p.peek().off
	o, err := p.tupleOf(p.primary, ends)
	if err != nil {
		return target{}, err
	}
	return p.asTarget(o, off)
}

func (p *parser) asTarget(o operand, off int) (target, error) {
	switch o.kind {
	case operandName:
		return target{name: o.name, off: o.off}, nil
	case operandTuple:
		t := target{off: off}
		for _, item := range o.items {
			sub, err := p.asTarget(item, item.off)
			if err != nil {
				return t, err
			}
			t.items = append(t.items, sub)
		}
		return t, nil
	}
	return target{}, &syntaxError{off: off, message: "this cannot be assigned to", hint: "assign to a name"}
}

func (p *parser) nameTarget() (string, error) {
	t, err := p.expectName()
	if err == nil && contains([]string{"true", "false", "none", "True", "False", "None"}, t.text) {
		return "", &syntaxError{off: t.off, message: "'" + t.text + "' cannot be assigned to"}
	}
	return t.text, err
}
