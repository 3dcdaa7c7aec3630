package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseJSON decodes as Python's json.loads does: mappings keep their order, the last of equal keys wins, NaN and Infinity
// are numbers. Errors are worded as Python's, with line, column and position.
func ParseJSON(text string) (any, error) {
	p := jsonParser{text: text}
	if strings.HasPrefix(text, "\ufeff") {
		return nil, p.fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(text) {
		return nil, p.fail("Extra data", p.at)
	}
	return v, nil
}

type jsonParser struct {
	text string
	at   int
}

func (p *jsonParser) fail(what string, at int) error {
	at = min(at, len(p.text))
	before := p.text[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &ValueError{fmt.Sprintf("%s: line %d column %d (char %d)", what, line, column, utf8.RuneCountInString(before))}
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *jsonParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *jsonParser) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, p.fail("The JSON is nested too deeply", p.at)
	}
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.str()
	}
	for _, word := range []struct {
		text string
		v    any
	}{
		{"null", nil}, {"true", true}, {"false", false},
		{"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
	} {
		if strings.HasPrefix(p.text[p.at:], word.text) {
			p.at += len(word.text)
			return word.v, nil
		}
	}
	return p.number()
}

func (p *jsonParser) digits() int {
	start := p.at
	for isDigit(p.peek()) {
		p.at++
	}
	return p.at - start
}

func (p *jsonParser) number() (any, error) {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if p.digits() == 0 {
		p.at = start
		return nil, p.fail("Expecting value", start)
	}
	end, float := p.at, false
	if p.peek() == '.' {
		p.at++
		if p.digits() > 0 {
			end, float = p.at, true
		}
		p.at = end
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if p.digits() > 0 {
			end, float = p.at, true
		}
		p.at = end
	}
	text := p.text[start:end]
	if float {
		f, _ := strconv.ParseFloat(text, 64)
		return f, nil
	}
	v, ok := ParseInt(text, 10)
	if !ok {
		return nil, p.fail("Exceeds the limit for integer string conversion", start)
	}
	return v, nil
}

func (p *jsonParser) array(depth int) (any, error) {
	p.at++
	l := &List{Items: []any{}}
	p.space()
	if p.peek() == ']' {
		p.at++
		return l, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		l.Items = append(l.Items, v)
		p.space()
		switch p.peek() {
		case ']':
			p.at++
			return l, nil
		case ',':
			p.at++
			p.space()
		default:
			return nil, p.fail("Expecting ',' delimiter", p.at)
		}
	}
}

func (p *jsonParser) object(depth int) (any, error) {
	p.at++
	d := NewDict()
	p.space()
	if p.peek() == '}' {
		p.at++
		return d, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.fail("Expecting property name enclosed in double quotes", p.at)
		}
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.fail("Expecting ':' delimiter", p.at)
		}
		p.at++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d.Set(k, v)
		p.space()
		switch p.peek() {
		case '}':
			p.at++
			return d, nil
		case ',':
			p.at++
			p.space()
		default:
			return nil, p.fail("Expecting ',' delimiter", p.at)
		}
	}
}

func (p *jsonParser) str() (any, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for {
		if p.at >= len(p.text) {
			return nil, p.fail("Unterminated string starting at", start)
		}
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return b.String(), nil
		case c == '\\':
			if err := p.escape(&b, start); err != nil {
				return nil, err
			}
		case c < 0x20:
			return nil, p.fail("Invalid control character at", p.at)
		default:
			b.WriteByte(c)
			p.at++
		}
	}
}

func (p *jsonParser) escape(b *strings.Builder, start int) error {
	at := p.at
	p.at++
	if p.at >= len(p.text) {
		return p.fail("Unterminated string starting at", start)
	}
	c := p.text[p.at]
	p.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		b.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return p.fail("Invalid \\escape", at)
	}
	r, ok := p.hex4()
	if !ok {
		return p.fail("Invalid \\uXXXX escape", at+1)
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(p.text[p.at:], `\u`) {
		back := p.at
		p.at += 2
		if low, ok := p.hex4(); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				b.WriteRune(full)
				return nil
			}
		}
		p.at = back
	}
	writeEscaped(b, r, false)
	return nil
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.at+4 > len(p.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(n), true
}
