package differential

import (
	"fmt"
	"strings"
)

// file is a template file, sometimes with a header that changes how it is read.
func (g *grammar) file() string {
	if g.chance(12) {
		return g.child()
	}
	if !g.chance(4) {
		return g.template(2)
	}
	header := "#jinja2: " + g.pick("lstrip_blocks: True", "trim_blocks: False", "lstrip_blocks: True, trim_blocks: False", "keep_trailing_newline: True",
		"variable_start_string: '[[', variable_end_string: ']]'", "newline_sequence: '\\r\\n'")
	g.lines = g.chance(2)
	if g.lines {
		header += ", line_statement_prefix: '%', line_comment_prefix: '##'"
	}
	return header + "\n" + g.template(2)
}

// child is a template that extends another one.
func (g *grammar) child() string {
	return "{% extends 'base.j2' %}" + g.pick("", "ignored ") + g.tag("block title") + g.pick("{{ super() }}", "", "{{ self.tail() }}") + g.template(1) + g.tag("endblock") +
		g.pick("", "{% block tail %}"+g.template(1)+"{% endblock tail %}", "{% block body %}{{ super() }}{% endblock %}")
}

func (g *grammar) template(depth int) string {
	var b strings.Builder
	for range 1 + g.random.IntN(3) {
		b.WriteString(g.part(depth))
	}
	return b.String()
}

func (g *grammar) line(body string) string {
	return g.pick("", "\n", " \n", "  ") + g.pick("%", "% ", "  %", "%- ") + body + g.pick("\n", " \n", "\n\n ", ":\n")
}

func (g *grammar) tag(body string) string {
	return g.pick("{%", "{%", "{%", "{%-", "{%+") + " " + body + " " + g.pick("%}", "%}", "%}", "-%}", "%}\n")
}

// with makes a part in which names are known.
func (g *grammar) with(make func() string, names ...string) string {
	before := g.locals
	g.locals = append(g.locals[:len(g.locals):len(g.locals)], names...)
	defer func() { g.locals = before }()
	return make()
}

func (g *grammar) part(depth int) string {
	if g.lines && g.chance(3) {
		switch {
		case depth == 0:
			return g.pick("a ## c\n", "\n  ## c\n", "b## c", "  % raw x\n")
		case g.chance(2):
			return g.line("if "+g.expr('b', 1)) + g.template(depth-1) + g.line("endif")
		}
		return g.line("for i in "+g.expr('l', 1)) + "{{ i }}" + g.template(depth-1) + g.line("endfor")
	}
	if depth == 0 {
		return g.pick("x", " ", "\n", "  y\n", "{{ "+g.any(1)+" }}", "{{- "+g.any(1)+" -}}", "{# c #}", "{#- c -#}\n", "\t", "{{ "+g.any(2)+" }}\n", "é☃", "}} %} #}", "{ {", "\\n")
	}
	return g.statement(depth)
}

func (g *grammar) statement(depth int) string {
	body := func() string { return g.template(depth - 1) }
	switch g.random.IntN(20) {
	case 0, 1:
		return g.tag("if "+g.expr('b', 2)) + body() + g.pick("", g.tag("else")+body(), g.tag("elif "+g.expr('b', 1))+body()+g.tag("else")+body()) + g.tag("endif")
	case 2, 3, 4:
		return g.loop(depth)
	case 5:
		return g.tag(fmt.Sprintf("set %s = %s", g.pick("v", "w", "num"), g.any(2))) + g.with(body, "v") + "{{ v }}{{ num }}"
	case 6:
		return g.tag("set v"+g.pick("", " | upper", " | trim | length")) + body() + g.tag("endset") + "{{ v }}"
	case 7:
		return g.tag("macro m(a, b="+g.pick("1", "'x'", "none", "a")+")") + "<{{ a }}{{ b }}>" + g.with(body, "a", "b") + g.tag("endmacro") +
			g.pick("{{ m("+g.any(1)+") }}", "{{ m("+g.any(1)+", b="+g.any(1)+") }}", "{{ m() }}", "{{ m(1, 2, 3) }}", "{{ m.name }}{{ m.arguments }}")
	case 8:
		return g.tag("filter "+g.pick("upper", "trim", "length", "replace('x', 'z')", "indent(2)")) + body() + g.tag("endfilter")
	case 9:
		return g.tag("with q = "+g.any(1)+g.pick("", ", r = "+g.any(1))) + "{{ q }}" + g.with(body, "q") + g.tag("endwith")
	case 10:
		return g.tag("set ns = namespace(x=0, y=[])") + g.tag("for i in "+g.pick("lst", "[1, 2]", g.expr('l', 1))) + g.tag("set ns.x = ns.x + 1") +
			g.with(body, "ns.x", "i") + g.tag("endfor") + "{{ ns.x }}{{ ns.y }}"
	case 11:
		return g.tag("raw") + "{{ x }}{% if %}" + g.tag("endraw")
	case 12:
		return g.tag(g.pick("include 'part.j2'", "include 'nosuch.j2' ignore missing", "include ['nosuch.j2', 'part.j2']", "include 'part.j2' without context"))
	case 13:
		return "{% import 'macros.j2' as mm %}{{ mm.wrap(" + g.any(1) + ") }}{{ mm.constant }}"
	case 14:
		return "{% from 'macros.j2' import wrap, twice as two" + g.pick("", " with context") + " %}{{ wrap(" + g.any(1) + ", right=']') }}" +
			g.tag("call(c) two()") + "{{ c }}" + body() + g.tag("endcall")
	case 15:
		return "{% macro outer() %}[{{ caller() }}]{% endmacro %}" + g.tag("call outer()") + body() + g.tag("endcall")
	case 16:
		return g.tag("set v, w = "+g.pick("1, 2", g.expr('l', 1), "pairs[0]", "('a', "+g.any(1)+")")) + "{{ v }}{{ w }}"
	case 17:
		if !g.chance(10) {
			return g.tag("set v = "+g.pick("growing.append("+g.any(1)+")", "table.update({'z': 1})", "table.pop('a')")) + "{{ growing }}{{ table }}"
		}
		return g.tag("do "+g.pick("growing.append(9)", g.any(1))) + "{{ growing }}"
	case 18:
		return "{{ x1 | default(" + g.any(1) + ") }}" + g.tag("set x1 = "+g.any(1)) + "{{ x1 }}"
	}
	return g.part(0) + body()
}

func (g *grammar) loop(depth int) string {
	body := func() string { return g.template(depth - 1) }
	extra := func() string {
		return g.pick("", "", "{{ loop.index }}", "{{ loop.last }}", ",", "{{ loop.index0 }}/{{ loop.length }}", "{{ loop.revindex }}{{ loop.revindex0 }}", "{{ loop.first }}",
			"{{ loop.cycle('a', 'b') }}", "{{ loop.previtem | default('-') }}{{ loop.nextitem | default('-') }}", "{{ loop.changed(i) }}", "{{ loop.depth }}", "{{ ', ' if not loop.last }}")
	}
	end := func() string { return g.pick("", "", g.tag("else")+body()) + g.tag("endfor") }
	switch g.random.IntN(6) {
	case 0:
		return g.tag("for k, v in "+g.expr('d', 1)+g.pick(".items()", " | dictsort", ".items() | sort", " | items")) + "{{ k }}={{ v }}" + g.with(body, "k", "v") + end()
	case 1:
		return g.tag("for h in "+g.expr('r', 1)+g.pick("", " if h.name is defined")) + "{{ h.name | default('?') }}" + g.with(body, "h") + end()
	case 2:
		return g.tag("for n in tree recursive") + "{{ n.v }}{{ loop.depth }}({{ loop(n.kids) }})" + g.pick("", body()) + g.tag("endfor")
	case 3:
		return g.tag("for a, b in pairs") + "{{ a }}{{ b }}" + extra() + g.tag("endfor")
	}
	return g.tag("for i in "+g.expr(g.pick("l", "l", "s", "r")[0], 1)+g.pick("", "", " if i")) + "{{ i }}" + extra() + g.with(body, "i") + end()
}
