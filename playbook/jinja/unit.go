package jinja

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	exprparser "github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

type unitKind int

const (
	unitTemplate unitKind = iota
	unitExpression
	unitCondition
)

// unit is a compiled text. It does not change.
type unit struct {
	src        string // normalized
	kind       unitKind
	syntax     *Syntax
	expression *program    // of an expression or condition
	body       []statement // of a template
	blocks     map[string]*blockStatement
	names      []string
	mutates    bool
	single     string // the variable's name when the template is nothing but {{ name }}
}

// program is one compiled expression.
type program struct {
	node     ast.Node
	code     *vm.Program
	off      int
	name     string // the variable's name when the expression is nothing else
	constant bool
	value    any // of a constant
}

// unit returns the compiled form of a text.
func (e *Engine) unit(kind unitKind, src string, escaped bool, s *Syntax) (*unit, error) {
	key := cacheKey{src, kind, escaped, s}
	if u, ok := e.cache.get(key); ok {
		return u, nil
	}
	u, p, err := parse(kind, src, escaped, s, e)
	if err != nil {
		return nil, err
	}
	if err := e.known(p); err != nil {
		return nil, err
	}
	for _, prog := range p.programs {
		if err := e.compile(prog); err != nil {
			return nil, err
		}
	}
	e.cache.put(key, u)
	return u, nil
}

// parse reads a text without compiling it.
func parse(kind unitKind, src string, escaped bool, s *Syntax, e *Engine) (*unit, *parser, error) {
	u := &unit{kind: kind, syntax: s}
	var tokens []token
	var err error
	if kind == unitTemplate {
		u.src = normalize(src, s.KeepTrailingNewline)
		tokens, err = lexTemplate(u.src, *s, escaped)
	} else {
		u.src = normalize(src, true)
		tokens, err = lexExpression(u.src, escaped)
	}
	if err != nil {
		return nil, nil, err
	}
	p := newParser(u.src, tokens, e)
	if kind == unitTemplate {
		u.body, err = p.parseTemplate()
	} else {
		u.expression, err = p.whole(kind)
	}
	if err != nil {
		return nil, nil, err
	}
	u.blocks, u.names, u.mutates = p.blocks, p.names, p.mutates
	if len(u.body) == 1 {
		if out, ok := u.body[0].(*outputStatement); ok {
			u.single = onlyName(u.src, s, out.value.name)
		}
	}
	return u, p, nil
}

// onlyName returns the variable's name when a template is nothing but {{ name }}.
func onlyName(src string, s *Syntax, name string) string {
	inner, ok := strings.CutPrefix(src, s.VariableStart)
	if ok {
		inner, ok = strings.CutSuffix(inner, s.VariableEnd)
	}
	if ok && strings.TrimSpace(inner) == name {
		return name
	}
	return ""
}

func (p *parser) whole(kind unitKind) (*program, error) {
	o, err := p.parseExpression(kind != unitCondition)
	if err != nil {
		return nil, err
	}
	if kind == unitCondition {
		return p.conditionProgram(o), nil
	}
	return p.valueProgram(o), nil
}

// known refuses filters and tests that do not exist.
func (e *Engine) known(p *parser) error {
	for _, n := range p.filters {
		if _, ok := e.functions["|"+e.filterName(n.name)]; !ok {
			return unknownName("filter", n, e.FilterNames())
		}
	}
	for _, n := range p.tests {
		if _, ok := e.functions["is "+e.testName(n.name)]; !ok {
			return unknownName("test", n, e.TestNames())
		}
	}
	return nil
}

// filterName is the name under which a filter is known: what is Ansible's own may be named with its collection.
func (e *Engine) filterName(name string) string { return canonical(e.filters, name) }

func (e *Engine) testName(name string) string { return canonical(e.tests, name) }

func canonical(m map[string]filters.Func, name string) string {
	if _, ok := m[name]; ok {
		return name
	}
	for _, prefix := range []string{"ansible.builtin.", "ansible.legacy."} {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			return short
		}
	}
	return name
}

func unknownName(what string, n named, candidates []string) error {
	err := &syntaxError{unknown: true, off: n.off, message: fmt.Sprintf("there is no %s called '%s'", what, n.name)}
	if near := diag.Suggest(n.name, candidates); near != "" {
		err.hint = "did you mean '" + near + "'?"
	}
	return err
}

// compile makes the machine's code of an expression. Sharing a conf.Config between compilations would be a race.
func (e *Engine) compile(p *program) error {
	if p.name != "" || p.constant {
		return nil
	}
	tree := &exprparser.Tree{Node: p.node, Source: file.NewSource("")}
	code, err := compiler.Compile(tree, &conf.Config{Functions: e.functions, ShortCircuit: true})
	if err != nil {
		return &syntaxError{off: p.off, message: err.Error()}
	}
	p.code, p.node = code, nil
	return nil
}

// syntaxProblem gives a parse error its place.
func syntaxProblem(err error, src string, base diag.Pos) error {
	var s *syntaxError
	if !errors.As(err, &s) {
		return place(err, base)
	}
	return &Error{Message: s.message, Hint: s.hint, Syntax: true, Pos: positionAt(base, normalize(src, true), s.off)}
}
