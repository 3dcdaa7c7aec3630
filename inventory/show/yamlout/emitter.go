package yamlout

import "strings"

// emitter writes nodes and keeps track of the column, as the layout depends on it.
type emitter struct {
	out         strings.Builder
	column      int
	indent      int
	step, width int
	whitespace  bool // the last character written is a blank
	indention   bool // only indentation was written in this line
}

func newEmitter(o Options) *emitter {
	e := &emitter{step: o.Indent, width: o.Width, indent: -1, whitespace: true, indention: true}
	if e.step == 0 {
		e.step = 2
	}
	if e.width == 0 {
		e.width = 80
	}
	return e
}

func (e *emitter) write(s string) {
	e.column += len([]rune(s))
	e.out.WriteString(s)
}

func (e *emitter) lineBreak(s string) {
	e.whitespace, e.indention = true, true
	e.column = 0
	e.out.WriteString(s)
}

func (e *emitter) newline() {
	indent := max(e.indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.whitespace {
		e.lineBreak("\n")
	}
	if e.column < indent {
		e.whitespace = true
		e.write(strings.Repeat(" ", indent-e.column))
	}
}

func (e *emitter) indicator(s string, needsSpace, space, indention bool) {
	if needsSpace && !e.whitespace {
		s = " " + s
	}
	e.whitespace = space
	e.indention = e.indention && indention
	e.write(s)
}

func (e *emitter) root(n *node) {
	e.node(n, false, false)
	e.newline()
}

// node writes a node; inMapping says that it is a key or value, simpleKey that it must stay on the line.
func (e *emitter) node(n *node, inMapping, simpleKey bool) {
	if n.anchor != "" {
		if !n.seen {
			e.indicator("*"+n.anchor, true, false, false)
			return
		}
		n.seen = false // the next time, it is an alias
		e.indicator("&"+n.anchor, true, false, false)
	}
	if n.tag != "" {
		e.indicator(n.tag, true, false, false)
	}
	switch {
	case n.kind == scalar:
		e.scalar(n, simpleKey)
	case len(n.items) == 0 && n.kind == mapping:
		e.indicator("{", true, true, false)
		e.indicator("}", false, false, false)
	case len(n.items) == 0:
		e.indicator("[", true, true, false)
		e.indicator("]", false, false, false)
	case n.kind == mapping:
		e.mapping(n)
	default:
		e.sequence(n, inMapping && !e.indention)
	}
}

// deeper raises the indentation and returns the way back.
func (e *emitter) deeper(flat bool) func() {
	before := e.indent
	switch {
	case e.indent < 0:
		e.indent = 0
	case !flat:
		e.indent += e.step
	}
	return func() { e.indent = before }
}

func (e *emitter) sequence(n *node, flat bool) {
	defer e.deeper(flat)()
	for _, item := range n.items {
		e.newline()
		e.indicator("-", true, false, true)
		e.node(item, false, false)
	}
}

func (e *emitter) mapping(n *node) {
	defer e.deeper(false)()
	for i, k := range n.keys {
		e.newline()
		if isSimpleKey(k) {
			e.node(k, true, true)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, true)
			e.node(k, true, false)
			e.newline()
			e.indicator(":", true, false, true)
		}
		e.node(n.items[i], true, false)
	}
}

// maxSimpleKey is the length beyond which a key stands behind a question mark.
const maxSimpleKey = 128

func isSimpleKey(n *node) bool {
	if n.kind != scalar {
		return len(n.items) == 0
	}
	return len(n.text) <= maxSimpleKey && !analyze([]rune(n.text)).multiline
}

// scalar writes text; lines after the first are indented one step more than the key.
func (e *emitter) scalar(n *node, simpleKey bool) {
	before := e.indent
	e.indent = max(e.indent, 0) + e.step
	defer func() { e.indent = before }()
	text := []rune(n.text)
	a := analyze(text)
	switch {
	case n.block && !simpleKey && a.block:
		e.literal(text)
	case !n.block && n.plain && a.plain && !(simpleKey && a.empty):
		e.plain(text, !simpleKey)
	case !n.block && a.single && (!simpleKey || !a.multiline):
		e.single(text, !simpleKey)
	default:
		e.double(text, !simpleKey)
	}
}
