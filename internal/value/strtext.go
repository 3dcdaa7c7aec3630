package value

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is what Python's str.strip and str.split take for white space.
func isSpace(r rune) bool {
	switch {
	case r >= 0x1c && r <= 0x1f:
		return true
	case r == 0x200b:
		return false
	}
	return unicode.IsSpace(r)
}

// Split is Python's text.split(sep, maxsplit); an empty sep splits at runs of white space.
func Split(s, sep string, maxsplit int) []string {
	if sep != "" {
		if maxsplit < 0 {
			return strings.Split(s, sep)
		}
		return strings.SplitN(s, sep, maxsplit+1)
	}
	var out []string
	s = strings.TrimLeftFunc(s, isSpace)
	for s != "" {
		i := strings.IndexFunc(s, isSpace)
		if i < 0 || maxsplit >= 0 && len(out) >= maxsplit {
			return append(out, s)
		}
		out = append(out, s[:i])
		s = strings.TrimLeftFunc(s[i:], isSpace)
	}
	return out
}

func splitRight(s, sep string, maxsplit int) []string {
	var out []string
	if sep == "" {
		s = strings.TrimRightFunc(s, isSpace)
	}
	for maxsplit < 0 || len(out) < maxsplit {
		i, size := strings.LastIndex(s, sep), len(sep)
		if sep == "" {
			if s == "" {
				break
			}
			if i = strings.LastIndexFunc(s, isSpace); i >= 0 {
				_, size = utf8.DecodeRuneInString(s[i:])
			}
		}
		if i < 0 {
			break
		}
		out = append(out, s[i+size:])
		s = s[:i]
		if sep == "" {
			s = strings.TrimRightFunc(s, isSpace)
		}
	}
	if sep != "" || s != "" {
		out = append(out, s)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// SplitLines is Python's text.splitlines(keepends).
func SplitLines(s string, keepEnds bool) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isLineEnd(r) {
			i += size
			continue
		}
		end := i
		i += size
		if r == '\r' && i < len(s) && s[i] == '\n' {
			i++
		}
		if keepEnds {
			end = i
		}
		out = append(out, s[start:end])
		start = i
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// Capitalize is Python's text.capitalize().
func Capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return titleRune(r) + Lower(s[size:])
}

// Upper is Python's text.upper(): a sharp s becomes SS.
func Upper(s string) string {
	s = strings.ToUpper(s)
	if strings.Contains(s, "ß") {
		s = strings.ReplaceAll(s, "ß", "SS")
	}
	return s
}

// Lower is Python's text.lower().
func Lower(s string) string { return strings.ToLower(s) }

// Title is Python's text.title(): a letter after anything but a letter is written large, all others small.
func Title(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		switch {
		case !inWord:
			b.WriteString(titleRune(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		inWord = isCased(r)
	}
	return b.String()
}

func titleRune(r rune) string {
	if r == 'ß' {
		return "Ss"
	}
	return string(unicode.ToTitle(r))
}

func isCased(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
}

func swapCase(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLower(r):
			b.WriteString(Upper(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// IsLower reports Python's text.islower(): cased letters, all of them small.
func IsLower(s string) bool { return caseIs(s, unicode.IsLower) }

// IsUpper reports Python's text.isupper().
func IsUpper(s string) bool { return caseIs(s, unicode.IsUpper) }

func caseIs(s string, want func(rune) bool) bool {
	found := false
	for _, r := range s {
		if isCased(r) {
			if !want(r) {
				return false
			}
			found = true
		}
	}
	return found
}

func isTitle(s string) bool {
	inWord, found := false, false
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			if inWord {
				return false
			}
			inWord, found = true, true
		case unicode.IsLower(r):
			if !inWord {
				return false
			}
			found = true
		default:
			inWord = false
		}
	}
	return found
}

func every(s string, is func(rune) bool) bool {
	for _, r := range s {
		if !is(r) {
			return false
		}
	}
	return s != ""
}

func isNumeric(r rune) bool { return unicode.Is(unicode.N, r) }

func isDigitRune(r rune) bool {
	return unicode.Is(unicode.Nd, r) || strings.ContainsRune("²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", r)
}

// IsIdentifier reports Python's text.isidentifier().
func IsIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !unicode.Is(unicode.Nl, r) &&
			(i == 0 || !unicode.Is(unicode.Nd, r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) && !unicode.Is(unicode.Pc, r)) {
			return false
		}
	}
	return s != ""
}
