package jinja

import "github.com/expr-lang/expr/ast"

func (p *parser) primary() (operand, error) {
	t := p.peek()
	if err := p.count(t.off); err != nil {
		return operand{}, err
	}
	switch t.kind {
	case tokenName:
		p.next()
		return p.nameOrConstant(t), nil
	case tokenString:
		p.next()
		text := t.value.(string)
		for p.peek().kind == tokenString {
			text += p.next().value.(string)
		}
		return constant(text, t.off), nil
	case tokenNumber:
		p.next()
		return constant(t.value, t.off), nil
	case tokenOperator:
		switch t.text {
		case "(":
			p.next()
			o, err := p.parenthesized(t.off)
			if err == nil {
				err = p.expectOperator(")")
			}
			return o, err
		case "[":
			return p.list()
		case "{":
			return p.dict()
		}
	}
	return operand{}, p.unexpected("an expression")
}

func (p *parser) nameOrConstant(t token) operand {
	switch t.text {
	case "true", "True":
		return constant(true, t.off)
	case "false", "False":
		return constant(false, t.off)
	case "none", "None":
		return constant(nil, t.off)
	}
	p.names = append(p.names, t.text)
	return nameOperand(t.text, t.off)
}

// parenthesized reads what stands between ( and ): an expression or a tuple, which may be empty.
func (p *parser) parenthesized(off int) (operand, error) {
	if p.peek().isOperator(")") {
		return sequence(fnTuple, nil, off), nil
	}
	return p.tuple(true, nil)
}

// tupleEnd tells whether a tuple without parentheses ends here.
func (p *parser) tupleEnd(ends []string) bool {
	t := p.peek()
	switch t.kind {
	case tokenVariableEnd, tokenBlockEnd, tokenEOF:
		return true
	case tokenName:
		return contains(ends, t.text)
	}
	return t.isOperator(")")
}

// tuple reads an expression, or several separated by commas, which make a tuple.
func (p *parser) tuple(inlineIf bool, ends []string) (operand, error) {
	return p.tupleOf(func() (operand, error) { return p.conditional(inlineIf) }, ends)
}

func (p *parser) tupleOf(read func() (operand, error), ends []string) (operand, error) {
	off := p.peek().off
	var items []operand
	for {
		if len(items) > 0 && p.tupleEnd(ends) {
			break
		}
		o, err := read()
		if err != nil {
			return o, err
		}
		items = append(items, o)
		if !p.peek().isOperator(",") {
			if len(items) == 1 {
				return o, nil
			}
			break
		}
		p.next()
	}
	return sequence(fnTuple, items, off), nil
}

func (p *parser) list() (operand, error) {
	off := p.next().off
	var items []operand
	for !p.peek().isOperator("]") {
		o, err := p.expression()
		if err != nil {
			return o, err
		}
		items = append(items, o)
		if !p.skipOperator(",") {
			break
		}
	}
	return sequence(fnList, items, off), p.expectOperator("]")
}

func (p *parser) dict() (operand, error) {
	off := p.next().off
	var items []operand
	for !p.peek().isOperator("}") {
		key, err := p.expression()
		if err != nil {
			return key, err
		}
		if err := p.expectOperator(":"); err != nil {
			return key, err
		}
		v, err := p.expression()
		if err != nil {
			return v, err
		}
		items = append(items, key, v)
		if !p.skipOperator(",") {
			break
		}
	}
	return sequence(fnDict, items, off), p.expectOperator("}")
}

// lowerCoalesce is a ?? b: b when a is undefined or none.
func (p *parser) lowerCoalesce(left, right operand, off int) operand {
	node := p.let(left.node, left.off, func(v func() ast.Node) ast.Node {
		test := predicate(off, fnCoalesce, v())
		return at(&ast.ConditionalNode{Cond: test.node, Exp1: right.node, Exp2: v()}, off)
	})
	return operand{node: node, off: off}
}
