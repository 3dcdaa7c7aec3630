package value

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// maxWidth bounds the widths and precisions of formats.
const maxWidth = 1 << 20

// Percent is Python's format % args: a tuple gives the arguments one by one, anything else is one argument or the
// mapping that %(name)s reads.
func Percent(format string, args any) (string, error) {
	p := percentFormatter{format: format, mapping: args}
	if t, ok := args.(*Tuple); ok {
		p.args = t.Items
	} else {
		p.args, p.single = []any{args}, true
	}
	if err := p.run(); err != nil {
		return "", err
	}
	if p.next < len(p.args) && !(p.single && isMapping(args)) {
		return "", &TypeError{"not all arguments converted during string formatting"}
	}
	return p.out.String(), nil
}

func isMapping(v any) bool {
	switch v.(type) {
	case *Dict, *List, Bytes:
		return true
	}
	return false
}

type percentFormatter struct {
	format  string
	at      int
	args    []any
	next    int
	single  bool
	mapping any
	out     strings.Builder
}

// conversion is one %... of a format.
type conversion struct {
	left, plus, space, zero, alt bool
	width, precision             int // precision is -1 when there is none
	verb                         rune
}

func (p *percentFormatter) run() error {
	for p.at < len(p.format) {
		i := strings.IndexByte(p.format[p.at:], '%')
		if i < 0 {
			p.out.WriteString(p.format[p.at:])
			return nil
		}
		p.out.WriteString(p.format[p.at : p.at+i])
		p.at += i + 1
		if err := p.conversion(); err != nil {
			return err
		}
		if p.out.Len() > maxRepeat {
			return &ValueError{"the formatted text is too large"}
		}
	}
	return nil
}

func (p *percentFormatter) peek() byte {
	if p.at < len(p.format) {
		return p.format[p.at]
	}
	return 0
}

func (p *percentFormatter) conversion() error {
	c := conversion{precision: -1}
	arg, named, err := p.key()
	if err != nil {
		return err
	}
	p.flags(&c)
	if c.width, err = p.number(); err != nil {
		return err
	}
	if c.width < 0 {
		c.left, c.width = true, -c.width
	}
	if p.peek() == '.' {
		p.at++
		if c.precision, err = p.number(); err != nil {
			return err
		}
		c.precision = max(c.precision, 0)
	}
	for strings.IndexByte("hlL", p.peek()) >= 0 && p.peek() != 0 {
		p.at++
	}
	if p.at >= len(p.format) {
		return &ValueError{"incomplete format"}
	}
	verb, size := utf8.DecodeRuneInString(p.format[p.at:])
	c.verb = verb
	index := p.at
	p.at += size
	if verb == '%' {
		p.out.WriteByte('%')
		return nil
	}
	if !named {
		if arg, err = p.argument(); err != nil {
			return err
		}
	}
	if err := Defined(arg); err != nil && c.verb != 'r' && c.verb != 'a' {
		return err
	}
	s, err := c.format(arg, utf8.RuneCountInString(p.format[:index]))
	p.out.WriteString(s)
	return err
}

func (p *percentFormatter) key() (arg any, named bool, err error) {
	if p.peek() != '(' {
		return nil, false, nil
	}
	d, ok := p.mapping.(*Dict)
	if !ok {
		return nil, false, &TypeError{"format requires a mapping"}
	}
	depth, start := 0, p.at+1
	for i := p.at; i < len(p.format); i++ {
		switch p.format[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			key := p.format[start:i]
			p.at = i + 1
			v, ok := d.Get(key)
			if !ok {
				return nil, false, &KeyError{key}
			}
			return v, true, nil
		}
	}
	return nil, false, &ValueError{"incomplete format key"}
}

func (p *percentFormatter) flags(c *conversion) {
	for {
		switch p.peek() {
		case '-':
			c.left = true
		case '+':
			c.plus = true
		case ' ':
			c.space = true
		case '0':
			c.zero = true
		case '#':
			c.alt = true
		default:
			return
		}
		p.at++
	}
}

func (p *percentFormatter) number() (int, error) {
	if p.peek() == '*' {
		p.at++
		v, err := p.argument()
		if err != nil {
			return 0, err
		}
		n, ok := Integer(v)
		if !ok {
			return 0, &TypeError{"* wants int"}
		}
		return n, boundedWidth(n)
	}
	n := 0
	for isDigit(p.peek()) {
		n = n*10 + int(p.peek()-'0')
		if err := boundedWidth(n); err != nil {
			return 0, err
		}
		p.at++
	}
	return n, nil
}

func boundedWidth(n int) error {
	if n > maxWidth || n < -maxWidth {
		return &ValueError{"width too big"}
	}
	return nil
}

func (p *percentFormatter) argument() (any, error) {
	if p.next >= len(p.args) {
		return nil, &TypeError{"not enough arguments for format string"}
	}
	p.next++
	return p.args[p.next-1], nil
}

func (c conversion) format(arg any, index int) (string, error) {
	switch c.verb {
	case 's', 'r', 'a':
		return c.text(arg), nil
	case 'd', 'i', 'u', 'x', 'X', 'o':
		return c.integer(arg)
	case 'e', 'E', 'f', 'F', 'g', 'G':
		f, ok := Float(arg)
		if !ok {
			return "", &TypeError{"must be real number, not " + TypeName(arg)}
		}
		precision := c.precision
		if precision < 0 {
			precision = 6
		}
		return c.signed(floatDigits(f, byte(c.verb), precision, c.alt), true), nil
	case 'c':
		return c.char(arg)
	}
	return "", &ValueError{fmt.Sprintf("unsupported format character '%c' (0x%x) at index %d", c.verb, c.verb, index)}
}

func (c conversion) text(arg any) string {
	s := Str(arg)
	if c.verb != 's' {
		s = Repr(arg)
	}
	if c.verb == 'a' {
		s = escapeNonASCII(s)
	}
	if c.precision >= 0 {
		if r := []rune(s); len(r) > c.precision {
			s = string(r[:c.precision])
		}
	}
	return c.padded(s)
}

func (c conversion) padded(s string) string {
	fill := c.width - utf8.RuneCountInString(s)
	if fill <= 0 {
		return s
	}
	if c.left {
		return s + strings.Repeat(" ", fill)
	}
	return strings.Repeat(" ", fill) + s
}

func (c conversion) integer(arg any) (string, error) {
	b, ok := BigInt(arg)
	if f, isFloat := arg.(float64); isFloat && strings.ContainsRune("diu", c.verb) {
		if b, ok = bigFromFloat(f); !ok {
			return "", &ValueError{"cannot convert float " + FloatText(f) + " to integer"}
		}
	}
	if !ok {
		kind := "an integer"
		if strings.ContainsRune("diu", c.verb) {
			kind = "a real number"
		}
		return "", &TypeError{fmt.Sprintf("%%%c format: %s is required, not %s", c.verb, kind, TypeName(arg))}
	}
	base, prefix := 10, ""
	switch c.verb {
	case 'x', 'X':
		base, prefix = 16, "0"+string(c.verb)
	case 'o':
		base, prefix = 8, "0o"
	}
	digits := new(big.Int).Abs(b).Text(base)
	if c.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if pad := c.precision - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if c.alt {
		digits = prefix + digits
	}
	if b.Sign() < 0 {
		digits = "-" + digits
	}
	return c.signed(digits, true), nil
}

// signed adds the sign that the flags ask for, and zeros or blanks up to the width.
func (c conversion) signed(digits string, zeros bool) string {
	sign := ""
	switch {
	case strings.HasPrefix(digits, "-"):
		sign, digits = "-", digits[1:]
	case c.plus:
		sign = "+"
	case c.space:
		sign = " "
	}
	if c.zero && !c.left && zeros {
		if c.alt && len(digits) > 1 && digits[0] == '0' && strings.IndexByte("xXo", digits[1]) >= 0 {
			sign, digits = sign+digits[:2], digits[2:]
		}
		if fill := c.width - len(sign) - len(digits); fill > 0 {
			digits = strings.Repeat("0", fill) + digits
		}
	}
	return c.padded(sign + digits)
}

func (c conversion) char(arg any) (string, error) {
	if s, ok := arg.(string); ok && utf8.RuneCountInString(s) == 1 {
		return c.padded(s), nil
	}
	i, ok := Integer(arg)
	if !ok {
		return "", &TypeError{"%c requires int or char"}
	}
	if i < 0 || i > utf8.MaxRune {
		return "", &ArithmeticError{"%c arg not in range(0x110000)"}
	}
	return c.padded(string(rune(i))), nil
}

func bigFromFloat(f float64) (*big.Int, bool) {
	r := new(big.Rat).SetFloat64(f)
	if r == nil {
		return nil, false
	}
	return new(big.Int).Quo(r.Num(), r.Denom()), true
}
