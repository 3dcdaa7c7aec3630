package value

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func addStrLayout(m methodsOf[string]) {
	for _, x := range []method[string]{
		of("ljust(width, fillchar=' ', /)", strPad('<')),
		of("rjust(width, fillchar=' ', /)", strPad('>')),
		of("center(width, fillchar=' ', /)", strPad('^')),
		of("zfill(width, /)", strZeroFill),
		of("expandtabs(tabsize=8)", func(s string, a *Args) (any, error) { return expandTabs(s, a.Int("tabsize")), nil }),
	} {
		m[x.sig.Name] = x
	}
}

func strPad(align byte) func(string, *Args) (any, error) {
	return func(s string, a *Args) (any, error) {
		width, fill := a.Int("width"), a.Text("fillchar")
		if a.Err() != nil {
			return nil, a.Err()
		}
		if utf8.RuneCountInString(fill) != 1 {
			return nil, &TypeError{"The fill character must be exactly one character long"}
		}
		if width > maxRepeat {
			return nil, &ArithmeticError{"the padded text is too large"}
		}
		return Pad(s, width, fill, align), nil
	}
}

// Pad fills text up to a width: < keeps it left, > right, ^ in the middle as Python's center does.
func Pad(s string, width int, fill string, align byte) string {
	missing := width - utf8.RuneCountInString(s)
	if missing <= 0 {
		return s
	}
	left := 0
	switch align {
	case '>':
		left = missing
	case '^':
		left = missing/2 + (missing & width & 1)
	}
	return strings.Repeat(fill, left) + s + strings.Repeat(fill, missing-left)
}

func strZeroFill(s string, a *Args) (any, error) {
	width := a.Int("width")
	missing := width - utf8.RuneCountInString(s)
	if missing <= 0 || width > maxRepeat {
		return s, nil
	}
	zeros := strings.Repeat("0", missing)
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1] + zeros + s[1:], nil
	}
	return zeros + s, nil
}

func expandTabs(s string, size int) string {
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch {
		case r == '\t':
			if size > 0 {
				n := size - column%size
				b.WriteString(strings.Repeat(" ", min(n, maxWidth)))
				column += n
			}
		default:
			b.WriteRune(r)
			column++
			if r == '\n' || r == '\r' {
				column = 0
			}
		}
	}
	return b.String()
}

func addStrCase(m methodsOf[string]) {
	for signature, change := range map[string]func(string) string{
		"upper()": Upper, "lower()": Lower, "title()": Title, "capitalize()": Capitalize, "swapcase()": swapCase,
		"casefold()": func(s string) string { return strings.ReplaceAll(Lower(s), "ß", "ss") },
	} {
		x := of(signature, func(s string, _ *Args) (any, error) { return change(s), nil })
		m[x.sig.Name] = x
	}
	for signature, is := range map[string]func(string) bool{
		"islower()": IsLower, "isupper()": IsUpper, "istitle()": isTitle, "isidentifier()": IsIdentifier,
		"isalpha()":     func(s string) bool { return every(s, unicode.IsLetter) },
		"isalnum()":     func(s string) bool { return every(s, func(r rune) bool { return unicode.IsLetter(r) || isNumeric(r) }) },
		"isdigit()":     func(s string) bool { return every(s, isDigitRune) },
		"isdecimal()":   func(s string) bool { return every(s, func(r rune) bool { return unicode.Is(unicode.Nd, r) }) },
		"isnumeric()":   func(s string) bool { return every(s, isNumeric) },
		"isspace()":     func(s string) bool { return every(s, isSpace) },
		"isprintable()": func(s string) bool { return s == "" || every(s, isPrintable) },
		"isascii()":     func(s string) bool { return s == "" || every(s, func(r rune) bool { return r < 0x80 }) },
	} {
		x := of(signature, func(s string, _ *Args) (any, error) { return is(s), nil })
		m[x.sig.Name] = x
	}
}
