package sshconfig

import (
	"errors"
	"strings"
)

var errUnterminatedQuote = errors.New("a quotation mark is not closed")

// line is one directive: the keyword in lower case, its words, and the untouched rest for commands.
type line struct {
	number  int
	keyword string
	words   []string
	rest    string
}

// lexLine splits one line. The keyword is "" for blank lines and comments.
func lexLine(text string) (line, error) {
	text = strings.TrimSpace(strings.TrimRight(text, "\x00\r\n\f"))
	if text == "" || text[0] == '#' {
		return line{}, nil
	}
	end := strings.IndexAny(text, " \t=")
	if end < 0 {
		return line{keyword: strings.ToLower(text)}, nil
	}
	keyword, rest := strings.ToLower(text[:end]), strings.TrimLeft(text[end:], " \t")
	if isRaw(keyword) {
		return line{keyword: keyword, rest: strings.TrimLeft(rest, " \t=")}, nil
	}
	if strings.HasPrefix(rest, "=") {
		rest = strings.TrimLeft(rest[1:], " \t")
	}
	l := line{keyword: keyword}
	words, err := splitWords(rest, true)
	l.words = words
	return l, err
}

// splitWords splits like OpenSSH: blanks separate, single and double quotes group, a backslash escapes quotes, itself
// and (outside quotes) a blank. With comments set, a word that starts with # ends the line.
func splitWords(text string, comments bool) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		if isBlank(text[i]) {
			i++
			continue
		}
		if comments && text[i] == '#' {
			break
		}
		word, next, err := readWord(text, i)
		if err != nil {
			return nil, err
		}
		words, i = append(words, word), next
	}
	return words, nil
}

func readWord(text string, i int) (string, int, error) {
	var b strings.Builder
	quote := byte(0)
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && escapable(text[i+1], quote):
			i++
			b.WriteByte(text[i])
		case quote == 0 && isBlank(c):
			return b.String(), i, nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", i, errUnterminatedQuote
	}
	return b.String(), i, nil
}

func escapable(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || (quote == 0 && c == ' ')
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
