package value

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseLiteral reads a literal as Python's ast.literal_eval does: text, bytes, numbers, tuples, lists, dicts, sets, None,
// True and False. Anything else is a ValueError.
func ParseLiteral(text string) (any, error) {
	p := literalParser{text: strings.TrimLeft(text, " \t")}
	p.space(true)
	v, err := p.tupleOrValue()
	if err != nil {
		return nil, err
	}
	p.space(true)
	if p.at < len(p.text) {
		return nil, p.fail()
	}
	return v, nil
}

type literalParser struct {
	text  string
	at    int
	depth int
}

// maxLiteralDepth is the nesting at which Python's own parser gives up.
const maxLiteralDepth = 200

func (p *literalParser) fail() error {
	return &ValueError{"malformed node or string: " + quote(p.text)}
}

func (p *literalParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// space skips blanks and comments; line ends too where a literal may go on in the next line.
func (p *literalParser) space(lines bool) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == ' ' || c == '\t' || c == '\f':
			p.at++
		case lines && (c == '\n' || c == '\r'):
			p.at++
		case c == '#':
			for p.at < len(p.text) && p.text[p.at] != '\n' {
				p.at++
			}
		case c == '\\' && strings.HasPrefix(p.text[p.at+1:], "\n"):
			p.at += 2
		default:
			return
		}
	}
}

func (p *literalParser) inside() bool { return p.depth > 0 }

// tupleOrValue reads a value, or a tuple without parentheses.
func (p *literalParser) tupleOrValue() (any, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	p.space(p.inside())
	if p.peek() != ',' {
		return v, nil
	}
	items := []any{v}
	for p.peek() == ',' {
		p.at++
		p.space(p.inside())
		if c := p.peek(); c == 0 || c == ')' || c == '\n' {
			break
		}
		if v, err = p.value(); err != nil {
			return nil, err
		}
		items = append(items, v)
		p.space(p.inside())
	}
	return &Tuple{Items: items}, nil
}

func (p *literalParser) value() (any, error) {
	p.space(p.inside())
	c := p.peek()
	switch {
	case c == '[':
		items, _, err := p.bracketed(']')
		return &List{Items: items}, err
	case c == '(':
		return p.parenthesized()
	case c == '{':
		return p.braces()
	case c == '-' || c == '+':
		return p.signed()
	case isDigit(c) || c == '.':
		return p.number()
	case c == '\'' || c == '"':
		return p.texts()
	}
	return p.word()
}

func (p *literalParser) enter() error {
	p.at++
	p.depth++
	if p.depth > maxLiteralDepth {
		return &ValueError{"too many nested parentheses"}
	}
	return nil
}

// bracketed reads values up to the closing bracket; comma reports one after the last value.
func (p *literalParser) bracketed(end byte) (items []any, comma bool, err error) {
	if err := p.enter(); err != nil {
		return nil, false, err
	}
	items = []any{}
	for {
		p.space(true)
		if p.peek() == end {
			p.at++
			p.depth--
			return items, comma, nil
		}
		if len(items) > 0 && !comma {
			return nil, false, p.fail()
		}
		v, err := p.value()
		if err != nil {
			return nil, false, err
		}
		items = append(items, v)
		p.space(true)
		if comma = p.peek() == ','; comma {
			p.at++
		}
	}
}

func (p *literalParser) parenthesized() (any, error) {
	items, comma, err := p.bracketed(')')
	if err != nil {
		return nil, err
	}
	if len(items) == 1 && !comma {
		return items[0], nil
	}
	return &Tuple{Items: items}, nil
}

func (p *literalParser) braces() (any, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	d := NewDict()
	set, comma, count := false, true, 0
	for {
		p.space(true)
		if p.peek() == '}' {
			p.at++
			p.depth--
			if set {
				return NewSet(d.Keys()...), nil
			}
			return d, nil
		}
		if !comma {
			return nil, p.fail()
		}
		k, err := p.value()
		if err != nil {
			return nil, err
		}
		if err := Hashable(k); err != nil {
			return nil, err
		}
		p.space(true)
		isEntry := p.peek() == ':'
		if count > 0 && set == isEntry {
			return nil, p.fail()
		}
		set = !isEntry
		var v any
		if isEntry {
			p.at++
			if v, err = p.value(); err != nil {
				return nil, err
			}
			p.space(true)
		}
		d.Set(k, v)
		count++
		if comma = p.peek() == ','; comma {
			p.at++
		}
	}
}

func (p *literalParser) signed() (any, error) {
	negative := p.peek() == '-'
	p.at++
	p.space(p.inside())
	if c := p.peek(); !isDigit(c) && c != '.' {
		return nil, p.fail()
	}
	v, err := p.number()
	if err != nil || !negative {
		return v, err
	}
	return Neg(v)
}

func (p *literalParser) number() (any, error) {
	start := p.at
	hex := strings.HasPrefix(p.text[start:], "0x") || strings.HasPrefix(p.text[start:], "0X")
	for p.at < len(p.text) {
		c := p.text[p.at]
		exponentSign := (c == '+' || c == '-') && p.at > start && p.text[p.at-1]|0x20 == 'e' && !hex
		if !isDigit(c) && c != '.' && c != '_' && !(c|0x20 >= 'a' && c|0x20 <= 'z') && !exponentSign {
			break
		}
		p.at++
	}
	text := p.text[start:p.at]
	if v, ok := ParseInt(text, 0); ok {
		return v, nil
	}
	if strings.HasPrefix(strings.ToLower(text), "0x") || !strings.ContainsAny(text, ".eE") || strings.ContainsAny(text, "nN") {
		return nil, p.fail()
	}
	if f, ok := ParseFloat(text); ok {
		return f, nil
	}
	return nil, p.fail()
}

func (p *literalParser) word() (any, error) {
	start := p.at
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		p.at += size
	}
	word := p.text[start:p.at]
	if c := p.peek(); (c == '\'' || c == '"') && isPrefix(word) {
		p.at = start
		return p.texts()
	}
	switch word {
	case "None":
		return nil, nil
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "set":
		if strings.HasPrefix(p.text[p.at:], "()") {
			p.at += 2
			return &Set{}, nil
		}
	}
	return nil, p.fail()
}

func isPrefix(word string) bool {
	switch strings.ToLower(word) {
	case "", "r", "u", "b", "br", "rb":
		return true
	}
	return false
}

// texts reads one or more adjacent quoted texts.
func (p *literalParser) texts() (any, error) {
	var b strings.Builder
	isBytes, count := false, 0
	for {
		start := p.at
		for p.at < len(p.text) && strings.IndexByte("rRuUbB", p.text[p.at]) >= 0 {
			p.at++
		}
		prefix := strings.ToLower(p.text[start:p.at])
		if c := p.peek(); c != '\'' && c != '"' || !isPrefix(prefix) {
			p.at = start
			break
		}
		inBytes := strings.Contains(prefix, "b")
		if count > 0 && inBytes != isBytes {
			return nil, p.fail()
		}
		isBytes = inBytes
		if err := p.quoted(&b, strings.Contains(prefix, "r"), inBytes); err != nil {
			return nil, err
		}
		count++
		p.space(p.inside())
	}
	if isBytes {
		return Bytes(b.String()), nil
	}
	return b.String(), nil
}

func (p *literalParser) quoted(b *strings.Builder, raw, inBytes bool) error {
	end := p.text[p.at : p.at+1]
	triple := strings.HasPrefix(p.text[p.at:], strings.Repeat(end, 3))
	if triple {
		end = strings.Repeat(end, 3)
	}
	p.at += len(end)
	for p.at < len(p.text) {
		if strings.HasPrefix(p.text[p.at:], end) {
			p.at += len(end)
			return nil
		}
		c := p.text[p.at]
		switch {
		case c == '\n' && !triple, inBytes && c >= 0x80:
			return p.fail()
		case c == '\\' && raw:
			if p.at+1 >= len(p.text) {
				return p.fail()
			}
			b.WriteString(p.text[p.at : p.at+2])
			p.at += 2
		case c == '\\':
			if err := p.escape(b, inBytes); err != nil {
				return err
			}
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return p.fail()
}

func (p *literalParser) escape(b *strings.Builder, inBytes bool) error {
	p.at++
	c := p.peek()
	p.at++
	if i := strings.IndexByte("\\'\"abfnrtv", c); i >= 0 && c != 0 {
		b.WriteByte("\\'\"\a\b\f\n\r\t\v"[i])
		return nil
	}
	switch {
	case c == '\n':
		return nil
	case c == 0:
		return p.fail()
	case c >= '0' && c <= '7':
		n := rune(c - '0')
		for i := 0; i < 2 && p.peek() >= '0' && p.peek() <= '7'; i++ {
			n = n*8 + rune(p.peek()-'0')
			p.at++
		}
		writeEscaped(b, n, inBytes)
		return nil
	case c == 'x':
		return p.hex(b, 2, inBytes)
	case c == 'u' && !inBytes:
		return p.hex(b, 4, false)
	case c == 'U' && !inBytes:
		return p.hex(b, 8, false)
	}
	b.WriteByte('\\')
	b.WriteByte(c)
	return nil
}

func writeEscaped(b *strings.Builder, n rune, inBytes bool) {
	if inBytes || n >= 0xdc80 && n <= 0xdcff {
		b.WriteByte(byte(n)) // a surrogate stands for a byte that is no UTF-8
		return
	}
	b.WriteRune(n)
}

func (p *literalParser) hex(b *strings.Builder, size int, inBytes bool) error {
	if p.at+size > len(p.text) {
		return p.fail()
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+size], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return p.fail()
	}
	p.at += size
	writeEscaped(b, rune(n), inBytes)
	return nil
}
