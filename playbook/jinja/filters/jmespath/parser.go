package jmespath

import "strings"

// node is a part of a query: it turns the value at hand into another.
type node func(v any) (any, error)

// Query is a parsed query.
type Query struct{ run node }

// Compile parses a query.
func Compile(query string) (*Query, error) {
	tokens, err := scan(query)
	if err != nil {
		return nil, err
	}
	p := &parser{query: query, tokens: tokens}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != end {
		return nil, p.unexpected()
	}
	return &Query{n}, nil
}

// Search evaluates the query on a value.
func (q *Query) Search(v any) (any, error) { return q.run(v) }

type parser struct {
	query  string
	tokens []token
	at     int
	depth  int
}

const maxDepth = 200

// Projections bind weaker than this.
const projectionStop = 10

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) ahead() kind {
	if p.at+1 < len(p.tokens) {
		return p.tokens[p.at+1].kind
	}
	return end
}

func (p *parser) advance() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) unexpected() error {
	t := p.peek()
	if t.kind == end {
		return errorf("Bad jmespath expression: Incomplete expression:\n\"%s\"", p.query)
	}
	return errorf("Bad jmespath expression: the token at column %d was not expected:\n\"%s\"\n%s^", t.at, p.query, strings.Repeat(" ", t.at+1))
}

func (p *parser) expect(k kind) error {
	if p.peek().kind != k {
		return p.unexpected()
	}
	p.advance()
	return nil
}

func (p *parser) expression(power int) (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, errorf("the query is nested too deeply")
	}
	left, err := p.prefix()
	for err == nil && power < p.peek().kind.power() {
		left, err = p.infix(left)
	}
	return left, err
}

// prefix parses what can start an expression.
func (p *parser) prefix() (node, error) {
	start := p.at
	t := p.advance()
	switch t.kind {
	case literal:
		return func(any) (any, error) { return t.value, nil }, nil
	case name:
		if p.peek().kind == openParen {
			if t.quoted {
				return nil, errorf("Bad jmespath expression: Quoted identifier not allowed for function names:\n\"%s\"", p.query)
			}
			return p.call(t.text)
		}
		return field(t.text), nil
	case current:
		return identity, nil
	case star:
		right, err := p.projected(star.power())
		return valueProjection(identity, right), err
	case filter:
		return p.filterOf(identity)
	case openBrace:
		return p.multiHash()
	case openParen:
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return n, p.expect(closeParen)
	case flatten:
		right, err := p.projected(flatten.power())
		return projection(flattened(identity), right), err
	case not:
		n, err := p.expression(not.power())
		return negation(n), err
	case openBracket:
		return p.bracket(identity, true)
	case expref:
		n, err := p.expression(0)
		return func(any) (any, error) { return expression{n}, nil }, err
	}
	p.at = start
	return nil, p.unexpected()
}

// infix parses what can follow an expression.
func (p *parser) infix(left node) (node, error) {
	start := p.at
	t := p.advance()
	switch t.kind {
	case dot:
		if p.peek().kind == star {
			p.advance()
			right, err := p.projected(star.power())
			return valueProjection(left, right), err
		}
		right, err := p.dotted(dot.power())
		return chain(left, right), err
	case pipe:
		right, err := p.expression(pipe.power())
		return chain(left, right), err
	case or:
		right, err := p.expression(or.power())
		return either(left, right, false), err
	case and:
		right, err := p.expression(and.power())
		return either(left, right, true), err
	case compare:
		right, err := p.expression(compare.power())
		return comparison(t.text, left, right), err
	case flatten:
		right, err := p.projected(flatten.power())
		return projection(flattened(left), right), err
	case filter:
		return p.filterOf(left)
	case openBracket:
		return p.bracket(left, false)
	}
	p.at = start
	return nil, p.unexpected()
}

// projected parses what is applied to every item of a projection.
func (p *parser) projected(power int) (node, error) {
	switch k := p.peek().kind; {
	case k.power() < projectionStop:
		return identity, nil
	case k == openBracket || k == filter:
		return p.expression(power)
	case k == dot:
		p.advance()
		return p.dotted(power)
	}
	return nil, p.unexpected()
}

// dotted parses what may follow a dot.
func (p *parser) dotted(power int) (node, error) {
	switch p.peek().kind {
	case name, star:
		return p.expression(power)
	case openBracket:
		p.advance()
		return p.multiList()
	case openBrace:
		p.advance()
		return p.multiHash()
	}
	return nil, p.unexpected()
}

func (p *parser) filterOf(left node) (node, error) {
	condition, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(closeBracket); err != nil {
		return nil, err
	}
	right := node(identity)
	if p.peek().kind != flatten {
		if right, err = p.projected(filter.power()); err != nil {
			return nil, err
		}
	}
	return filtered(left, condition, right), nil
}

// bracket parses an index, a slice, [*] or, where an expression starts, a list of expressions.
func (p *parser) bracket(left node, first bool) (node, error) {
	switch k := p.peek().kind; {
	case k == number || k == colon:
		return p.index(left)
	case k == star && p.ahead() == closeBracket:
		p.advance()
		p.advance()
		right, err := p.projected(star.power())
		return projection(left, right), err
	case first:
		return p.multiList()
	}
	return nil, p.unexpected()
}

func (p *parser) index(left node) (node, error) {
	var parts [3]any
	colons := 0
	for p.peek().kind != closeBracket {
		t := p.advance()
		switch {
		case t.kind == colon && colons < 2:
			colons++
		case t.kind == number && parts[colons] == nil:
			parts[colons] = t.value
		case t.kind == end:
			return nil, p.unexpected()
		default:
			p.at--
			return nil, p.unexpected()
		}
	}
	p.advance()
	if colons == 0 {
		return at(left, parts[0].(int)), nil
	}
	right, err := p.projected(star.power())
	return projection(sliced(left, parts), right), err
}

func (p *parser) multiList() (node, error) {
	var nodes []node
	for {
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if p.peek().kind == closeBracket {
			p.advance()
			return listOf(nodes), nil
		}
		if err := p.expect(comma); err != nil {
			return nil, err
		}
	}
}

func (p *parser) multiHash() (node, error) {
	var keys []string
	var nodes []node
	for {
		key := p.peek()
		if err := p.expect(name); err != nil {
			return nil, err
		}
		if err := p.expect(colon); err != nil {
			return nil, err
		}
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		keys, nodes = append(keys, key.text), append(nodes, n)
		if p.peek().kind == closeBrace {
			p.advance()
			return hashOf(keys, nodes), nil
		}
		if err := p.expect(comma); err != nil {
			return nil, err
		}
	}
}

func (p *parser) call(function string) (node, error) {
	p.advance()
	var args []node
	for p.peek().kind != closeParen {
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		args = append(args, n)
		if p.peek().kind == comma {
			p.advance()
		} else if p.peek().kind != closeParen {
			return nil, p.unexpected()
		}
	}
	p.advance()
	return called(function, args), nil
}
