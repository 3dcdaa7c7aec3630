// Package shlex splits a line into words by the quoting rules of a POSIX shell, without expanding anything, as
// Python's shlex.split does.
package shlex

import (
	"errors"
	"strings"
)

// The two ways a line can be wrong.
var (
	ErrQuote  = errors.New("no closing quotation")
	ErrEscape = errors.New("no escaped character")
)

// Split returns the words of a line. Quotes are removed, a backslash quotes the next character outside single
// quotes, and inside double quotes only a double quote or another backslash. `”` is an empty word.
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	started := false
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\':
			i++
			if i == len(line) {
				return nil, ErrEscape
			}
			if quote == '"' && line[i] != '"' && line[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(line[i])
			started = true
		case c == '\'' || c == '"':
			quote, started = c, true
		case isSpace(c):
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if quote != 0 {
		return nil, ErrQuote
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// SplitKeepingQuotes returns the words of a line with their quotes in place: a word that begins with a quote ends
// with its closing quote, a quote further on is an ordinary character, and backslashes are too. It is how the
// kernel's command line is read.
func SplitKeepingQuotes(line string) ([]string, error) {
	var words []string
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case isSpace(c):
			i++
		case c == '\'' || c == '"':
			end := strings.IndexByte(line[i+1:], c)
			if end < 0 {
				return nil, ErrQuote
			}
			words = append(words, line[i:i+end+2])
			i += end + 2
		default:
			end := strings.IndexAny(line[i:], " \t\r\n")
			if end < 0 {
				end = len(line) - i
			}
			words = append(words, line[i:i+end])
			i += end
		}
	}
	return words, nil
}

// Quote writes a word so that a POSIX shell reads it as one word.
func Quote(word string) string {
	if word == "" {
		return "''"
	}
	if !strings.ContainsFunc(word, unsafe) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}

// Join returns the words as a shell's command line: each quoted, with spaces between them.
func Join(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}

func unsafe(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("_@%+=:,./-", r)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
