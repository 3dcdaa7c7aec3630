package jinja

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// parser turns tokens into statements and lowered expressions.
type parser struct {
	builder
	src    string
	tokens []token
	at     int
	depth  int
	engine *Engine

	names    []string // every variable read, in order
	filters  []named  // every filter and test used
	tests    []named
	programs []*program
	blocks   map[string]*blockStatement
	mutates  bool // something here may change a variable's list or mapping in place
	tags     []openTag
	loops    int
}

// named is a filter or test where it is used.
type named struct {
	name string
	off  int
}

// openTag is a statement whose end is awaited.
type openTag struct {
	name string
	off  int
	ends []string
}

func newParser(src string, tokens []token, e *Engine) *parser {
	return &parser{
		builder: builder{maxNodes: e.limits.Nodes}, src: src, tokens: tokens, engine: e,
		blocks: map[string]*blockStatement{},
	}
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) lookAhead() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (t token) isOperator(text string) bool { return t.kind == tokenOperator && t.text == text }

func (t token) isName(text string) bool { return t.kind == tokenName && t.text == text }

func (p *parser) skipOperator(text string) bool {
	if p.peek().isOperator(text) {
		p.next()
		return true
	}
	return false
}

func (p *parser) skipName(text string) bool {
	if p.peek().isName(text) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expectOperator(text string) error {
	if p.skipOperator(text) {
		return nil
	}
	return p.unexpected("'" + text + "'")
}

func (p *parser) expectName() (token, error) {
	if t := p.peek(); t.kind == tokenName {
		p.next()
		return t, nil
	}
	return token{}, p.unexpected("a name")
}

func (p *parser) expectKind(kind tokenKind) error {
	if p.peek().kind == kind {
		p.next()
		return nil
	}
	return p.unexpected(token{kind: kind}.describe())
}

// unexpected says what stands here instead of what was expected.
func (p *parser) unexpected(wanted string) error {
	t := p.peek()
	e := &syntaxError{off: t.off, message: fmt.Sprintf("expected %s, found %s", wanted, t.describe())}
	switch {
	case t.isOperator("="):
		e.hint = "compare with =="
	case t.isOperator("{") && p.lookAhead().isOperator("{"):
		e.hint = "this is an expression already: leave the inner {{ }} out"
	}
	return e
}

// enter notes one more level of nesting.
func (p *parser) enter() error {
	p.depth++
	if p.depth > p.engine.limits.Depth {
		return &syntaxError{off: p.peek().off, message: "this is nested too deeply"}
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// program keeps an expression to be compiled.
func (p *parser) program(o operand, node ast.Node) *program {
	prog := &program{node: node, off: o.off}
	switch o.kind {
	case operandName:
		if node == o.node {
			prog.name = o.name
		}
	case operandConst:
		if node == o.node {
			prog.constant, prog.value = true, o.value
		}
	}
	p.programs = append(p.programs, prog)
	return prog
}

func (p *parser) valueProgram(o operand) *program { return p.program(o, o.node) }

func (p *parser) conditionProgram(o operand) *program { return p.program(o, o.truth()) }

func (p *parser) line(off int) int { return 1 + strings.Count(p.src[:min(off, len(p.src))], "\n") }

// parseExpression reads a whole bare expression. A condition may not be an inline if, as after {% if.
func (p *parser) parseExpression(inlineIf bool) (operand, error) {
	if p.peek().kind == tokenEOF {
		return operand{}, &syntaxError{off: p.peek().off, message: "an expression is missing"}
	}
	o, err := p.tuple(inlineIf, nil)
	if err != nil {
		return o, err
	}
	if t := p.peek(); t.isName("if") {
		return o, &syntaxError{off: t.off, message: "a condition may not be an inline if", hint: "put the inline if in parentheses"}
	}
	if p.peek().kind != tokenEOF {
		return o, p.unexpected("the end of the expression")
	}
	return o, nil
}
