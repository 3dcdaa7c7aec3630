package filters

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
)

// wordwrap breaks each line of text so that none is longer than width.
// newliner is an Env whose template says how its lines end.
type newliner interface{ Newline() string }

func wordwrap(env Env, a *value.Args) (any, error) {
	w := wrapper{width: a.Int("width"), breakLong: a.Bool("break_long_words"), hyphens: a.Bool("break_on_hyphens")}
	text := a.Text("s")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if w.width <= 0 {
		return nil, &value.ValueError{Message: "invalid width " + value.Repr(w.width) + " (must be > 0)"}
	}
	join := "\n"
	if n, ok := env.(newliner); ok {
		join = n.Newline()
	}
	if a.Any("wrapstring") != nil {
		join = a.Str("wrapstring")
	}
	var out []string
	for _, line := range value.SplitLines(text, false) {
		out = append(out, strings.Join(w.wrap(line), join))
	}
	return strings.Join(out, join), nil
}

type wrapper struct {
	width     int
	breakLong bool
	hyphens   bool
}

// wrap fills lines with the chunks of a text; blanks at the ends of lines are dropped, those at its start are kept.
func (w wrapper) wrap(text string) []string {
	chunks := w.chunks(text)
	var lines []string
	for len(chunks) > 0 {
		var line []string
		length := 0
		if strings.TrimSpace(chunks[0]) == "" && len(lines) > 0 {
			chunks = chunks[1:]
		}
		for len(chunks) > 0 {
			n := utf8.RuneCountInString(chunks[0])
			if length+n > w.width {
				break
			}
			line = append(line, chunks[0])
			length += n
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && utf8.RuneCountInString(chunks[0]) > w.width {
			line, chunks = w.long(line, chunks, length)
		}
		if len(line) > 0 && strings.TrimSpace(line[len(line)-1]) == "" {
			line = line[:len(line)-1]
		}
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ""))
		}
	}
	return lines
}

// long handles a chunk that is longer than any line: it is cut, at a hyphen when there is one, or stands alone.
func (w wrapper) long(line, chunks []string, length int) ([]string, []string) {
	room := max(w.width-length, 1)
	if w.breakLong {
		r := []rune(chunks[0])
		cut := room
		if w.hyphens && len(r) > room {
			if i := strings.LastIndexByte(string(r[:room]), '-'); i > 0 && strings.Trim(string(r[:room])[:i], "-") != "" {
				cut = utf8.RuneCountInString(string(r[:room])[:i]) + 1
			}
		}
		line = append(line, string(r[:cut]))
		rest := append([]string{string(r[cut:])}, chunks[1:]...)
		return line, rest
	}
	if len(line) == 0 {
		return chunks[:1], chunks[1:]
	}
	return line, chunks
}

// chunks splits text into words, blanks and, when hyphens break, the parts of hyphenated words.
func (w wrapper) chunks(text string) []string {
	var out []string
	for text != "" {
		blank := isBlank(rune(text[0]))
		end := strings.IndexFunc(text, func(r rune) bool { return isBlank(r) != blank })
		if end < 0 {
			end = len(text)
		}
		if blank || !w.hyphens {
			out = append(out, text[:end])
		} else {
			out = append(out, hyphenated(text[:end])...)
		}
		text = text[end:]
	}
	return out
}

func isBlank(r rune) bool { return strings.ContainsRune("\t\n\v\f\r ", r) }

// hyphenated splits a word after hyphens that stand between letters, and around dashes of two hyphens and more.
func hyphenated(word string) []string {
	var out []string
	r := []rune(word)
	start := 0
	for i := 1; i < len(r); i++ {
		if r[i] != '-' {
			continue
		}
		run := i
		for run < len(r) && r[run] == '-' {
			run++
		}
		switch {
		case run-i >= 2 && run < len(r) && isWordRune(r[i-1]) && isWordRune(r[run]):
			out = append(out, string(r[start:i]), string(r[i:run]))
			start, i = run, run
		case run-i == 1 && i >= 2 && isLetterRune(r[i-1]) && isLetterRune(r[i-2]) && run+1 < len(r) && isLetterRune(r[run]) && (isLetterRune(r[run+1]) || r[run+1] == '-' && run+2 < len(r) && isLetterRune(r[run+2])):
			out = append(out, string(r[start:run]))
			start = run
		}
	}
	return append(out, string(r[start:]))
}

func isLetterRune(r rune) bool { return unicode.IsLetter(r) || r == '_' }

func isWordRune(r rune) bool {
	return isLetterRune(r) || unicode.IsNumber(r) || strings.ContainsRune("!\"'&.,?", r)
}
