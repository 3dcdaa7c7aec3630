package jinja

import "strings"

func (p *parser) blockStatement(t token) (statement, error) {
	name, err := p.expectName()
	if err != nil {
		return nil, err
	}
	b := &blockStatement{name: name.text, off: t.off}
	if p.blocks[b.name] != nil {
		return nil, &syntaxError{off: name.off, message: "the block '" + b.name + "' is there twice"}
	}
	p.blocks[b.name] = b
	b.scoped = p.skipName("scoped")
	b.required = p.skipName("required")
	if p.peek().isOperator("-") {
		return nil, &syntaxError{off: p.peek().off, message: "a block's name may not contain hyphens", hint: "use an underscore"}
	}
	loops := p.loops
	p.loops = 0
	b.body, _, err = p.body("block", t.off, "endblock")
	p.loops = loops
	if err != nil {
		return nil, err
	}
	p.skipName(b.name)
	if b.required && !blank(b.body) {
		return nil, &syntaxError{off: t.off, message: "a required block may contain white space and comments only"}
	}
	return b, nil
}

func blank(body []statement) bool {
	for _, s := range body {
		if text, ok := s.(*textStatement); !ok || strings.TrimSpace(text.text) != "" {
			return false
		}
	}
	return true
}

// templateName reads the expression that names another template. What that template does with the values it gets is
// not known here.
func (p *parser) templateName() (*program, error) {
	o, err := p.expression()
	if err != nil {
		return nil, err
	}
	p.mutates = true
	return p.valueProgram(o), nil
}

func (p *parser) extendsStatement(t token) (statement, error) {
	if len(p.tags) > 0 && p.tags[len(p.tags)-1].name != "if" {
		return nil, &syntaxError{off: t.off, message: "'extends' may stand at the top of a template only"}
	}
	name, err := p.templateName()
	return &extendsStatement{name, t.off}, err
}

func (p *parser) includeStatement(t token) (statement, error) {
	name, err := p.templateName()
	if err != nil {
		return nil, err
	}
	s := &includeStatement{name: name, withContext: true, off: t.off}
	if p.peek().isName("ignore") && p.lookAhead().isName("missing") {
		p.next()
		p.next()
		s.ignoreMissing = true
	}
	p.context(&s.withContext)
	return s, nil
}

// context reads "with context" or "without context", if it is there.
func (p *parser) context(with *bool) bool {
	t := p.peek()
	if (t.isName("with") || t.isName("without")) && p.lookAhead().isName("context") {
		*with = t.text == "with"
		p.next()
		p.next()
		return true
	}
	return false
}

func (p *parser) importStatement(t token) (statement, error) {
	name, err := p.templateName()
	if err != nil {
		return nil, err
	}
	s := &importStatement{name: name, off: t.off}
	if !p.skipName("as") {
		return nil, p.unexpected("'as'")
	}
	if s.as, err = p.nameTarget(); err != nil {
		return nil, err
	}
	p.context(&s.withContext)
	return s, nil
}

func (p *parser) fromStatement(t token) (statement, error) {
	name, err := p.templateName()
	if err != nil {
		return nil, err
	}
	s := &fromStatement{name: name, off: t.off}
	if !p.skipName("import") {
		return nil, p.unexpected("'import'")
	}
	for {
		if p.context(&s.withContext) {
			break
		}
		off := p.peek().off
		n := importedName{}
		if n.name, err = p.nameTarget(); err != nil {
			return nil, err
		}
		if strings.HasPrefix(n.name, "_") {
			return nil, &syntaxError{off: off, message: "names that begin with an underscore cannot be imported"}
		}
		n.as = n.name
		if p.skipName("as") {
			if n.as, err = p.nameTarget(); err != nil {
				return nil, err
			}
		}
		s.names = append(s.names, n)
		if p.context(&s.withContext) || !p.skipOperator(",") {
			break
		}
	}
	return s, nil
}
