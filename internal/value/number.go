package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Integer returns v as an int when it is a Python int (bools are) that fits.
func Integer(v any) (int, bool) {
	switch x := v.(type) {
	case int:
		return x, true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// BigInt returns v as a big integer when it is a Python int of any size. The result must not be changed.
func BigInt(v any) (*big.Int, bool) {
	if b, ok := v.(*big.Int); ok {
		return b, true
	}
	if i, ok := Integer(v); ok {
		return big.NewInt(int64(i)), true
	}
	return nil, false
}

// Float returns v as a float when it is a number.
func Float(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, true
	}
	i, ok := Integer(v)
	return float64(i), ok
}

// IsNumber reports Python's int, bool and float.
func IsNumber(v any) bool {
	switch v.(type) {
	case int, bool, float64, *big.Int:
		return true
	}
	return false
}

// FromBig returns b as an int when it fits, else as it is.
func FromBig(b *big.Int) any {
	if b.IsInt64() {
		return int(b.Int64())
	}
	return b
}

// FloatText writes a float as Python's repr does: the shortest digits that read back as the same number.
func FloatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	exp, _ := strconv.Atoi(exponent)
	if exp < -4 || exp >= 16 {
		return mantissa + "e" + exponent
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// ParseInt reads an integer as Python's int(text, base) does: blanks around it, a sign, single underscores between
// digits, and the base's prefix; base 0 takes the base from the prefix.
func ParseInt(text string, base int) (any, bool) {
	s := strings.TrimSpace(text)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	s, base = intPrefix(s, base)
	if s == "" || s[0] == '-' || s[0] == '+' || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return nil, false
	}
	s = strings.ReplaceAll(s, "_", "")
	if len(s) > maxIntDigits {
		return nil, false
	}
	b, ok := new(big.Int).SetString(asciiDigits(s), base)
	if !ok {
		return nil, false
	}
	if negative {
		b.Neg(b)
	}
	return FromBig(b), true
}

// maxIntDigits is Python's own bound on the length of integers in text.
const maxIntDigits = 4300

func intPrefix(s string, base int) (string, int) {
	low := strings.ToLower(s)
	for prefix, b := range map[string]int{"0x": 16, "0o": 8, "0b": 2} {
		if (base == 0 || base == b) && strings.HasPrefix(low, prefix) {
			return strings.TrimPrefix(s[2:], "_"), b
		}
	}
	if base == 0 {
		if len(s) > 1 && s[0] == '0' && strings.Trim(s, "0_") != "" {
			return "", 10
		}
		return s, 10
	}
	if strings.HasPrefix(s, "_") {
		return "", base
	}
	return s, base
}

// ParseFloat reads a float as Python's float(text) does.
func ParseFloat(text string) (float64, bool) {
	s := asciiDigits(strings.TrimSpace(text))
	if strings.ContainsAny(s, "xXpP") {
		return 0, false
	}
	if strings.Contains(s, "_") {
		for i, c := range s {
			if c == '_' && (i == 0 || i == len(s)-1 || !isDigit(s[i-1]) || !isDigit(s[i+1])) {
				return 0, false
			}
		}
		s = strings.ReplaceAll(s, "_", "")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// CompareNumbers orders two numbers exactly; ordered is false when one is not a number (NaN).
func CompareNumbers(a, b any) (order int, ordered bool) {
	if x, ok := Integer(a); ok {
		if y, ok := Integer(b); ok {
			return compareOrdered(x, y), true
		}
	}
	fa, aFloat := a.(float64)
	fb, bFloat := b.(float64)
	if aFloat && math.IsNaN(fa) || bFloat && math.IsNaN(fb) {
		return 0, false
	}
	if aFloat && bFloat {
		return compareOrdered(fa, fb), true
	}
	if aFloat && math.IsInf(fa, 0) {
		return int(math.Copysign(1, fa)), true
	}
	if bFloat && math.IsInf(fb, 0) {
		return -int(math.Copysign(1, fb)), true
	}
	return exact(a).Cmp(exact(b)), true
}

func exact(v any) *big.Rat {
	if f, ok := v.(float64); ok {
		return new(big.Rat).SetFloat64(f)
	}
	b, _ := BigInt(v)
	return new(big.Rat).SetInt(b)
}

func compareOrdered[T int | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
