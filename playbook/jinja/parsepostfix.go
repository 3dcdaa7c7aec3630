package jinja

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// postfix reads attributes, items and calls.
func (p *parser) postfix(o operand) (operand, error) {
	for {
		t := p.peek()
		var err error
		switch {
		case t.isOperator("."):
			p.next()
			o, err = p.dotted(o, t.off)
		case t.isOperator("?."):
			p.next()
			o, err = p.optional(o, t.off)
		case t.isOperator("["):
			p.next()
			o, err = p.subscript(o, t.off)
		case t.isOperator("("):
			o, err = p.called(o)
		default:
			return o, nil
		}
		if err != nil {
			return o, err
		}
		if err := p.count(t.off); err != nil {
			return o, err
		}
	}
}

func (p *parser) dotted(o operand, off int) (operand, error) {
	t := p.next()
	switch {
	case t.kind == tokenName:
		p.noteAttribute(t.text)
		return attribute(o, t.text, off), nil
	case t.kind == tokenNumber:
		if _, isInt := t.value.(int); isInt {
			return item(o, constant(t.value, t.off), off), nil
		}
	}
	return o, &syntaxError{off: t.off, message: "expected a name or a number after the dot, found " + t.describe()}
}

// optional is a?.b: none when a is undefined or none.
func (p *parser) optional(o operand, off int) (operand, error) {
	t, err := p.expectName()
	if err != nil {
		return o, err
	}
	p.noteAttribute(t.text)
	node := p.let(o.node, o.off, func(v func() ast.Node) ast.Node {
		test := predicate(off, fnCoalesce, v())
		return at(&ast.ConditionalNode{
			Cond: test.node, Exp1: constantNode(nil, off), Exp2: attribute(operand{node: v()}, t.text, off).node,
		}, off)
	})
	return operand{node: node, off: off}, nil
}

// noteAttribute records that the source may call a method that changes a list or mapping in place.
func (p *parser) noteAttribute(name string) {
	switch name {
	case "append", "extend", "insert", "pop", "popitem", "remove", "clear", "sort", "reverse", "update", "setdefault",
		"add", "discard":
		p.mutates = true
	}
	if strings.HasPrefix(name, "__") {
		p.mutates = true
	}
}

// subscript reads what stands between [ and ]: a key, a slice, or several of them.
func (p *parser) subscript(o operand, off int) (operand, error) {
	var keys []operand
	var slice []operand
	for !p.peek().isOperator("]") {
		if len(keys) > 0 {
			if err := p.expectOperator(","); err != nil {
				return o, err
			}
		}
		key, parts, err := p.subscribed()
		if err != nil {
			return o, err
		}
		keys, slice = append(keys, key), parts
	}
	if err := p.expectOperator("]"); err != nil {
		return o, err
	}
	if len(keys) == 1 && slice != nil {
		args := []ast.Node{environment(), o.node, slice[0].node, slice[1].node, slice[2].node}
		return operand{node: function(off, fnSlice, args...), off: off}, nil
	}
	key := sequence(fnTuple, keys, off)
	if len(keys) == 1 {
		key = keys[0]
	}
	if key.kind == operandConst {
		if name, ok := key.value.(string); ok {
			p.noteAttribute(name)
		}
	} else if p.peek().isOperator("(") {
		p.mutates = true
	}
	return item(o, key, off), nil
}

// subscribed reads one key, or a slice as its three parts.
func (p *parser) subscribed() (operand, []operand, error) {
	off := p.peek().off
	var first operand
	var err error
	if !p.peek().isOperator(":") {
		if first, err = p.expression(); err != nil || !p.peek().isOperator(":") {
			return first, nil, err
		}
	} else {
		first = constant(nil, off)
	}
	parts := []operand{first, constant(nil, off), constant(nil, off)}
	for i := 1; i < 3 && p.skipOperator(":"); i++ {
		if t := p.peek(); t.isOperator(":") || t.isOperator("]") || t.isOperator(",") {
			continue
		}
		if parts[i], err = p.expression(); err != nil {
			return first, nil, err
		}
	}
	return first, parts, nil
}

func (p *parser) called(o operand) (operand, error) {
	off := p.peek().off
	args, err := p.callArguments()
	if err != nil {
		return o, err
	}
	if o.kind == operandName {
		off = o.off
	}
	return call(o, args, off), nil
}

func (p *parser) callArguments() ([]argument, error) {
	if err := p.expectOperator("("); err != nil {
		return nil, err
	}
	var args []argument
	named, star, doubleStar := false, false, false
	for !p.peek().isOperator(")") {
		a := argument{}
		t := p.peek()
		var ok bool
		switch {
		case t.isOperator("*"):
			a.star = 1
			ok = !star && !doubleStar
			star = true
			p.next()
		case t.isOperator("**"):
			a.star = 2
			ok = !doubleStar
			doubleStar = true
			p.next()
		case t.kind == tokenName && p.lookAhead().isOperator("="):
			a.name = t.text
			ok = !doubleStar
			named = true
			p.next()
			p.next()
		default:
			ok = !star && !doubleStar && !named
		}
		if !ok {
			return nil, &syntaxError{off: t.off, message: "this argument may not stand here", hint: "write positional arguments first, then name=value, *list and **mapping"}
		}
		var err error
		if a.value, err = p.expression(); err != nil {
			return nil, err
		}
		args = append(args, a)
		if !p.skipOperator(",") {
			break
		}
	}
	return args, p.expectOperator(")")
}

// filtered reads filters, tests and calls.
func (p *parser) filtered(o operand) (operand, error) {
	for {
		t := p.peek()
		var err error
		switch {
		case t.isOperator("|"):
			p.next()
			o, err = p.filter(o)
		case t.isName("is"):
			p.next()
			o, err = p.test(o)
		case t.isOperator("("):
			o, err = p.called(o)
		default:
			return o, nil
		}
		if err != nil {
			return o, err
		}
		if err := p.count(t.off); err != nil {
			return o, err
		}
	}
}

// dottedName reads the name of a filter or test, which a collection's name may precede.
func (p *parser) dottedName() (named, error) {
	t, err := p.expectName()
	if err != nil {
		return named{}, err
	}
	n := named{t.text, t.off}
	for p.peek().isOperator(".") {
		p.next()
		if t, err = p.expectName(); err != nil {
			return n, err
		}
		n.name += "." + t.text
	}
	return n, nil
}

func (p *parser) filter(o operand) (operand, error) {
	n, err := p.dottedName()
	if err != nil {
		return o, err
	}
	var args []argument
	if p.peek().isOperator("(") {
		if args, err = p.callArguments(); err != nil {
			return o, err
		}
	}
	if n.name == "attr" {
		p.mutates = true
	}
	p.filters = append(p.filters, n)
	return filter(o, p.engine.filterName(n.name), args, n.off), nil
}

func (p *parser) test(o operand) (operand, error) {
	negated := p.skipName("not")
	n, err := p.dottedName()
	if err != nil {
		return o, err
	}
	var args []argument
	switch t := p.peek(); {
	case t.isOperator("("):
		if args, err = p.callArguments(); err != nil {
			return o, err
		}
	case p.startsArgument(t):
		if t.isName("is") {
			return o, &syntaxError{off: t.off, message: "tests cannot be chained", hint: "join them with 'and'"}
		}
		if t.isName("if") {
			return o, &syntaxError{off: t.off, message: "a test is followed by 'if', which Jinja2 reads as its argument", hint: "put the test in parentheses"}
		}
		a, err := p.primary()
		if err == nil {
			a, err = p.postfix(a)
		}
		if err != nil {
			return o, err
		}
		args = []argument{{value: a}}
	}
	p.tests = append(p.tests, n)
	result := test(o, p.engine.testName(n.name), args, n.off)
	if negated {
		result = not(result, n.off)
	}
	return result, nil
}

// startsArgument tells whether a test's argument without parentheses begins here.
func (p *parser) startsArgument(t token) bool {
	switch t.kind {
	case tokenName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokenString, tokenNumber:
		return true
	}
	return t.isOperator("[") || t.isOperator("{")
}
