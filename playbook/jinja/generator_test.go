//go:build differential

package jinja_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random expressions, templates and conditions.
type generator struct {
	random *rand.Rand
	lines  bool // line statements are in use
}

func (g *generator) pick(list ...string) string { return list[g.random.IntN(len(list))] }

func (g *generator) next() (kind, src string) {
	switch g.random.IntN(10) {
	case 0, 1, 2, 3:
		return "expr", g.expr(3)
	case 4, 5:
		return "render", g.text(2)
	case 6, 7:
		return "file", g.file()
	}
	if g.random.IntN(4) == 0 {
		return "cond", "{{ " + g.expr(2) + " }}"
	}
	return "cond", "(" + g.expr(3) + ")"
}

func (g *generator) variable() string {
	return g.pick("name", "num", "zero", "neg", "fl", "big", "empty", "nul", "t", "f", "ver", "txt", "multi", "numstr", "lst",
		"strs", "nested", "emptyl", "mixed", "d", "emptyd", "users", "greeting", "deep", "tl", "td", "tnum", "tfl", "tnul", "ttnum",
		"tlist", "texpr", "tbool", "tundef", "jsontext", "listtext", "nosuch", "truetext", "nl", "tnl", "uni", "tup",
		"users[0]", "users[1].name", "d.c", "d.c.x", "d['a']", "d.nope", "lst[0]", "lst[9]", "td.k", "td.j")
}

func (g *generator) literal() string {
	return g.pick("1", "0", "2", "-3", "1.5", "10", "'a'", "'b c'", `"x"`, "''", "true", "false", "none", "[]", "[1, 2]", "{}",
		"{'a': 1}", "(1, 2)", "()", "'1'", "1e3", "0x1f", "1_000", "'l' 'm'", `'a\nb'`, `'\d+'`, "[1, 'a', none]", "{'k': [1]}", "99999999999999999999")
}

func (g *generator) expr(depth int) string {
	if depth == 0 || g.random.IntN(5) == 0 {
		if g.random.IntN(3) == 0 {
			return g.literal()
		}
		return g.variable()
	}
	e := func() string { return g.expr(depth - 1) }
	switch g.random.IntN(18) {
	case 0, 1:
		return e() + " " + g.pick("+", "-", "*", "/", "//", "%", "~", "~") + " " + e()
	case 2, 3:
		return e() + " " + g.pick("==", "!=", "<", ">", "<=", ">=", "in", "not in") + " " + e()
	case 4:
		return e() + " " + g.pick("and", "or") + " " + e()
	case 5:
		return "not " + e()
	case 6:
		return "(" + e() + ")"
	case 7:
		return e() + " if " + e() + g.pick("", " else "+e())
	case 8:
		return g.variable() + g.pick("[0]", "[-1]", "['a']", ".a", ".x", "[1:]", "[:1]", "[::-1]", "[::2]", ".name", "["+e()+"]")
	case 9:
		return "[" + e() + ", " + e() + "]"
	case 10:
		return "{" + g.pick("'a'", "1", e()) + ": " + e() + "}"
	case 11:
		return e() + " is " + g.pick("", "not ") + g.pick("defined", "undefined", "none", "string", "number", "mapping",
			"sequence", "iterable", "boolean", "integer", "float", "true", "false", "even", "odd", "divisibleby 2", "in [1, 2]",
			"sameas none", "eq 1", "search('o')", "match('H')", "version('2.1', '>=')")
	case 12, 13:
		return g.filtered(e())
	case 14:
		return g.method(e())
	case 15:
		return "-" + e()
	case 16:
		return e() + " < " + e() + " < " + e()
	}
	return "(" + e() + ", " + e() + ")"
}

func (g *generator) filtered(e string) string {
	f := g.pick("upper", "lower", "length", "default('D')", "default('D', true)", "int", "float", "string", "bool", "list", "first",
		"last", "join(',')", "sort", "unique", "reverse", "abs", "round", "trim", "title", "capitalize", "replace('a', 'b')",
		"to_json", "from_json", "type_debug", "dict2items", "combine({'z': 1})", "map('string')", "select('defined')", "sum",
		"min", "max", "ternary(1, 2)", "quote", "b64encode", "hash('md5')", "regex_replace('o', '0')", "split(',')", "flatten",
		"d('x')", "mandatory", "bool", "count", "map(attribute='name')", "selectattr('uid', 'gt', 1001)", "items2dict", "to_yaml")
	if g.random.IntN(2) == 0 {
		return "(" + e + ") | " + f
	}
	return e + " | " + f
}

func (g *generator) method(e string) string {
	m := g.pick("upper()", "split(',')", "startswith('a')", "items()", "keys()", "values()", "get('a')", "get('zz', 5)", "index(1)",
		"count(1)", "strip()", "replace('a', 'b')", "format(1)", "join(['a'])", "append(1)", "copy()", "find('a')", "splitlines()")
	return "(" + e + ")." + m
}

// text is what stands in a playbook: mostly one expression, sometimes with words around it.
func (g *generator) text(depth int) string {
	one := func() string { return "{{ " + g.expr(depth) + " }}" }
	switch g.random.IntN(6) {
	case 0, 1, 2:
		return one()
	case 3:
		return "a " + one() + g.pick("", "\n", " b")
	case 4:
		return g.pick("[", "{'x': ", "") + one() + g.pick("]", "}", "", one())
	}
	return g.template(1)
}

func (g *generator) template(depth int) string {
	var b strings.Builder
	for range 1 + g.random.IntN(3) {
		b.WriteString(g.part(depth))
	}
	return b.String()
}

// file is a template file, sometimes with a header that changes how it is read.
func (g *generator) file() string {
	if g.random.IntN(2) == 0 {
		return g.template(2)
	}
	header := "#jinja2: " + g.pick("lstrip_blocks: True", "trim_blocks: False", "lstrip_blocks: True, trim_blocks: False", "keep_trailing_newline: True")
	g.lines = g.random.IntN(2) == 0
	if g.lines {
		header += ", line_statement_prefix: '%', line_comment_prefix: '##'"
	}
	defer func() { g.lines = false }()
	return header + "\n" + g.template(2)
}

func (g *generator) line(body string) string {
	return g.pick("", "\n", " \n", "  ") + g.pick("%", "% ", "  %", "%- ") + body + g.pick("\n", " \n", "\n\n ", ":\n")
}

func (g *generator) tag(body string) string {
	return g.pick("{%", "{%", "{%-", "{%+") + " " + body + " " + g.pick("%}", "%}", "-%}")
}

func (g *generator) part(depth int) string {
	if g.lines && g.random.IntN(3) == 0 {
		switch {
		case depth == 0:
			return g.pick("a ## c\n", "\n  ## c\n", "b## c", "  % raw x\n")
		case g.random.IntN(2) == 0:
			return g.line("if "+g.expr(1)) + g.template(depth-1) + g.line("endif")
		}
		return g.line("for i in "+g.pick("lst", "[1, 2]")) + "{{ i }}" + g.template(depth-1) + g.line("endfor")
	}
	if depth == 0 {
		return g.pick("x", " ", "\n", "  y\n", "{{ "+g.expr(1)+" }}", "{{- "+g.variable()+" -}}", "{# c #}", "{#- c -#}\n")
	}
	body := func() string { return g.template(depth - 1) }
	switch g.random.IntN(12) {
	case 0, 1:
		return g.tag("if "+g.expr(1)) + body() + g.pick("", g.tag("else")+body(), g.tag("elif "+g.expr(1))+body()) + g.tag("endif")
	case 2, 3:
		return g.tag("for i in "+g.expr(1)+g.pick("", " if i")) + "{{ i }}" + g.pick("", "{{ loop.index }}", "{{ loop.last }}", ",") +
			body() + g.pick("", g.tag("else")+body()) + g.tag("endfor")
	case 4:
		return g.tag(fmt.Sprintf("set %s = %s", g.pick("v", "w", "num"), g.expr(1))) + "{{ v }}{{ num }}"
	case 5:
		return g.tag("set v") + body() + g.tag("endset") + "{{ v }}"
	case 6:
		return g.tag("macro m(a, b="+g.literal()+")") + "<{{ a }}{{ b }}>" + body() + g.tag("endmacro") + "{{ m(" + g.expr(1) + ") }}"
	case 7:
		return g.tag("filter "+g.pick("upper", "trim", "length")) + body() + g.tag("endfilter")
	case 8:
		return g.tag("with q = "+g.expr(1)) + "{{ q }}" + body() + g.tag("endwith")
	case 9:
		return g.tag("set ns = namespace(x=0)") + g.tag("for i in "+g.pick("lst", "[1, 2]")) + g.tag("set ns.x = ns.x + i") +
			body() + g.tag("endfor") + "{{ ns.x }}"
	case 10:
		return g.tag("raw") + "{{ x }}" + g.tag("endraw")
	}
	return g.part(0) + body()
}
