package pyregex

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sub replaces the matches, at most count of them when it is positive, by a replacement as Python reads it: \1, \g<1>,
// \g<name>, \n. It returns the text and the number of replacements.
func (r *Regexp) Sub(replacement, text string, count int) (string, int, error) {
	parts, err := r.template(replacement)
	if err != nil {
		return "", 0, err
	}
	matches, err := r.FindAll(text, count)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	last := 0
	for _, m := range matches {
		start, end := m.Span(0)
		b.WriteString(text[last:start])
		for _, p := range parts {
			if p.group < 0 {
				b.WriteString(p.text)
			} else if s, ok := m.Group(p.group); ok {
				b.WriteString(s)
			}
		}
		last = end
	}
	b.WriteString(text[last:])
	return b.String(), len(matches), nil
}

// Expand fills the groups of a match in a replacement.
func (r *Regexp) Expand(m *Match, replacement string) (string, error) {
	parts, err := r.template(replacement)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		if p.group < 0 {
			b.WriteString(p.text)
		} else if s, ok := m.Group(p.group); ok {
			b.WriteString(s)
		}
	}
	return b.String(), nil
}

type templatePart struct {
	text  string
	group int // -1 for text
}

func (r *Regexp) template(s string) ([]templatePart, error) {
	var parts []templatePart
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			parts = append(parts, templatePart{text.String(), -1})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			text.WriteByte(s[i])
			i++
			continue
		}
		group, char, size, err := r.templateEscape(s, i)
		if err != nil {
			return nil, err
		}
		i += size
		if group >= 0 {
			flush()
			parts = append(parts, templatePart{"", group})
		} else {
			text.WriteString(char)
		}
	}
	flush()
	return parts, nil
}

func templateError(s string, at int, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), utf8.RuneCountInString(s[:at])}
}

// templateEscape reads one escape: the group it stands for, or -1 and its text.
func (r *Regexp) templateEscape(s string, at int) (group int, text string, size int, err error) {
	if at+1 >= len(s) {
		return 0, "", 0, templateError(s, at, "bad escape (end of pattern)")
	}
	c := s[at+1]
	switch {
	case c == 'g':
		return r.templateGroup(s, at)
	case c == '0':
		end := at + 2
		for end < len(s) && end < at+4 && s[end] >= '0' && s[end] <= '7' {
			end++
		}
		n, _ := strconv.ParseUint(s[at+1:end], 8, 32)
		return -1, string(rune(n)), end - at, nil
	case c >= '1' && c <= '9':
		return r.templateNumber(s, at)
	}
	if i := strings.IndexByte("abfnrtv\\", c); i >= 0 {
		return -1, "\a\b\f\n\r\t\v\\"[i : i+1], 2, nil
	}
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		return 0, "", 0, templateError(s, at, "bad escape \\%c", c)
	}
	_, width := utf8.DecodeRuneInString(s[at+1:])
	return -1, s[at : at+1+width], 1 + width, nil
}

func (r *Regexp) templateNumber(s string, at int) (int, string, int, error) {
	end := at + 2
	if end < len(s) && s[end] >= '0' && s[end] <= '9' {
		if end+1 < len(s) && s[at+1] <= '3' && isOctal(s[at+1:end+2]) {
			n, _ := strconv.ParseUint(s[at+1:end+2], 8, 32)
			return -1, string(rune(n)), 4, nil
		}
		end++
	}
	n, _ := strconv.Atoi(s[at+1 : end])
	if n > r.groups {
		return 0, "", 0, templateError(s, at+1, "invalid group reference %d", n)
	}
	return n, "", end - at, nil
}

func (r *Regexp) templateGroup(s string, at int) (int, string, int, error) {
	if at+2 >= len(s) || s[at+2] != '<' {
		return 0, "", 0, templateError(s, min(at+2, len(s)), "missing <")
	}
	end := strings.IndexByte(s[at:], '>')
	if end < 0 {
		return 0, "", 0, templateError(s, at+3, "missing >, unterminated name")
	}
	name := s[at+3 : at+end]
	if name == "" {
		return 0, "", 0, templateError(s, at+3, "missing group name")
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 || n > r.groups {
			return 0, "", 0, templateError(s, at+3, "invalid group reference %d", n)
		}
		return n, "", end + 1, nil
	}
	n, ok := r.names[name]
	if !ok {
		return 0, "", 0, fmt.Errorf("unknown group name '%s'", name)
	}
	return n, "", end + 1, nil
}
