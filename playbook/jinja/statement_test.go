package jinja_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

func templates(files map[string]string) func(string) (string, string, error) {
	return func(name string) (string, string, error) {
		src, ok := files[name]
		if !ok {
			return "", "", fs.ErrNotExist
		}
		return src, name, nil
	}
}

func statementContext() *jinja.Context {
	return &jinja.Context{
		Scope: jinja.Map{
			"name": "web01", "n": 3, "xs": value.NewList(3, 1, 2), "none_": nil,
			"d":     value.DictOf("a", 1, "b", 2),
			"pairs": value.NewList(&value.Tuple{Items: []any{"k", 1}}, value.NewList("l", 2)),
			"tree": value.NewList(value.DictOf("n", 1, "kids", value.NewList(value.DictOf("n", 2, "kids", value.NewList()))),
				value.DictOf("n", 3, "kids", value.NewList())),
		},
		Load: templates(map[string]string{
			"inc":       "[{{ name }}{{ local|default('-') }}{% set leak = 1 %}]",
			"lib":       "{% macro hi(who='you') %}hi {{ who }}{% endmacro %}{% set size = n|default('no n') %}{% set _hidden = 1 %}",
			"base":      "<{% block head %}base head{% endblock %}|{% block body scoped %}base body{% endblock %}>",
			"middle":    "{% extends 'base' %}{% block head %}middle({{ super() }}){% endblock %}",
			"required":  "{% block x required %}{% endblock %}",
			"usesvar":   "{{ title }}:{% block x %}{% endblock %}",
			"looping":   "{% for i in xs %}{% block item scoped %}{{ i }}{% endblock %}{% endfor %}",
			"unscoped":  "{% for i in xs %}{% block item %}{{ i|default('?') }}{% endblock %}{% endfor %}",
			"recursive": "{% include 'recursive' %}",
		}),
	}
}

func TestStatements(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"if", "{% if n > 5 %}a{% elif n > 2 %}b{% else %}c{% endif %}", "b"},
		{"for else", "{% for x in [] %}{{ x }}{% else %}none{% endfor %}", "none"},
		{"for unpacks lists and tuples", "{% for k, v in pairs %}{{ k }}={{ v }} {% endfor %}", "k=1 l=2 "},
		{"for nested unpack", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"},
		{"for filtered counts what is left", "{% for x in xs if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}", "1/2:3 2/2:2 "},
		{"for over a mapping", "{% for k in d %}{{ k }}{% endfor %}", "ab"},
		{"for else after filter", "{% for x in xs if x > 9 %}x{% else %}no{% endfor %}", "no"},
		{"loop variables", "{% for x in xs %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.depth }} {% endfor %}",
			"03TrueFalse1 12FalseFalse1 21FalseTrue1 "},
		{"neighbours", "{% for x in xs %}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }} {% endfor %}", "-1 32 1- "},
		{"cycle and changed", "{% for x in [1, 1, 2] %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x) }} {% endfor %}", "aTrue bFalse aTrue "},
		{"break", "{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}", "3"},
		{"continue", "{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "32"},
		{"recursive", "{% for i in tree recursive %}{{ i.n }}{{ loop.depth }}{% if i.kids %}({{ loop(i.kids) }}){% endif %}{% endfor %}", "11(22)31"},
		{"outer loop", "{% for x in [1] %}{% set outer = loop %}{% for y in [1, 2] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}", "11 12 "},
		{"set", "{% set x = 1 %}{% set a, b = x, 2 %}{{ a }}{{ b }}", "12"},
		{"set in a loop stays there", "{% set x = 0 %}{% for i in xs %}{{ x }}{% set x = i %}{{ x }} {% endfor %}{{ x }}", "03 01 02 0"},
		{"set in if leaks", "{% if true %}{% set x = 1 %}{% endif %}{{ x }}", "1"},
		{"set block", "{% set x %}a{{ n }}{% endset %}{{ x }}", "a3"},
		{"set block with filters", "{% set x | upper %}a{% endset %}{{ x }}", "A"},
		{"namespace", "{% set ns = namespace({'a': 1}, b=2) %}{% for i in xs %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}", "72"},
		{"with", "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a|default('gone') }}", "13gone"},
		{"with sees the outer values", "{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}", "21"},
		{"macro", "{% macro m(a, b='x', c=b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }} {{ m(c=0, a=1) }}", "1xx 122 1x0"},
		{"macro varargs kwargs", "{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}", "(2,){'z': 3}"},
		{"macro attributes", "{% macro m(a, b) %}{{ caller }}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.caller }}{{ m.catch_kwargs }}", "m('a', 'b')TrueFalse"},
		{"macro sees later values", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}", "1"},
		{"star arguments", "{% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*[1, 2], **{'c': 3}) }}", "123"},
		{"filter arguments", "{{ 1|args(2, *[3], k=4, **{'l': 5}) }}", "(1, 2, 3){}{'k': 4, 'l': 5}"},
		{"call", "{% macro m(t) %}<{{ t }}:{{ caller() }}>{% endmacro %}{% call m('x') %}in {{ n }}{% endcall %}", "<x:in 3>"},
		{"call with parameters", "{% macro m() %}{{ caller(1, b=2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}", "12"},
		{"filter block", "{% filter upper %}a{{ name }}{% endfilter %}", "AWEB01"},
		{"do", "{% set l = [] %}{% do l.append(1) %}{{ l }}", "[1]"},
		{"print", "{% print 1, 'a' %}", "1a"},
		{"autoescape is nothing", "{% autoescape true %}<{{ '&' }}>{% endautoescape %}", "<&>"},
		{"a method changes a copy of a variable", "{% do xs.append(4) %}{{ xs }}", "[3, 1, 2, 4]"},
		{"include", "{% set local = 1 %}{% include 'inc' %}{{ leak|default('') }}", "[web011]"},
		{"include without context", "{% set local = 1 %}{% include ['nope', 'lib'] %}{% include 'nope' ignore missing %}", ""},
		{"import", "{% import 'lib' as l %}{{ l.hi() }} {{ l.size }} {{ l._hidden|default('hidden') }}", "hi you no n hidden"},
		{"import with context", "{% import 'lib' as l with context %}{{ l.size }}", "3"},
		{"from import", "{% from 'lib' import hi as hello, size with context %}{{ hello('me') }}{{ size }}", "hi me3"},
		{"from import what is not there", "{% from 'lib' import nope %}{{ nope|default('missing') }}", "missing"},
		{"extends", "{% extends 'base' %}dropped{% block body %}mine{% endblock %}dropped", "<base head|mine>"},
		{"extends twice", "{% extends 'middle' %}{% block head %}child({{ super() }},{{ super.super() }}){% endblock %}", "<child(middle(base head),base head)|base body>"},
		{"child sets a variable", "{% extends 'usesvar' %}{% set title = 'T' %}{% block x %}{{ title }}{% endblock %}", "T:T"},
		{"extends in if", "{% if true %}{% extends 'base' %}{% endif %}x", "<base head|base body>"},
		{"self", "{% block a %}A{% endblock %}{{ self.a() }}", "AA"},
		{"scoped block", "{% extends 'looping' %}{% block item %}({{ i }}){% endblock %}", "(3)(1)(2)"},
		{"unscoped block", "{% extends 'unscoped' %}", "???"},
		{"cycler and joiner", "{% set c = cycler(1, 2) %}{% set j = joiner('|') %}{% for x in xs %}{{ j() }}{{ c.next() }}{% endfor %}{{ c.current }}{{ c.reset() }}{{ c.current }}", "1|2|121"},
		{"range", "{{ range(3) }}{{ range(5, 1, -2) }}{{ range(0) }}", "[0, 1, 2][5, 3][]"},
		{"dict", "{{ dict([('a', 1)], b=2) }}{{ dict(d) }}", "{'a': 1, 'b': 2}{'a': 1, 'b': 2}"},
		{"none is written as nothing", "<{{ none_ }}>", "<>"},
		{"inline if without else", "<{{ 'x' if n > 5 }}>", "<>"},
		{"extras", "{{ nope ?? 'x' }}{{ nope?.y.z ?? 1 }}{{ 1..3 }}", "x1[1, 2, 3]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := file(t, statementContext(), tt.src, jinja.FileOptions{})
			if err != nil || got != tt.want {
				t.Errorf("%s\n got %q, %v\nwant %q", tt.src, got, err, tt.want)
			}
		})
	}
}

func TestStatementErrors(t *testing.T) {
	for _, tt := range []struct {
		name, src, message string
		line, col          int
	}{
		{"unknown statement", "a\n {% fro x in y %}", "unknown statement 'fro'", 2, 5},
		{"unclosed", "{% if x %}\n{% for y in z %}{% endfor %}", "'if' is never closed", 1, 4},
		{"wrong end", "{% if x %}{% endfor %}", "'endfor' does not belong here", 1, 14},
		{"no end of expression", "a {{ b", "this tag has no end", 1, 3},
		{"no end of string", "{{ 'a }}", "this string has no end", 1, 4},
		{"no end of comment", "x {# y", "this comment has no end", 1, 3},
		{"no end of raw", "{% raw %}", "this raw block has no end", 1, 1},
		{"brackets", "{{ [1, 2 }}", "unexpected '}', expected ']'", 1, 10},
		{"nested braces", "{{ {{ a }} }}", "expected ':', found '}'", 1, 9},
		{"assignment", "{% if a = 1 %}{% endif %}", "expected the end of the statement, found '='", 1, 9},
		{"empty expression", "{{ }}", "expected an expression, found the end of the expression", 1, 4},
		{"unknown filter", "ab {{ 1 | upperr }}", "there is no filter called 'upperr'", 1, 11},
		{"unknown test", "{{ 1 is oddd }}", "there is no test called 'oddd'", 1, 9},
		{"break outside", "{% break %}", "'break' outside of a loop", 1, 4},
		{"block twice", "{% block a %}{% endblock %}{% block a %}{% endblock %}", "the block 'a' is there twice", 1, 37},
		{"undefined", "line\n  {{ nope }}", "'nope' is undefined", 2, 6},
		{"undefined attribute", "{{ d.nope.more }}", "'dict object' has no attribute 'nope'", 1, 4},
		{"undefined item", "{{ xs[7] }}", "list object has no element 7", 1, 4},
		{"undefined inside", "{{ [1, nope] }}", "'nope' is undefined", 1, 4},
		{"type error", "{{ 'a' +\n 1 }}", `can only concatenate str (not "int") to str`, 1, 8},
		{"in a macro", "{% macro m() %}\n{{ nope }}{% endmacro %}\n{{ m() }}", "'nope' is undefined", 2, 4},
		{"not callable", "{{ n() }}", "'int' object is not callable", 1, 4},
		{"too few to unpack", "{% for a, b in xs %}{% endfor %}", "'int' object is not iterable", 1, 4},
		{"macro argument missing", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "parameter 'a' was not provided", 1, 20},
		{"macro argument unknown", "{% macro m(a) %}{% endmacro %}{{ m(1, z=2) }}", "macro 'm' takes no keyword argument 'z'", 1, 34},
		{"macro too many", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "macro 'm' takes not more than 1 argument(s)", 1, 34},
		{"template missing", "{% include 'nope' %}", "template not found: nope", 1, 12},
		{"required block", "{% extends 'required' %}", "Required block 'x' not found", 1, 4},
		{"namespace", "{% set d.x = 1 %}", "cannot assign attribute on non-namespace object", 1, 8},
		{"recursion", "{% include 'recursive' %}", "templates or macros are nested too deeply: do they refer to themselves?", 1, 4},
		{"in an included file", "{% extends 'nope' %}", "template not found: nope", 1, 12},
		{"argument order", "{{ range(a=1, 2) }}", "this argument may not stand here", 1, 15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := file(t, statementContext(), tt.src, jinja.FileOptions{})
			pos, message := diagnosed(err)
			if message != tt.message || pos.Line != tt.line || pos.Col != tt.col {
				t.Errorf("%s\n got %d:%d %q\nwant %d:%d %q", tt.src, pos.Line, pos.Col, message, tt.line, tt.col, tt.message)
			}
		})
	}
}

func TestErrorInIncludedTemplateNamesItsFile(t *testing.T) {
	c := &jinja.Context{Load: templates(map[string]string{"sub/inc.j2": "a\n{{ nope }}"})}
	_, err := file(t, c, "\n\n{% include 'sub/inc.j2' %}", jinja.FileOptions{})
	if pos, _ := diagnosed(err); pos.String() != "sub/inc.j2:2:4" {
		t.Errorf("place is %s", pos)
	}
}

func TestDeepRecursionOfMacros(t *testing.T) {
	_, err := file(t, statementContext(), "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", jinja.FileOptions{})
	if _, message := diagnosed(err); !strings.Contains(message, "nested too deeply") {
		t.Errorf("got %q", message)
	}
}
