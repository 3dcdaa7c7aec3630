package pyyaml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// style chooses how a scalar is written: plain (0), ' " | or >.
func (e *emitter) style(n *node, a analysis) byte {
	style := n.style
	if e.simpleKey && a.multiline {
		style = '"'
	}
	if style == 0 {
		plain := a.blockPlain
		if e.flowLevel > 0 {
			plain = a.flowPlain
		}
		if !plain || n.text == "" && (e.flowLevel > 0 || e.simpleKey) || !n.plainImplied {
			style = '\''
		}
	}
	if style == '\'' && !a.single {
		style = '"'
	}
	if (style == '|' || style == '>') && (!a.block || e.flowLevel > 0 || e.simpleKey) {
		style = '"'
	}
	return style
}

func (e *emitter) scalar(n *node) {
	a := analyze(n.text, e.o.Unicode)
	style := e.style(n, a)
	if n.tag != "" && !(style == 0 && n.plainImplied) {
		e.indicator(n.tag, true, false, false)
	}
	fold := !e.simpleKey
	e.push(true, false) // the lines that follow hang deeper than the one that the scalar starts in
	defer e.pop()
	switch style {
	case '\'':
		e.singleQuoted(n.text, fold)
	case '"':
		e.doubleQuoted(n.text, fold)
	case '|':
		e.literal(n.text)
	case '>':
		e.folded(n.text)
	default:
		e.plain(n.text, fold)
	}
}

func (e *emitter) plain(s string, fold bool) {
	if !e.whitespace && (s != "" || e.flowLevel > 0) {
		e.put(' ')
	}
	spaces := false
	for i, r := range s {
		if r == ' ' {
			if fold && !spaces && e.column > e.o.Width && !strings.HasPrefix(s[i+1:], " ") {
				e.newIndent()
			} else {
				e.put(r)
			}
			spaces = true
			continue
		}
		e.put(r)
		e.indention, spaces = false, false
	}
	e.whitespace, e.indention = false, false
}

func (e *emitter) singleQuoted(s string, fold bool) {
	e.indicator("'", true, false, false)
	spaces, breaks := false, false
	for i, r := range s {
		switch {
		case r == ' ':
			if fold && !spaces && e.column > e.o.Width && i > 0 && i < len(s)-1 && s[i+1] != ' ' {
				e.newIndent()
			} else {
				e.put(r)
			}
			spaces = true
		case isBreak(r):
			if !breaks && r == '\n' {
				e.lineBreak()
			}
			e.writeBreak(r)
			e.indention, breaks = true, true
		default:
			if breaks {
				e.newIndent()
			}
			if r == '\'' {
				e.put('\'')
			}
			e.put(r)
			e.indention, spaces, breaks = false, false, false
		}
	}
	if breaks {
		e.newIndent()
	}
	e.indicator("'", false, false, false)
	e.whitespace, e.indention = false, false
}

func (e *emitter) writeBreak(r rune) {
	if r == '\n' {
		e.lineBreak()
		return
	}
	e.out.WriteRune(r)
	e.column = 0
}

func (e *emitter) doubleQuoted(s string, fold bool) {
	e.indicator(`"`, true, false, false)
	spaces := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case !printable(r) || r >= 0x80 && !e.o.Unicode || isBreak(r) || r == '"' || r == '\\':
			e.escape(r)
			spaces = false
		case r == ' ':
			if fold && !spaces && e.column > e.o.Width && i > 0 && i < len(s)-1 {
				e.newIndent()
				if s[i+1] == ' ' {
					e.put('\\')
				}
			} else {
				e.put(r)
			}
			spaces = true
		default:
			e.put(r)
			spaces = false
		}
		i += size
	}
	e.indicator(`"`, false, false, false)
	e.whitespace, e.indention = false, false
}

func (e *emitter) escape(r rune) {
	text := ""
	switch r {
	case 0:
		text = "0"
	case '\a':
		text = "a"
	case '\b':
		text = "b"
	case '\t':
		text = "t"
	case '\n':
		text = "n"
	case '\v':
		text = "v"
	case '\f':
		text = "f"
	case '\r':
		text = "r"
	case 0x1b:
		text = "e"
	case '"', '\\':
		text = string(r)
	case 0x85:
		text = "N"
	case 0xa0:
		text = "_"
	case 0x2028:
		text = "L"
	case 0x2029:
		text = "P"
	default:
		switch {
		case r <= 0xff:
			text = fmt.Sprintf("x%02X", r)
		case r <= 0xffff:
			text = fmt.Sprintf("u%04X", r)
		default:
			text = fmt.Sprintf("U%08X", r)
		}
	}
	for _, c := range `\` + text {
		e.put(c)
	}
}

// hints writes what follows | or >: the indentation when the text starts with a blank, and how its end is kept.
func (e *emitter) hints(s string) {
	if first, _ := utf8.DecodeRuneInString(s); first == ' ' || isBreak(first) {
		e.indicator(fmt.Sprint(e.o.Indent), false, false, false)
	}
	last, size := utf8.DecodeLastRuneInString(s)
	if !isBreak(last) {
		e.indicator("-", false, false, false)
		return
	}
	before, _ := utf8.DecodeLastRuneInString(s[:len(s)-size])
	if len(s) == size || isBreak(before) {
		e.indicator("+", false, false, false)
		e.openEnded = true
	}
}

func (e *emitter) literal(s string) {
	e.indicator("|", true, false, false)
	e.hints(s)
	e.lineBreak()
	e.indention, e.whitespace = true, true
	breaks := true
	for _, r := range s {
		if isBreak(r) {
			e.writeBreak(r)
			e.indention, breaks = true, true
			continue
		}
		if breaks {
			e.newIndent()
		}
		e.put(r)
		e.indention, breaks = false, false
	}
}

func (e *emitter) folded(s string) {
	e.indicator(">", true, false, false)
	e.hints(s)
	e.lineBreak()
	e.indention, e.whitespace = true, true
	breaks, leading := true, true
	for i, r := range s {
		switch {
		case isBreak(r):
			if !breaks && !leading && r == '\n' {
				rest := strings.TrimLeftFunc(s[i:], isBreak)
				if next, _ := utf8.DecodeRuneInString(rest); rest != "" && !isBlank(next) {
					e.lineBreak()
				}
			}
			e.writeBreak(r)
			e.indention, breaks = true, true
		default:
			if breaks {
				e.newIndent()
				leading = isBlank(r)
			}
			if !breaks && r == ' ' && !strings.HasPrefix(s[i+1:], " ") && e.column > e.o.Width {
				e.newIndent()
			} else {
				e.put(r)
			}
			e.indention, breaks = false, false
		}
	}
}
