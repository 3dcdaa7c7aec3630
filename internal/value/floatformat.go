package value

import (
	"math"
	"strconv"
	"strings"
)

// floatDigits writes a float by the verbs e, f and g as C does; alt keeps the point and the zeros of g.
func floatDigits(f float64, verb byte, precision int, alt bool) string {
	upper := verb == 'E' || verb == 'F' || verb == 'G'
	var s string
	switch {
	case math.IsNaN(f):
		s = "nan"
	case math.IsInf(f, 0):
		s = strings.TrimPrefix(FloatText(f), "+")
	case verb == 'g' || verb == 'G':
		s = generalDigits(f, precision, alt)
	default:
		s = strconv.FormatFloat(f, verb|0x20, precision, 64)
		if alt && precision == 0 {
			s = withPoint(s)
		}
	}
	if upper {
		return strings.ToUpper(s)
	}
	return s
}

func generalDigits(f float64, precision int, alt bool) string {
	if precision == 0 {
		precision = 1
	}
	e := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(e, "e")
	exp, _ := strconv.Atoi(exponent)
	if exp < -4 || exp >= precision {
		if !alt {
			mantissa = trimZeros(mantissa)
		} else {
			mantissa = withPoint(mantissa)
		}
		return mantissa + "e" + exponent
	}
	s := strconv.FormatFloat(f, 'f', precision-1-exp, 64)
	if alt {
		return withPoint(s)
	}
	return trimZeros(s)
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func withPoint(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	if m, e, ok := strings.Cut(s, "e"); ok {
		return m + ".e" + e
	}
	return s + "."
}

// escapeNonASCII is what Python's ascii() does to the text of repr().
func escapeNonASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		const hex = "0123456789abcdef"
		digits, mark := 2, byte('x')
		switch {
		case r > 0xffff:
			digits, mark = 8, 'U'
		case r > 0xff:
			digits, mark = 4, 'u'
		}
		b.WriteByte('\\')
		b.WriteByte(mark)
		for i := digits - 1; i >= 0; i-- {
			b.WriteByte(hex[(r>>(4*i))&15])
		}
	}
	return b.String()
}
