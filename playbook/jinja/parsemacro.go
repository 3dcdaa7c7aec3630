package jinja

// macroStatement reads {% macro name(parameters) %}.
func (p *parser) macroStatement(t token) (statement, error) {
	name, err := p.nameTarget()
	if err != nil {
		return nil, err
	}
	m := &macroDefinition{name: name}
	if err := p.signature(m); err != nil {
		return nil, err
	}
	return &macroStatement{m}, p.macroBody(m, "macro", t.off)
}

// callStatement reads {% call(parameters) macro(...) %}.
func (p *parser) callStatement(t token) (statement, error) {
	m := &macroDefinition{name: "caller"}
	if p.peek().isOperator("(") {
		if err := p.signature(m); err != nil {
			return nil, err
		}
	}
	off := p.peek().off
	o, err := p.expression()
	if err != nil {
		return nil, err
	}
	if o.kind != operandCall {
		return nil, &syntaxError{off: off, message: "expected the call of a macro", hint: "write {% call macro() %}"}
	}
	args := append([]argument{}, o.call.args...)
	caller := argument{name: "caller", value: nameOperand(hiddenCaller, off)}
	if n := len(args); n > 0 && args[n-1].star == 2 {
		args = append(args[:n-1], caller, args[n-1])
	} else {
		args = append(args, caller)
	}
	s := &callStatement{caller: m, call: p.valueProgram(call(o.call.callee, args, off))}
	return s, p.macroBody(m, "call", t.off)
}

func (p *parser) signature(m *macroDefinition) error {
	if err := p.expectOperator("("); err != nil {
		return err
	}
	for !p.peek().isOperator(")") {
		if len(m.params) > 0 {
			if err := p.expectOperator(","); err != nil {
				return err
			}
		}
		off := p.peek().off
		name, err := p.nameTarget()
		if err != nil {
			return err
		}
		if contains(m.params, name) {
			return &syntaxError{off: off, message: "the parameter '" + name + "' is there twice"}
		}
		m.params = append(m.params, name)
		if p.skipOperator("=") {
			o, err := p.expression()
			if err != nil {
				return err
			}
			m.defaults = append(m.defaults, p.valueProgram(o))
		} else if len(m.defaults) > 0 {
			return &syntaxError{off: off, message: "a parameter without default follows one with a default"}
		}
	}
	return p.expectOperator(")")
}

// macroBody reads the body of a macro and notes which of the special names it reads.
func (p *parser) macroBody(m *macroDefinition, tag string, off int) error {
	before := len(p.names)
	loops := p.loops
	p.loops = 0
	body, _, err := p.body(tag, off, "end"+tag)
	p.loops = loops
	m.body = body
	for _, name := range p.names[before:] {
		switch name {
		case "varargs":
			m.catchRest = true
		case "kwargs":
			m.catchKw = true
		case "caller":
			m.caller = true
		}
	}
	return err
}
