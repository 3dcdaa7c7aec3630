package modules

import (
	"strconv"
	"strings"
)

// parseLiteral reads a Python literal of dicts, lists, strings, numbers, True, False and None; people write
// {'a': 1} where JSON is meant.
func parseLiteral(s string) (any, bool) {
	p := &literalParser{src: s}
	v, ok := p.value(0)
	p.blanks()
	return v, ok && p.pos == len(p.src)
}

type literalParser struct {
	src string
	pos int
}

const maxLiteralDepth = 100

func (p *literalParser) blanks() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *literalParser) eat(c byte) bool {
	p.blanks()
	if p.pos < len(p.src) && p.src[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *literalParser) value(depth int) (any, bool) {
	p.blanks()
	if p.pos >= len(p.src) || depth > maxLiteralDepth {
		return nil, false
	}
	switch c := p.src[p.pos]; {
	case c == '{':
		return p.dict(depth)
	case c == '[':
		return p.sequence(']', depth)
	case c == '(':
		return p.sequence(')', depth)
	case c == '\'' || c == '"':
		return p.text(c)
	default:
		return p.word()
	}
}

func (p *literalParser) dict(depth int) (any, bool) {
	p.pos++
	out := map[string]any{}
	for !p.eat('}') {
		k, ok := p.value(depth + 1)
		if !ok || !p.eat(':') {
			return nil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		out[PyStr(k)] = v
		if !p.eat(',') {
			return out, p.eat('}')
		}
	}
	return out, true
}

func (p *literalParser) sequence(end byte, depth int) (any, bool) {
	p.pos++
	out := []any{}
	for !p.eat(end) {
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		out = append(out, v)
		if !p.eat(',') {
			return out, p.eat(end)
		}
	}
	return out, true
}

func (p *literalParser) text(quote byte) (any, bool) {
	p.pos++
	var b strings.Builder
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		switch {
		case c == quote:
			return b.String(), true
		case c == '\\' && p.pos < len(p.src):
			b.WriteString(unescape(p.src[p.pos]))
			p.pos++
		default:
			b.WriteByte(c)
		}
	}
	return nil, false
}

func unescape(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '\\', '\'', '"':
		return string(c)
	default:
		return `\` + string(c)
	}
}

func (p *literalParser) word() (any, bool) {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n,:]})", p.src[p.pos]) < 0 {
		p.pos++
	}
	switch w := p.src[start:p.pos]; w {
	case "True", "true":
		return true, true
	case "False", "false":
		return false, true
	case "None", "null":
		return nil, true
	default:
		if n, err := strconv.Atoi(w); err == nil {
			return n, true
		}
		f, err := strconv.ParseFloat(w, 64)
		return f, err == nil
	}
}
