package dpkg

import "strings"

// CompareVersions orders two versions as dpkg does: negative where a is older than b.
func CompareVersions(a, b string) int {
	ea, ua, ra := splitVersion(a)
	eb, ub, rb := splitVersion(b)
	if d := compareNumbers(ea, eb); d != 0 {
		return d
	}
	if d := comparePart(ua, ub); d != 0 {
		return d
	}
	return comparePart(ra, rb)
}

// splitVersion takes epoch:upstream-revision apart; a missing revision equals 0.
func splitVersion(v string) (epoch, upstream, revision string) {
	v = strings.TrimSpace(v)
	if e, rest, ok := strings.Cut(v, ":"); ok {
		epoch, v = e, rest
	}
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return epoch, v[:i], v[i+1:]
	}
	return epoch, v, ""
}

func comparePart(a, b string) int {
	for a != "" || b != "" {
		var na, nb string
		na, a = textPrefix(a)
		nb, b = textPrefix(b)
		if d := compareText(na, nb); d != 0 {
			return d
		}
		na, a = digitPrefix(a)
		nb, b = digitPrefix(b)
		if d := compareNumbers(na, nb); d != 0 {
			return d
		}
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func textPrefix(s string) (string, string) {
	i := 0
	for i < len(s) && !isDigit(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

func digitPrefix(s string) (string, string) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// compareText orders texts by weight: a tilde sorts before the end, letters before everything else.
func compareText(a, b string) int {
	for i := 0; i < len(a) || i < len(b); i++ {
		if d := weight(a, i) - weight(b, i); d != 0 {
			return d
		}
	}
	return 0
}

func weight(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	c := s[i]
	switch {
	case c == '~':
		return -1
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return int(c)
	default:
		return int(c) + 256
	}
}

// compareNumbers orders digits of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
