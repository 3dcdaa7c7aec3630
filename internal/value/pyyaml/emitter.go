package pyyaml

import (
	"strings"
	"unicode/utf8"
)

type emitter struct {
	o          Options
	out        strings.Builder
	indent     int
	indents    []int
	flowLevel  int
	column     int
	whitespace bool // the last character was a blank, or a line starts
	indention  bool // only blanks and indicators stand in the line so far
	written    map[*node]bool
	inMapping  bool // the node is a value of a mapping
	simpleKey  bool
	openEnded  bool // the last scalar ends with line breaks that count
}

func (e *emitter) document(root *node) string {
	e.written = map[*node]bool{}
	if e.o.ExplicitStart {
		e.indicator("---", true, false, false)
	}
	e.emit(root, false, false)
	e.newIndent()
	if e.o.ExplicitEnd || e.openEnded {
		e.indicator("...", true, false, false)
		e.newIndent()
	}
	return e.out.String()
}

func (e *emitter) put(r rune) {
	e.out.WriteRune(r)
	e.column++
}

func (e *emitter) lineBreak() {
	e.out.WriteByte('\n')
	e.column = 0
}

func (e *emitter) newIndent() {
	indent := max(e.indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.whitespace {
		e.lineBreak()
	}
	for e.column < indent {
		e.put(' ')
	}
	e.whitespace, e.indention = true, true
}

func (e *emitter) indicator(s string, needBlank, isBlank, isIndention bool) {
	if needBlank && !e.whitespace {
		e.put(' ')
	}
	e.out.WriteString(s)
	e.column += utf8.RuneCountInString(s)
	e.whitespace = isBlank
	e.indention = e.indention && isIndention
	e.openEnded = false
}

func (e *emitter) push(flow, indentless bool) {
	e.indents = append(e.indents, e.indent)
	switch {
	case e.indent < 0 && flow:
		e.indent = e.o.Indent
	case e.indent < 0:
		e.indent = 0
	case !indentless:
		e.indent += e.o.Indent
	}
}

func (e *emitter) pop() {
	e.indent = e.indents[len(e.indents)-1]
	e.indents = e.indents[:len(e.indents)-1]
}

func (e *emitter) emit(n *node, inMapping, simpleKey bool) {
	e.inMapping, e.simpleKey = inMapping, simpleKey
	if n.anchor != "" {
		if e.written[n] {
			e.indicator("*"+n.anchor, true, false, false)
			if simpleKey {
				e.put(' ')
			}
			return
		}
		e.written[n] = true
		e.indicator("&"+n.anchor, true, false, false)
	}
	switch n.kind {
	case scalar:
		e.scalar(n)
	case sequence:
		e.sequence(n)
	default:
		e.mapping(n)
	}
}

func (e *emitter) sequence(n *node) {
	if n.tag != "" {
		e.indicator(n.tag, true, false, false)
	}
	if e.flowLevel > 0 || n.flow || len(n.items) == 0 {
		e.flow(n, "[", "]", func(i int) { e.emit(n.items[i], false, false) }, 1)
		return
	}
	e.push(false, e.inMapping && !e.indention)
	for _, item := range n.items {
		e.newIndent()
		e.indicator("-", true, false, true)
		e.emit(item, false, false)
	}
	e.pop()
}

func (e *emitter) mapping(n *node) {
	if n.tag != "" {
		e.indicator(n.tag, true, false, false)
	}
	if e.flowLevel > 0 || n.flow || len(n.items) == 0 {
		e.flow(n, "{", "}", func(i int) { e.flowEntry(n.items[i], n.items[i+1]) }, 2)
		return
	}
	e.push(false, false)
	for i := 0; i < len(n.items); i += 2 {
		key, v := n.items[i], n.items[i+1]
		e.newIndent()
		if e.isSimple(key) {
			e.emit(key, true, true)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, true)
			e.emit(key, true, false)
			e.newIndent()
			e.indicator(":", true, false, true)
		}
		e.emit(v, true, false)
	}
	e.pop()
}

func (e *emitter) flow(n *node, open, end string, item func(i int), step int) {
	e.indicator(open, true, true, false)
	e.push(true, false)
	e.flowLevel++
	for i := 0; i < len(n.items); i += step {
		if i > 0 {
			e.indicator(",", false, false, false)
		}
		if e.column > e.o.Width {
			e.newIndent()
		}
		item(i)
	}
	e.flowLevel--
	e.pop()
	e.indicator(end, false, false, false)
}

func (e *emitter) flowEntry(key, v *node) {
	if e.isSimple(key) {
		e.emit(key, true, true)
		e.indicator(":", false, false, false)
	} else {
		e.indicator("?", true, false, false)
		e.emit(key, true, false)
		if e.column > e.o.Width {
			e.newIndent()
		}
		e.indicator(":", true, false, false)
	}
	e.emit(v, true, false)
}

// isSimple reports whether a key can stand on one line before its colon.
func (e *emitter) isSimple(n *node) bool {
	const longest = 128
	if n.anchor != "" && e.written[n] {
		return true
	}
	if n.kind != scalar {
		return len(n.items) == 0
	}
	return len(n.text)+len(n.anchor) <= longest && !analyze(n.text, e.o.Unicode).multiline
}
