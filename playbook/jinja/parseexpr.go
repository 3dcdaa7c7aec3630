package jinja

// expression reads one expression, with inline ifs.
func (p *parser) expression() (operand, error) { return p.conditional(true) }

// conditional reads "a if b else c", or only what may stand before the if.
func (p *parser) conditional(inlineIf bool) (operand, error) {
	if err := p.enter(); err != nil {
		return operand{}, err
	}
	defer p.leave()
	then, err := p.or()
	for err == nil && inlineIf && p.peek().isName("if") {
		off := p.next().off
		var test, otherwise operand
		if test, err = p.or(); err != nil {
			break
		}
		if p.skipName("else") {
			if otherwise, err = p.conditional(true); err != nil {
				break
			}
		} else {
			otherwise = missingElse(p.line(off), off)
		}
		then = conditional(test, then, otherwise, off)
		err = p.count(off)
	}
	return then, err
}

func (p *parser) or() (operand, error) {
	left, err := p.and()
	for err == nil && p.peek().isName("or") {
		off := p.next().off
		var right operand
		if right, err = p.and(); err == nil {
			left = p.logic("or", left, right, off)
			err = p.count(off)
		}
	}
	return left, err
}

func (p *parser) and() (operand, error) {
	left, err := p.not()
	for err == nil && p.peek().isName("and") {
		off := p.next().off
		var right operand
		if right, err = p.not(); err == nil {
			left = p.logic("and", left, right, off)
			err = p.count(off)
		}
	}
	return left, err
}

func (p *parser) not() (operand, error) {
	if !p.peek().isName("not") {
		return p.comparison()
	}
	if err := p.enter(); err != nil {
		return operand{}, err
	}
	defer p.leave()
	off := p.next().off
	o, err := p.not()
	if err != nil {
		return o, err
	}
	return not(o, off), p.count(off)
}

// comparisonHere returns the comparison operator at the parser, "" when there is none, and its length in tokens.
func (p *parser) comparisonHere() (string, int) {
	t := p.peek()
	switch {
	case t.kind == tokenOperator:
		switch t.text {
		case "==", "!=", "<", "<=", ">", ">=":
			return t.text, 1
		}
	case t.isName("in"):
		return fnIn, 1
	case t.isName("not") && p.lookAhead().isName("in"):
		return fnNotIn, 2
	}
	return "", 0
}

func (p *parser) comparison() (operand, error) {
	left, err := p.coalesce()
	var chain []comparison
	for err == nil {
		op, n := p.comparisonHere()
		if op == "" {
			break
		}
		c := comparison{op: op, off: p.peek().off}
		for range n {
			p.next()
		}
		if c.right, err = p.coalesce(); err == nil {
			chain = append(chain, c)
			err = p.count(c.off)
		}
	}
	if err != nil || len(chain) == 0 {
		return left, err
	}
	return p.compare(left, chain), nil
}

// coalesce reads the operators that Jinja2 does not have: a ?? b, and a..b.
func (p *parser) coalesce() (operand, error) {
	left, err := p.sum()
	for err == nil && (p.peek().isOperator("??") || p.peek().isOperator("..")) {
		op := p.next()
		var right operand
		if right, err = p.sum(); err != nil {
			break
		}
		if op.text == ".." {
			left = binary(fnRange, left, right, op.off)
		} else {
			left = p.lowerCoalesce(left, right, op.off)
		}
		err = p.count(op.off)
	}
	return left, err
}

func (p *parser) sum() (operand, error) {
	return p.leftAssociative(p.concatenation, "+", "-")
}

func (p *parser) concatenation() (operand, error) {
	first, err := p.product()
	if err != nil || !p.peek().isOperator("~") {
		return first, err
	}
	off := p.peek().off
	items := []operand{first}
	for p.skipOperator("~") {
		o, err := p.product()
		if err != nil {
			return o, err
		}
		items = append(items, o)
	}
	return concat(items, off), p.count(off)
}

func (p *parser) product() (operand, error) {
	return p.leftAssociative(p.power, "*", "/", "//", "%")
}

// power is left associative in Jinja2, unlike Python.
func (p *parser) power() (operand, error) {
	return p.leftAssociative(func() (operand, error) { return p.unary(true) }, "**")
}

func (p *parser) leftAssociative(next func() (operand, error), operators ...string) (operand, error) {
	left, err := next()
	for err == nil {
		t := p.peek()
		if t.kind != tokenOperator || !contains(operators, t.text) {
			break
		}
		p.next()
		var right operand
		if right, err = next(); err == nil {
			left = binary(t.text, left, right, t.off)
			err = p.count(t.off)
		}
	}
	return left, err
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// unary reads a sign or a primary, and what follows it.
func (p *parser) unary(withFilters bool) (operand, error) {
	if err := p.enter(); err != nil {
		return operand{}, err
	}
	defer p.leave()
	var o operand
	var err error
	switch t := p.peek(); {
	case t.isOperator("-"):
		p.next()
		if o, err = p.unary(false); err == nil {
			o = unary(fnNeg, o, t.off)
		}
	case t.isOperator("+"):
		p.next()
		if o, err = p.unary(false); err == nil {
			o = unary(fnPos, o, t.off)
		}
	default:
		o, err = p.primary()
	}
	if err == nil {
		o, err = p.postfix(o)
	}
	if err == nil && withFilters {
		o, err = p.filtered(o)
	}
	return o, err
}
