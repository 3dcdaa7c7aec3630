package inventory

import (
	"errors"
	"strings"
)

// splitWords splits a host line by the quoting rules of a POSIX shell; an unquoted # ends the line, even within a word.
func splitWords(line string) ([]string, error) {
	if !strings.ContainsAny(line, `'"\#`) {
		return strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), nil
	}
	var words []string
	var word strings.Builder
	started, quote := false, byte(0)
	end := func() {
		if started {
			words = append(words, word.String())
		}
		word.Reset()
		started = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			if i++; i == len(line) {
				return nil, errors.New("a backslash stands at the end")
			}
			if quote == '"' && line[i] != '"' && line[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(line[i])
			started = true
		case quote != 0:
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, started = c, true
		case c == '#':
			end()
			return words, nil
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			end()
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	end()
	return words, nil
}
