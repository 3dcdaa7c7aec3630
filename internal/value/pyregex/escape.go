package pyregex

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func (t *translator) escape() error {
	start := t.at
	t.at++
	if t.at >= len(t.src) {
		return t.fail(start, "bad escape (end of pattern)")
	}
	c := t.src[t.at]
	switch c {
	case 'A':
		t.at++
		t.anchor(false, "", "", `\A`, `\A`)
		return nil
	case 'Z':
		t.at++
		t.anchor(false, "", "", `\z`, `\z`)
		return nil
	case 'b', 'B':
		t.at++
		t.out.boundary = true
		t.anchor(false, "", "", `\`+string(c), `\`+string(c))
		return nil
	}
	if set, negated, ok := t.classOf(c); ok {
		t.at++
		s := "[" + negated + set + "]"
		t.atom(s, netClass(s))
		return nil
	}
	if c >= '1' && c <= '9' {
		return t.backreference(start)
	}
	r, err := t.escapedRune(start)
	if err != nil {
		return err
	}
	t.literal(r)
	return nil
}

// classOf returns the set that \d, \s, \w and their opposites stand for.
func (t *translator) classOf(c byte) (set, negated string, ok bool) {
	switch c {
	case 'd', 'D':
		set = digitSet
		if t.flags.ASCII || t.narrow {
			set = "0-9"
		}
	case 's', 'S':
		set = spaceSet
		if t.narrow {
			set = `\t\n\v\f\r\x1c-\x20`
		}
		if t.flags.ASCII {
			set = `\t\n\v\f\r\x20`
		}
	case 'w', 'W':
		set = wordSet
		if t.flags.ASCII || t.narrow {
			set = "0-9A-Za-z_"
		}
	default:
		return "", "", false
	}
	if c < 'a' {
		negated = "^"
	}
	return set, negated, true
}

// netClass writes the escapes of a class as the backtracking engine reads them: \u0085 for \x{85}.
func netClass(s string) string {
	for {
		i := strings.Index(s, `\x{`)
		if i < 0 {
			return s
		}
		end := i + strings.IndexByte(s[i:], '}')
		n, _ := strconv.ParseUint(s[i+3:end], 16, 32)
		s = s[:i] + `\u` + strconv.FormatUint(0x10000+n, 16)[1:] + s[end+1:]
	}
}

func (t *translator) backreference(start int) error {
	end := t.at + 1
	if end < len(t.src) && t.src[end] >= '0' && t.src[end] <= '9' {
		if t.src[t.at] <= '3' && end+1 < len(t.src) && isOctal(t.src[t.at:end+2]) {
			n, _ := strconv.ParseUint(t.src[t.at:end+2], 8, 32)
			t.at = end + 2
			t.literal(rune(n))
			return nil
		}
		end++
	}
	n, _ := strconv.Atoi(t.src[t.at:end])
	t.at = end
	if n > t.out.groups {
		return t.fail(start+1, "invalid group reference %d", n)
	}
	t.reference(n)
	return nil
}

func isOctal(s string) bool { return strings.Trim(s, "01234567") == "" && len(s) == 3 }

func (t *translator) reference(group int) {
	t.out.backtracking = true
	s := `\k<` + t.out.slowName(group) + `>`
	if t.flags.IgnoreCase {
		s = "(?i:" + s + ")"
	}
	t.atom("", s)
}

// escapedRune reads the character that an escape stands for; t.at is after the backslash.
func (t *translator) escapedRune(start int) (rune, error) {
	c := t.src[t.at]
	t.at++
	switch c {
	case 'a':
		return '\a', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'v':
		return '\v', nil
	case 'x':
		return t.hex(start, 2)
	case 'u':
		return t.hex(start, 4)
	case 'U':
		return t.hex(start, 8)
	case '0':
		end := t.at
		for end < len(t.src) && end < t.at+2 && t.src[end] >= '0' && t.src[end] <= '7' {
			end++
		}
		n, _ := strconv.ParseUint("0"+t.src[t.at:end], 8, 32)
		t.at = end
		return rune(n), nil
	}
	if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
		return 0, t.fail(start, "bad escape \\%c", c)
	}
	t.at--
	r, size := utf8.DecodeRuneInString(t.src[t.at:])
	t.at += size
	return r, nil
}

func (t *translator) hex(start, digits int) (rune, error) {
	end := t.at + digits
	if end <= len(t.src) {
		if n, err := strconv.ParseUint(t.src[t.at:end], 16, 32); err == nil && n <= utf8.MaxRune {
			t.at = end
			return rune(n), nil
		}
	}
	return 0, t.fail(start, "incomplete escape %s", t.src[start:min(end, len(t.src))])
}

// class reads a set of characters in brackets.
func (t *translator) class() error {
	start := t.at
	t.at++
	var set strings.Builder
	negated := ""
	if t.peek() == '^' {
		negated = "^"
		t.at++
	}
	outside := "" // what \D, \S and \W add, which cannot stand in Go's sets beside others
	for first := true; ; first = false {
		if t.at >= len(t.src) {
			return t.fail(start, "unterminated character set")
		}
		if t.peek() == ']' && !first {
			t.at++
			break
		}
		low, isRune, err := t.classItem(&set, &outside)
		if err != nil {
			return err
		}
		if !isRune || t.peek() != '-' || t.at+1 >= len(t.src) || t.src[t.at+1] == ']' {
			if isRune {
				set.WriteString(classRune(low))
			} else if t.peek() == '-' && t.at+1 < len(t.src) && t.src[t.at+1] != ']' {
				return t.fail(start, "bad character range %s", t.src[start+1:t.at+1])
			}
			continue
		}
		t.at++
		high, isRune, err := t.classItem(&set, &outside)
		if err != nil {
			return err
		}
		if !isRune || high < low {
			return t.fail(start, "bad character range %c-%c", low, high)
		}
		set.WriteString(classRune(low) + "-" + classRune(high))
	}
	t.writeClass(set.String(), negated, outside)
	return nil
}

func (t *translator) writeClass(set, negated, outside string) {
	s := "[" + negated + set + "]"
	if outside != "" {
		alternatives := outside
		if set != "" {
			alternatives = "[" + set + "]" + outside
		}
		s = "(?:" + strings.TrimPrefix(alternatives, "|") + ")"
		if negated != "" {
			t.out.backtracking = true
			s = "(?:(?!" + s + `)[\s\S])`
		}
	}
	if t.flags.IgnoreCase {
		s = "(?i:" + s + ")"
	}
	t.atom(s, netClass(s))
}

// classItem reads one member of a set: a character, or a class such as \d, which it writes by itself.
func (t *translator) classItem(set *strings.Builder, outside *string) (rune, bool, error) {
	start := t.at
	r, size := utf8.DecodeRuneInString(t.src[t.at:])
	t.at += size
	if r != '\\' {
		return r, true, nil
	}
	if t.at >= len(t.src) {
		return 0, false, t.fail(start, "bad escape (end of pattern)")
	}
	c := t.src[t.at]
	if class, negated, ok := t.classOf(c); ok {
		t.at++
		if negated == "" {
			set.WriteString(class)
		} else {
			*outside += "|[^" + class + "]"
		}
		return 0, false, nil
	}
	switch {
	case c == 'b':
		t.at++
		return '\b', true, nil
	case c >= '1' && c <= '7':
		end := t.at
		for end < len(t.src) && end < t.at+3 && t.src[end] >= '0' && t.src[end] <= '7' {
			end++
		}
		n, _ := strconv.ParseUint(t.src[t.at:end], 8, 32)
		t.at = end
		return rune(n), true, nil
	}
	r, err := t.escapedRune(start)
	return r, true, err
}

func classRune(r rune) string {
	switch {
	case r > 0xffff:
		return string(r)
	case r < 0x80 && (r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'):
		return string(r)
	}
	return `\x{` + strconv.FormatInt(int64(r), 16) + `}`
}
