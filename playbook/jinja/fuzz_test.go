package jinja_test

import (
	"errors"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		"a.b[0] == 'x' and not c is defined", "1 if a else 2", "{{ a | upper }}", "{% for a, b in c if d recursive %}{{ loop.index }}{% endfor %}",
		"{% macro m(a, b=1) %}{{ varargs }}{% endmacro %}{% call m(1) %}x{% endcall %}", "{%- raw -%}{{{%- endraw -%}", "{# #}", "{{ {'a': (1,)}[::-1] }}",
		"#jinja2: line_statement_prefix: '%'\n% if a\nx\n% endif", "{{ '\\x41' \"b\" }}", "{% set ns.a = 1 %}", "{{ 1_000 + 0xff ** -2 // 3 % 4 }}",
		"{{ f(*a, **b, c=1) }}", "{% extends 'x' %}{% block a scoped %}{{ super() }}{% endblock %}", "a ?? b?.c..d", "{% if a %}{% elif b %}{% else %}{% endif %}",
	} {
		f.Add(s)
	}
}

// typed fails when an error is none of the package's own.
func typed(t *testing.T, err error) {
	t.Helper()
	var u *jinja.UndefinedError
	var e *jinja.Error
	if err != nil && !errors.As(err, &u) && !errors.As(err, &e) {
		t.Errorf("unexpected error %T: %v", err, err)
	}
}

func fuzzEngine() (*jinja.Engine, *jinja.Context) {
	e := engine(jinja.Options{Limits: jinja.Limits{Steps: 20000, Output: 1 << 20}})
	return e, &jinja.Context{Scope: jinja.Map{"a": 1, "b": "x", "c": value.NewList(1, 2), "d": value.DictOf("k", tmpl("{{ a }}"))}}
}

func FuzzExpression(f *testing.F) {
	seeds(f)
	e, c := fuzzEngine()
	f.Fuzz(func(t *testing.T, src string) {
		_, err := e.Expr(c, src, diag.Pos{})
		typed(t, err)
		_, err = e.Condition(c, src, diag.Pos{})
		typed(t, err)
	})
}

func FuzzTemplate(f *testing.F) {
	seeds(f)
	e, c := fuzzEngine()
	f.Fuzz(func(t *testing.T, src string) {
		_, err := e.Render(c, tmpl(src))
		typed(t, err)
		_, err = e.File(c, "t", src, jinja.FileOptions{Syntax: jinja.Syntax{LstripBlocks: true, LineStatementPrefix: "%"}})
		typed(t, err)
		if d := e.Check(src, diag.Pos{File: "t", Line: 1, Col: 1}); d != nil && d.Pos.Line < 1 {
			t.Errorf("no place: %v", d)
		}
	})
}
