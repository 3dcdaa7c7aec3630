package yaml11

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

func inf(sign int) float64 { return math.Inf(sign) }
func nan() float64         { return math.NaN() }

// parseInt reads YAML 1.1's integers: 0b101, 0x1f, 0644 (octal) and decimals of any size.
func parseInt(s string) (any, bool) {
	digits, negative := strings.TrimLeft(s, "+-"), strings.HasPrefix(s, "-")
	base := 10
	switch {
	case strings.HasPrefix(digits, "0b"):
		digits, base = digits[2:], 2
	case strings.HasPrefix(digits, "0x"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	b, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return nil, false
	}
	if negative {
		b.Neg(b)
	}
	if b.IsInt64() {
		return int(b.Int64()), true
	}
	return b, true
}

// sexagesimal reads 1:30 as 90, as YAML 1.1 does.
func sexagesimal(s string) int {
	negative := strings.HasPrefix(s, "-")
	total := 0
	for part := range strings.SplitSeq(strings.TrimLeft(s, "+-"), ":") {
		n, _ := strconv.Atoi(part)
		total = total*60 + n
	}
	if negative {
		return -total
	}
	return total
}

func sexagesimalFloat(s string) float64 {
	negative := strings.HasPrefix(s, "-")
	total := 0.0
	for part := range strings.SplitSeq(strings.TrimLeft(s, "+-"), ":") {
		n, _ := strconv.ParseFloat(part, 64)
		total = total*60 + n
	}
	if negative {
		return -total
	}
	return total
}
