package jinja

// setStatement reads {% set a = b %} and {% set a %}...{% endset %}.
func (p *parser) setStatement(t token) (statement, error) {
	where, err := p.setTarget()
	if err != nil {
		return nil, err
	}
	if p.skipOperator("=") {
		o, err := p.tuple(true, nil)
		if err != nil {
			return nil, err
		}
		return &setStatement{where, p.valueProgram(o)}, nil
	}
	s := &setBlockStatement{target: where}
	if p.peek().isOperator("|") {
		if s.filters, err = p.bodyFilters(false); err != nil {
			return nil, err
		}
	}
	s.body, _, err = p.body("set", t.off, "endset")
	return s, err
}

func (p *parser) setTarget() (target, error) {
	if !p.lookAhead().isOperator(".") {
		return p.target(nil)
	}
	name, err := p.expectName()
	if err != nil {
		return target{}, err
	}
	p.next()
	attr, err := p.expectName()
	if err != nil {
		return target{}, err
	}
	p.names = append(p.names, name.text)
	return target{name: name.text, attr: attr.text, off: name.off}, nil
}

// bodyFilters reads the filters that a body's text goes through. The first one may lack its bar.
func (p *parser) bodyFilters(inline bool) (*program, error) {
	off := p.peek().off
	o := nameOperand(hiddenBody, off)
	var err error
	if inline {
		if o, err = p.filter(o); err != nil {
			return nil, err
		}
	}
	for p.skipOperator("|") {
		if o, err = p.filter(o); err != nil {
			return nil, err
		}
	}
	o.off = off
	return p.valueProgram(o), nil
}

func (p *parser) filterStatement(t token) (statement, error) {
	filters, err := p.bodyFilters(true)
	if err != nil {
		return nil, err
	}
	body, _, err := p.body("filter", t.off, "endfilter")
	return &filterStatement{filters, body}, err
}

func (p *parser) withStatement(t token) (statement, error) {
	s := &withStatement{}
	for p.peek().kind != tokenBlockEnd {
		if len(s.targets) > 0 {
			if err := p.expectOperator(","); err != nil {
				return nil, err
			}
		}
		off := p.peek().off
		o, err := p.primary()
		if err != nil {
			return nil, err
		}
		where, err := p.asTarget(o, off)
		if err != nil {
			return nil, err
		}
		if err := p.expectOperator("="); err != nil {
			return nil, err
		}
		v, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.targets, s.values = append(s.targets, where), append(s.values, p.valueProgram(v))
	}
	var err error
	s.body, _, err = p.body("with", t.off, "endwith")
	return s, err
}

// autoescapeStatement reads a statement that changes nothing here: text is never escaped.
func (p *parser) autoescapeStatement(t token) (statement, error) {
	if _, err := p.expression(); err != nil {
		return nil, err
	}
	body, _, err := p.body("autoescape", t.off, "endautoescape")
	return &scopeStatement{body}, err
}

func (p *parser) printStatement() ([]statement, error) {
	var list []statement
	for p.peek().kind != tokenBlockEnd {
		if len(list) > 0 {
			if err := p.expectOperator(","); err != nil {
				return nil, err
			}
		}
		o, err := p.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, &outputStatement{p.valueProgram(o)})
	}
	return list, nil
}

func (p *parser) doStatement(token) (statement, error) {
	o, err := p.tuple(true, nil)
	if err != nil {
		return nil, err
	}
	return &doStatement{p.valueProgram(o)}, nil
}

func (p *parser) loopControl(t token) (statement, error) {
	if p.loops == 0 {
		return nil, &syntaxError{off: t.off, message: "'" + t.text + "' outside of a loop"}
	}
	if t.text == "break" {
		return &breakStatement{}, nil
	}
	return &continueStatement{}, nil
}
