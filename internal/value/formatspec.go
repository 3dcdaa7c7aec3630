package value

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// formatSpec is a parsed format specification: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
type formatSpec struct {
	fill      rune
	align     rune // < > = ^, or 0
	sign      byte // + - blank, or 0
	noNegZero bool
	alt       bool
	width     int
	grouping  byte // , _ or 0
	precision int  // -1 when there is none
	kind      rune // 0 when there is none
}

func parseFormatSpec(text string) (formatSpec, error) {
	p := specParser{rest: []rune(text), spec: formatSpec{fill: ' ', precision: -1}}
	p.alignment()
	if err := p.width(); err != nil {
		return p.spec, err
	}
	if err := p.grouping(); err != nil {
		return p.spec, err
	}
	if len(p.rest) > 0 {
		p.spec.kind = p.rest[0]
		p.rest = p.rest[1:]
	}
	if len(p.rest) > 0 {
		return p.spec, &ValueError{"Invalid format specifier"}
	}
	return p.spec, nil
}

// specParser reads a specification part by part.
type specParser struct {
	rest []rune
	spec formatSpec
}

func (p *specParser) peek() rune {
	if len(p.rest) == 0 {
		return 0
	}
	return p.rest[0]
}

// accept takes the next character when it is one of those given.
func (p *specParser) accept(any string) (rune, bool) {
	if c := p.peek(); c != 0 && strings.ContainsRune(any, c) {
		p.rest = p.rest[1:]
		return c, true
	}
	return 0, false
}

// alignment reads [[fill]align][sign][z][#][0].
func (p *specParser) alignment() {
	const aligns = "<>=^"
	s := &p.spec
	filled := len(p.rest) > 1 && strings.ContainsRune(aligns, p.rest[1])
	if filled {
		s.fill, s.align = p.rest[0], p.rest[1]
		p.rest = p.rest[2:]
	} else if c, ok := p.accept(aligns); ok {
		s.align = c
	}
	if c, ok := p.accept("+- "); ok {
		s.sign = byte(c)
	}
	_, s.noNegZero = p.accept("z")
	_, s.alt = p.accept("#")
	if _, zero := p.accept("0"); zero {
		if !filled {
			s.fill = '0'
		}
		if s.align == 0 {
			s.align = '='
		}
	}
}

func (p *specParser) number() (n int, digits bool, err error) {
	for p.peek() >= '0' && p.peek() <= '9' {
		n = n*10 + int(p.peek()-'0')
		digits = true
		if n > maxWidth {
			return 0, true, &ValueError{"Too many decimal digits in format string"}
		}
		p.rest = p.rest[1:]
	}
	return n, digits, nil
}

func (p *specParser) width() (err error) {
	p.spec.width, _, err = p.number()
	return err
}

// grouping reads the separator and the precision.
func (p *specParser) grouping() error {
	if c, ok := p.accept(",_"); ok {
		p.spec.grouping = byte(c)
		if _, two := p.accept(",_"); two {
			return &ValueError{"Cannot specify both ',' and '_'."}
		}
	}
	if _, point := p.accept("."); !point {
		return nil
	}
	n, digits, err := p.number()
	if err == nil && !digits {
		err = &ValueError{"Format specifier missing precision"}
	}
	p.spec.precision = n
	return err
}

// Format is Python's format(v, spec).
func Format(v any, spec string) (string, error) {
	if err := Defined(v); err != nil {
		return "", err
	}
	switch x := v.(type) {
	case DateTime:
		if spec == "" {
			return Str(v), nil
		}
		return x.Strftime(spec), nil
	case bool:
		if spec == "" {
			return Str(v), nil
		}
	}
	if spec == "" {
		return Str(v), nil
	}
	if _, isText := v.(string); !isText && !IsNumber(v) {
		return "", &TypeError{"unsupported format string passed to " + TypeName(v) + ".__format__"}
	}
	s, err := parseFormatSpec(spec)
	if err != nil {
		return "", err
	}
	switch x := v.(type) {
	case string:
		return s.text(x)
	case float64:
		return s.float(x)
	}
	b, _ := BigInt(v)
	return s.integer(v, b)
}

func (s formatSpec) unknown(typeName string) error {
	return &ValueError{fmt.Sprintf("Unknown format code '%c' for object of type '%s'", s.kind, typeName)}
}

func (s formatSpec) text(v string) (string, error) {
	switch {
	case s.kind != 0 && s.kind != 's':
		return "", s.unknown("str")
	case s.sign != 0:
		return "", &ValueError{"Sign not allowed in string format specifier"}
	case s.alt:
		return "", &ValueError{"Alternate form (#) not allowed in string format specifier"}
	case s.grouping != 0:
		return "", &ValueError{fmt.Sprintf("Cannot specify '%c' with 's'.", s.grouping)}
	case s.align == '=' && s.fill != '0':
		return "", &ValueError{"'=' alignment not allowed in string format specifier"}
	}
	if s.precision >= 0 {
		if r := []rune(v); len(r) > s.precision {
			v = string(r[:s.precision])
		}
	}
	if s.align == '=' {
		s.align = '<'
	}
	return s.aligned("", v, '<'), nil
}

// aligned fills up to the width; sign goes before the filling when the alignment is =.
func (s formatSpec) aligned(sign, body string, fallback rune) string {
	align := s.align
	if align == 0 {
		align = fallback
	}
	fill := s.width - utf8.RuneCountInString(sign) - utf8.RuneCountInString(body)
	if fill <= 0 {
		return sign + body
	}
	pad := func(n int) string { return strings.Repeat(string(s.fill), n) }
	switch align {
	case '<':
		return sign + body + pad(fill)
	case '^':
		return pad(fill/2) + sign + body + pad(fill-fill/2)
	case '=':
		return sign + pad(fill) + body
	}
	return pad(fill) + sign + body
}

func (s formatSpec) signText(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.sign == '+' || s.sign == ' ':
		return string(s.sign)
	}
	return ""
}

func (s formatSpec) integer(v any, b *big.Int) (string, error) {
	base, prefix := 10, ""
	switch s.kind {
	case 0, 'd', 'n':
	case 'b':
		base, prefix = 2, "0b"
	case 'o':
		base, prefix = 8, "0o"
	case 'x', 'X':
		base, prefix = 16, "0"+string(s.kind)
	case 'e', 'E', 'f', 'F', 'g', 'G', '%':
		f, _ := Float(v)
		return s.float(f)
	case 'c':
		if !b.IsInt64() || b.Int64() < 0 || b.Int64() > utf8.MaxRune {
			return "", &ArithmeticError{"%c arg not in range(0x110000)"}
		}
		return s.aligned("", string(rune(b.Int64())), '<'), nil
	default:
		return "", s.unknown(TypeName(v))
	}
	if s.precision >= 0 {
		return "", &ValueError{"Precision not allowed in integer format specifier"}
	}
	if s.grouping == ',' && base != 10 {
		return "", &ValueError{fmt.Sprintf("Cannot specify ',' with '%c'.", s.kind)}
	}
	digits := new(big.Int).Abs(b).Text(base)
	if s.kind == 'X' {
		digits = strings.ToUpper(digits)
	}
	sign := s.signText(b.Sign() < 0)
	if s.alt {
		sign += prefix
	}
	group := 3
	if base != 10 {
		group = 4
	}
	return s.number(sign, digits, "", group), nil
}

func (s formatSpec) float(f float64) (string, error) {
	kind, precision, suffix := s.kind, s.precision, ""
	var digits string
	switch kind {
	case 0:
		digits = s.plainFloat(f)
	case 'e', 'E', 'f', 'F', 'g', 'G', 'n', '%':
		if precision < 0 {
			precision = 6
		}
		verb := byte(kind)
		switch kind {
		case '%':
			f, verb, suffix = f*100, 'f', "%"
		case 'n':
			verb = 'g'
		}
		digits = floatDigits(f, verb, precision, s.alt)
	default:
		return "", s.unknown("float")
	}
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	if negative && s.noNegZero && strings.Trim(digits, "0.") == "" {
		negative = false
	}
	whole, rest := digits, ""
	if i := strings.IndexAny(digits, ".eEin"); i >= 0 {
		whole, rest = digits[:i], digits[i:]
	}
	return s.number(s.signText(negative), whole, rest+suffix, 3), nil
}

// plainFloat is the form of a float without a type: like repr, or like g but with a digit after the point.
func (s formatSpec) plainFloat(f float64) string {
	if s.precision < 0 {
		return FloatText(f)
	}
	d := floatDigits(f, 'g', s.precision, s.alt)
	e := floatDigits(f, 'e', max(s.precision, 1)-1, false)
	if i := strings.IndexByte(e, 'e'); i >= 0 && !strings.Contains(d, "e") && !strings.Contains(d, ".") && !strings.Contains(d, "n") {
		var exp int
		if _, err := fmt.Sscanf(e[i+1:], "%d", &exp); err == nil && exp >= s.precision-1 {
			return trimZeros(e[:i]) + e[i:]
		}
		return d + ".0"
	}
	return d
}

// number joins the parts of a number, groups its digits and fills it up.
func (s formatSpec) number(sign, whole, rest string, group int) string {
	if s.grouping != 0 {
		zeros := 0
		if s.fill == '0' && s.align == '=' {
			zeros = s.width - len(sign) - len(rest)
		}
		whole = groupDigits(whole, s.grouping, group, zeros)
	}
	return s.aligned(sign, whole+rest, '>')
}

// groupDigits puts a separator between groups of digits, with zeros before them up to the width.
func groupDigits(digits string, sep byte, group, width int) string {
	var parts []string
	size := 0
	for {
		cut := max(len(digits)-group, 0)
		part := digits[cut:]
		digits = digits[:cut]
		size += len(part)
		if digits == "" && size < width {
			more := min(group-len(part), width-size)
			part = strings.Repeat("0", more) + part
			size += more
		}
		parts = append([]string{part}, parts...)
		if digits == "" && size >= width {
			break
		}
		size++
		if digits == "" {
			digits = "0"
		}
	}
	return strings.Join(parts, string(sep))
}
