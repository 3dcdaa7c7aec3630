package yamlout

import (
	"fmt"
	"strconv"
	"strings"
)

// end stands for what follows the last character of a text.
const end rune = -1

func at(text []rune, i int) rune {
	if i < len(text) {
		return text[i]
	}
	return end
}

// plain writes text without quotes, folded at single blanks beyond the width.
func (e *emitter) plain(text []rune, split bool) {
	if len(text) == 0 {
		return
	}
	if !e.whitespace {
		e.write(" ")
	}
	e.whitespace, e.indention = false, false
	spaces, start := false, 0
	for i := 0; i <= len(text); i++ {
		r := at(text, i)
		switch {
		case spaces && r != ' ':
			if start+1 == i && e.column > e.width && split {
				e.newline()
				e.whitespace, e.indention = false, false
			} else {
				e.write(string(text[start:i]))
			}
			start = i
		case !spaces && (r == end || r == ' '):
			e.write(string(text[start:i]))
			start = i
		}
		spaces = r == ' '
	}
}

// single writes text in single quotes; a line end within it is written as an empty line.
func (e *emitter) single(text []rune, split bool) {
	e.indicator("'", true, false, false)
	spaces, breaks, start := false, false, 0
	for i := 0; i <= len(text); i++ {
		r := at(text, i)
		switch {
		case spaces:
			if r != ' ' {
				if start+1 == i && e.column > e.width && split && start != 0 && i != len(text) {
					e.newline()
				} else {
					e.write(string(text[start:i]))
				}
				start = i
			}
		case breaks:
			if r == end || !isBreak(r) {
				e.breaks(text[start:i])
				e.newline()
				start = i
			}
		case r == end || r == ' ' || isBreak(r) || r == '\'':
			if start < i {
				e.write(string(text[start:i]))
				start = i
			}
		}
		if r == '\'' {
			e.write("''")
			start = i + 1
		}
		if r != end {
			spaces, breaks = r == ' ', isBreak(r)
		}
	}
	e.indicator("'", false, false, false)
}

func (e *emitter) breaks(text []rune) {
	if text[0] == '\n' {
		e.lineBreak("\n")
	}
	for _, r := range text {
		e.lineBreak(string(r))
	}
}

// double writes text in double quotes with escapes, folded at single blanks beyond the width.
func (e *emitter) double(text []rune, split bool) {
	e.indicator(`"`, true, false, false)
	spaces := false
	for i, r := range text {
		switch {
		case needsEscape(r):
			e.write(escape(r))
		case r == ' ' && split && !spaces && e.column > e.width && i != 0 && i != len(text)-1:
			e.newline()
			if text[i+1] == ' ' {
				e.write(`\`)
			}
		default:
			e.write(string(r))
		}
		spaces = r == ' '
	}
	e.indicator(`"`, false, false, false)
}

func needsEscape(r rune) bool { return r == '"' || r == '\\' || isBreak(r) || !printable(r) }

func escape(r rune) string {
	if i := strings.IndexRune("\x00\a\b\t\n\v\f\r\x1b\"\\\u0085\u00a0\u2028\u2029", r); i >= 0 {
		names := map[rune]string{0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", '"': `"`, '\\': `\`,
			0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P"}
		return `\` + names[r]
	}
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04X`, r)
	default:
		return fmt.Sprintf(`\U%08X`, r)
	}
}

// literal writes text as a block, line by line.
func (e *emitter) literal(text []rune) {
	hints := ""
	if text[0] == ' ' || isBreak(text[0]) {
		hints = strconv.Itoa(e.step)
	}
	last := text[len(text)-1]
	switch {
	case !isBreak(last):
		hints += "-"
	case len(text) == 1 || isBreak(text[len(text)-2]):
		hints += "+"
	}
	e.indicator("|"+hints, true, false, false)
	e.lineBreak("\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		if line != "" {
			e.newline()
			e.write(line)
		}
		e.lineBreak("\n")
	}
}
