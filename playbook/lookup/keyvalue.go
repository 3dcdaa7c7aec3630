package lookup

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// keyValues splits a term of the old form "name key=value other=value": raw is what has no key.
func keyValues(term string) (raw string, pairs [][2]string, err error) {
	words, ok := splitWords(term)
	if !ok {
		return "", nil, errorf("%q cannot be split into words: a quote or a bracket is not closed", term)
	}
	var rest []string
	for _, w := range words {
		decoded := decodeEscapes(w)
		at := keyEnd(decoded)
		if at < 0 {
			rest = append(rest, w)
			continue
		}
		pairs = append(pairs, [2]string{strings.TrimSpace(decoded[:at]), unquoted(strings.TrimSpace(decoded[at+1:]))})
	}
	return strings.Join(rest, " "), pairs, nil
}

// keyEnd finds the first = that is not escaped and has something before it.
func keyEnd(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '=' && s[i-1] != '\\' {
			return i
		}
	}
	return -1
}

// splitWords splits at blanks outside of quotes and of {{ }}; the quotes stay.
func splitWords(s string) (words []string, ok bool) {
	var quote byte
	start, depth := -1, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		blank := c == ' ' || c == '\t' || c == '\n'
		switch {
		case quote != 0:
			if c == quote && s[i-1] != '\\' {
				quote = 0
			}
		case c == '\'' || c == '"':
			if i == 0 || s[i-1] != '\\' {
				quote = c
			}
		case strings.HasPrefix(s[i:], "{{"):
			depth++
		case strings.HasPrefix(s[i:], "}}"):
			depth = max(depth-1, 0)
		case blank && depth == 0:
			if start >= 0 {
				words = append(words, s[start:i])
			}
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		words = append(words, s[start:])
	}
	return words, quote == 0 && depth == 0
}

// decodeEscapes replaces \n, \t, \x1a and their like.
func decodeEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		c := s[i+1]
		if at := strings.IndexByte(`\'"abfnrtv`, c); at >= 0 {
			b.WriteByte("\\'\"\a\b\f\n\r\t\v"[at])
			i++
			continue
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		if end := i + 2 + digits; digits > 0 && end <= len(s) {
			if n, err := strconv.ParseUint(s[i+2:end], 16, 32); err == nil && n <= utf8.MaxRune {
				b.WriteRune(rune(n))
				i = end - 1
				continue
			}
		}
		b.WriteByte('\\')
	}
	return b.String()
}

func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] && s[len(s)-2] != '\\' {
		return s[1 : len(s)-1]
	}
	return s
}
