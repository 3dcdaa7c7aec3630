package jinja_test

import (
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

func TestCondition(t *testing.T) {
	e := engine(jinja.Options{})
	for _, tt := range []struct {
		name string
		cond any
		want bool
	}{
		{"true", true, true},
		{"null", nil, true},
		{"empty", "", true},
		{"number", 0, false},
		{"expression", "n > 40 and name == 'web01'", true},
		{"any value has a truth", "xs", true},
		{"text is no expression", "cond", true},
		{"none", "nul", false},
		{"escapes are Python's", `'a\tb' == "a	b"`, true},
		{"template", tmpl("{{ n > 40 }}"), true},
		{"template around a part", tmpl("name == '{{ name }}'"), true},
		{"text of a trusted variable is an expression", tmpl("{{ cond }}"), true},
		{"defined", "nope is defined", false},
		{"undefined elsewhere, but asked about", "nope == 1 or nope is not defined", true},
		{"asked the other way", "nope > 1 and nope is defined", false},
		{"nested undefined is undefined", "bad is defined", false},
		{"not chain", "not (n == 1 or n == 2)", true},
		{"chained comparison", "40 < n < 50 > 3", true},
		{"in", "'a' in xs and 2 not in xs", true},
		{"is not", "n is not odd", true},
		{"test with argument", "n is divisibleby 2", true},
		{"test with arguments in brackets", "n is divisibleby(5)", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := e.Condition(&jinja.Context{Scope: renderScope()}, tt.cond, diag.Pos{})
			if err != nil || got != tt.want {
				t.Errorf("%v: got %v, %v, want %v", tt.cond, got, err, tt.want)
			}
		})
	}
}

func TestConditionFromHostIsRefused(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope(), Lookup: echoLookup}
	for _, src := range []string{"{{ host_out }}", "{{ lookup('file', 'x') }}", "{{ name }} == {{ host_out }}"} {
		_, err := e.Condition(c, tmpl(src), diag.Pos{File: "p.yml", Line: 3, Col: 9})
		pos, message := diagnosed(err)
		if message != "Conditional is marked as unsafe, and cannot be evaluated." || pos.Line != 3 {
			t.Errorf("%s: got %s %q", src, pos, message)
		}
	}
	plain := &jinja.Context{Scope: jinja.Map{"cond": "1 == 1", "rc": "0"}}
	if _, err := e.Condition(plain, tmpl("{{ cond }}"), diag.Pos{}); err == nil {
		t.Error("text of a scope that does not vouch for it was evaluated")
	}
	if got, err := e.Condition(plain, tmpl("{{ rc }}"), diag.Pos{}); err != nil || got {
		t.Errorf("a number is its truth: got %v, %v", got, err)
	}
}

// TestConditionWithInertTextFromHost embeds what a host said where it cannot become part of the expression.
func TestConditionWithInertTextFromHost(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: jinja.Map{"out": "yes", "rc": 0, "list": value.NewList("a", "b"), "evil": "' or 'a' == 'a", "expr": "1 == 1"}}
	for _, tt := range []struct {
		src  string
		want bool
		err  bool
	}{
		{"'{{ out }}' == 'yes'", true, false},
		{"\"{{ out }}\" != \"yes\"", false, false},
		{"{{ list[0] == 'a' }} == True", true, false},
		{"{{ rc }} != 0", false, false},
		{"'{{ evil }}' == 'x'", false, true},
		{"{{ expr }} and true", false, true},
		{"'it''s' == {{ out }}", false, true},
		{"'\\'{{ expr }}' == 'x'", false, false},
	} {
		got, err := e.Condition(c, tmpl(tt.src), diag.Pos{})
		if got != tt.want || (err != nil) != tt.err {
			t.Errorf("%s: got %v, %v", tt.src, got, err)
		}
	}
}

func TestConditionErrors(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope()}
	pos := diag.Pos{File: "p.yml", Line: 10, Col: 11}
	for _, tt := range []struct {
		cond    any
		message string
		col     int
	}{
		{"n == nope", "'nope' is undefined", 13},
		{"n = 1", "expected the end of the expression, found '='", 13},
		{"n > 'a'", "'>' not supported between instances of 'int' and 'str'", 13},
		{value.Template{Src: "{{ nope }}", Pos: pos}, "'nope' is undefined", 14},
	} {
		_, err := e.Condition(c, tt.cond, pos)
		at, message := diagnosed(err)
		if message != tt.message || at.Line != 10 || at.Col != tt.col {
			t.Errorf("%v: got %s %q, want col %d %q", tt.cond, at, message, tt.col, tt.message)
		}
	}
}

func TestAssert(t *testing.T) {
	e := engine(jinja.Options{})
	scope := renderScope()
	scope.Map["conds"] = value.NewList("n > 40", true, "name == 'nobody'")
	scope.Map["host_conds"] = value.NewList("n > 40")
	c := &jinja.Context{Scope: scope}
	for _, tt := range []struct {
		that   any
		holds  bool
		failed string
	}{
		{value.NewList("n > 40", tmpl("{{ n == 42 }}")), true, "None"},
		{value.NewList("n > 40", "n > 50", "nope"), false, "'n > 50'"},
		{"n < 0", false, "'n < 0'"},
		{tmpl("{{ conds }}"), false, `"name == 'nobody'"`},
	} {
		holds, failed, err := e.Assert(c, tt.that, diag.Pos{})
		if err != nil || holds != tt.holds || value.Repr(failed) != tt.failed {
			t.Errorf("%v: got %v %s, %v, want %v %s", tt.that, holds, value.Repr(failed), err, tt.holds, tt.failed)
		}
	}
	if _, _, err := e.Assert(c, tmpl("{{ host_conds }}"), diag.Pos{}); err == nil {
		t.Error("conditions of a host were evaluated")
	}
	if _, failed, err := e.Assert(c, value.NewList("n > 1", "nope"), diag.Pos{}); !jinja.IsUndefined(err) || failed != "nope" {
		t.Errorf("got %v, %v", failed, err)
	}
}
