package differential

import (
	"math/rand/v2"
	"strings"
)

// question is one text that both sides answer.
type question struct {
	Kind string `json:"kind"` // expr, cond, render (text of a playbook) or file (a template file)
	Src  string `json:"src"`
}

// grammar makes questions at random. It aims at expressions that mean something, so that most
// of them have a value, and now and then at ones that do not.
type grammar struct {
	random *rand.Rand
	lines  bool     // line statements are in use
	locals []string // names that a template around this place defines
}

func newGrammar(seed uint64) *grammar {
	return &grammar{random: rand.New(rand.NewPCG(seed, 7))}
}

func (g *grammar) next() question {
	g.locals, g.lines = nil, false
	switch g.random.IntN(20) {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		return question{"expr", g.any(3)}
	case 8, 9, 10:
		return question{"render", g.text(2)}
	case 11, 12, 13, 14, 15:
		return question{"file", g.file()}
	case 16:
		return question{"cond", "{{ " + g.expr('b', 2) + " }}"}
	}
	return question{"cond", g.expr('b', 3)}
}

// kinds are the sorts of values that an expression may have: b a truth value, d a mapping, i a whole number, l a list, n a
// number, r a list of mappings, s text, x anything.
const kinds = "bdilnrsx"

func (g *grammar) pick(list ...string) string { return list[g.random.IntN(len(list))] }

// chance is true once in n times.
func (g *grammar) chance(n int) bool { return g.random.IntN(n) == 0 }

var variables = map[byte][]string{
	'b': {"t", "f", "tbool", "bools[0]", "truetext", "numstr", "yesno", "empty", "nul", "d.c", "keyed.web.tls", "keyed['db'].tls"},
	'd': {"d", "td", "emptyd", "keyed", "users[0]", "hosts[1]", "d.c", "thost", "keyed.web", "facts", "hosts[0].net", "vars.d"},
	'i': {"num", "zero", "neg", "tnum", "ttnum", "texpr", "lst[0]", "users[0].uid", "nums[1]", "keyed.db.port", "d.a", "facts.n", "big"},
	'l': {"lst", "strs", "nested", "emptyl", "mixed", "tl", "tlist", "dups", "nums", "versions", "floats", "bools", "d.c.x", "tup", "texprt", "users[0].groups", "pairs", "facts.list"},
	'n': {"num", "fl", "tfl", "neg", "zero", "floats[0]", "third", "tiny", "huge", "nums[4]", "big"},
	'r': {"users", "hosts", "kv", "tree", "hosts[:2]", "[keyed.web, keyed.db]"},
	's': {"name", "ver", "txt", "multi", "numstr", "greeting", "deep", "uni", "emoji", "path", "url", "html", "csv", "words", "spaces", "quoted", "backslash", "strs[0]", "users[1].name", "empty", "nl", "tnl", "tfilter", "fact", "facts.evil", "stdout", "size", "stamp", "jsontext", "listtext", "td.j"},
	'x': {"nosuch", "d.nope", "lst[9]", "tundef", "nul", "tnul", "yamltext", "d['key with space']", "d.items", "d['items']", "mixed[3]", "tree[0].kids[1]", "hosts[2].net", "hosts[2]['net']['ip']", "tinner", "vars['num']"},
}

var literals = map[byte][]string{
	'b': {"true", "false", "True", "none", "0", "''"},
	'd': {"{}", "{'a': 1}", "{'k': [1], 'b': 'x'}", "{1: 'one', 'z': none}", "dict(a=1, b=2)", "dict([['p', 1]])"},
	'i': {"0", "1", "2", "-3", "10", "7", "0x1f", "1_000", "0b101", "0o17", "99999999999999999999"},
	'l': {"[]", "[1, 2]", "['a', 'b', 'a']", "(1, 2)", "()", "('x',)", "[1, 'a', none]", "[[1, 2], [3]]", "range(4)", "range(1, 10, 3)", "['b', 'A', 'c']", "[3, 1.5, true]"},
	'n': {"1.5", "1e3", "-0.5", "2.0", "1e-7", "3", "1e16", "0.1"},
	'r': {"[{'name': 'n', 'uid': 1}]", "[{'key': 'a', 'value': 1}, {'key': 'b', 'value': 2}]", "[]"},
	's': {"'a'", "'b c'", `"x"`, "''", "'1'", "'l' 'm'", `'a\nb'`, `'\d+'`, "'é'", "'%s'", "'true'", "'a,b,c'", "'1.2.3'", "'Ab'"},
	'x': {"none", "[none]", "nosuch.deeper"},
}

// any is an expression of any kind.
func (g *grammar) any(depth int) string { return g.expr(kinds[g.random.IntN(len(kinds))], depth) }

// operand is an expression that binds at least as tightly as a filter.
func (g *grammar) operand(kind byte, depth int) string {
	if depth <= 0 || g.chance(3) {
		return g.atom(kind)
	}
	if g.chance(3) {
		return g.expr(kind, depth-1)
	}
	return "(" + g.expr(kind, depth-1) + ")"
}

func (g *grammar) atom(kind byte) string {
	if kind == 'x' && !g.chance(6) {
		kind = kinds[g.random.IntN(len(kinds)-1)]
	}
	if len(g.locals) > 0 && g.chance(4) {
		return g.pick(g.locals...)
	}
	if g.chance(3) {
		return g.pick(literals[kind]...)
	}
	return g.pick(variables[kind]...)
}

// expr is an expression that most likely has a value of a kind.
func (g *grammar) expr(kind byte, depth int) string {
	if g.chance(15) {
		kind = kinds[g.random.IntN(len(kinds))]
	}
	if depth <= 0 || g.chance(6) {
		return g.atom(kind)
	}
	switch g.random.IntN(12) {
	case 0:
		return g.operand(kind, depth-1) + " if " + g.expr('b', depth-1) + g.pick("", " else "+g.operand(kind, depth-1))
	case 1:
		return "(" + g.expr(kind, depth) + ")"
	case 2, 3, 4, 5, 6:
		if f := filtersOf[kind]; len(f) > 0 {
			return g.applied(f[g.random.IntN(len(f))], depth)
		}
	case 7:
		if m := methodsOf[kind]; len(m) > 0 {
			return g.applied(m[g.random.IntN(len(m))], depth)
		}
	}
	return g.operation(kind, depth-1)
}

// operation is an expression of a kind made with operators.
func (g *grammar) operation(kind byte, depth int) string {
	o := func(k byte) string { return g.operand(k, depth) }
	switch kind {
	case 'b':
		return g.judgement(depth)
	case 'i', 'n':
		if g.chance(5) {
			return "-" + o(kind)
		}
		return g.pick(o(kind)+" "+g.pick("+", "-", "*", "//", "%", "/")+" "+g.pick(o(kind), "2", "3"), o(kind)+" ** 2", "2 ** -"+g.pick("1", "2"))
	case 's':
		return g.pick(o('s')+" ~ "+o('x'), o('s')+" + "+o('s'), o('s')+" * "+g.pick("2", "0"), o('s')+"["+g.slice()+"]", "'%s' % "+o('x'),
			"'%s-%05.1f|%-4d' % ("+o('s')+", "+o('n')+", "+o('i')+")")
	case 'l':
		return g.pick(o('l')+" + "+o('l'), "["+o('x')+", "+o('x')+"]", "("+o('x')+", "+o('s')+")", o('l')+"["+g.slice()+"]", o('l')+" * 2")
	case 'd':
		return g.pick("{"+o('s')+": "+o('x')+"}", "{'a': "+o('x')+", "+o('i')+": "+o('s')+"}", "dict(zip("+o('l')+", "+o('l')+"))", "dict("+o('d')+", z="+o('x')+")")
	case 'r':
		return "[" + o('d') + ", " + o('d') + "]"
	}
	return g.pick(o('l')+"["+o('i')+"]", o('d')+"["+o('s')+"]", o('d')+"."+g.pick("a", "b", "name", "port", "x", "nope"), o('r')+"[0].name",
		o('x')+" or "+o('x'), o('x')+" and "+o('x'), o('l')+"[0]", o('d')+"['a']", g.lookup(depth))
}

func (g *grammar) slice() string {
	return g.pick("1:", ":1", "::-1", "::2", "-2:", ":-1", "1:3", "0", "-1")
}

// judgement is a comparison, a test, or several of them.
func (g *grammar) judgement(depth int) string {
	k := kinds[g.random.IntN(len(kinds))]
	o := func(k byte) string { return g.operand(k, depth) }
	switch g.random.IntN(8) {
	case 0, 1:
		return o(k) + " " + g.pick("==", "!=", "<", ">", "<=", ">=") + " " + o(k)
	case 2:
		return g.pick(o('s')+" in "+o('s'), o('x')+" in "+o('l'), o('s')+" not in "+o('d'), o('s')+" in "+o('d'))
	case 3:
		return o('b') + " " + g.pick("and", "or") + " " + o('b')
	case 4:
		return "not " + o('b')
	case 5:
		return o('i') + " < " + o('i') + " <= " + o('i')
	}
	t := testsOf[g.random.IntN(len(testsOf))]
	return g.applied(t, depth)
}

// applied writes a shape: $ and a kind stand for an operand, the first of which is what a filter or test is applied to.
func (g *grammar) applied(shape string, depth int) string {
	var b strings.Builder
	for i := 0; i < len(shape); i++ {
		if shape[i] != '$' || i+1 == len(shape) || strings.IndexByte(kinds, shape[i+1]) < 0 {
			b.WriteByte(shape[i])
			continue
		}
		i++
		if b.Len() == 0 {
			b.WriteString(g.operand(shape[i], depth-1))
		} else {
			b.WriteString(g.atom(shape[i]))
		}
	}
	return b.String()
}

// text is what stands in a playbook: mostly one expression, sometimes with words around it.
func (g *grammar) text(depth int) string {
	one := func() string { return "{{ " + g.any(depth) + " }}" }
	switch g.random.IntN(6) {
	case 0, 1, 2:
		return one()
	case 3:
		return "a " + one() + g.pick("", "\n", " b")
	case 4:
		return g.pick("[", "{'x': ", "", " ") + one() + g.pick("]", "}", "", one())
	}
	return g.template(1)
}
