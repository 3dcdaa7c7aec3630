package value

import "unicode"

// asciiDigits replaces the decimal digits of other scripts by ASCII's, as Python's int and float read them.
func asciiDigits(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	out := []rune(s)
	for i, r := range out {
		if d, ok := decimalDigit(r); ok {
			out[i] = '0' + rune(d)
		}
	}
	return string(out)
}

// decimalDigit returns the value of a decimal digit: the digits of each script stand together, ten in a row.
func decimalDigit(r rune) (int, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, rng := range unicode.Nd.R16 {
		if rune(rng.Lo) <= r && r <= rune(rng.Hi) {
			return int(r-rune(rng.Lo)) % 10, true
		}
	}
	for _, rng := range unicode.Nd.R32 {
		if rune(rng.Lo) <= r && r <= rune(rng.Hi) {
			return int(r-rune(rng.Lo)) % 10, true
		}
	}
	return 0, false
}
