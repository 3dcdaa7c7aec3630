package jinja_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/playbook/jinja"
)

func TestCheck(t *testing.T) {
	e := engine(jinja.Options{})
	pos := diag.Pos{File: "site.yml", Line: 5, Col: 12}
	for _, tt := range []struct{ src, want string }{
		{"plain {{ a.b | upper }}", ""},
		{"{{ a | uper }}", "site.yml:5:19: there is no filter called 'uper' (did you mean 'upper'?)"},
		{"{{ a | ansible.builtin.upper }}", ""},
		{"x\n{{ a is defned }}", "site.yml:6:9: there is no test called 'defned' (did you mean 'defined'?)"},
		{"{% fi x %}", "site.yml:5:15: unknown statement 'fi' (did you mean 'if'?)"},
		{"{% if a = b %}{% endif %}", "site.yml:5:20: expected the end of the statement, found '=' (compare with ==)"},
		{"é {{ a b }}", "site.yml:5:19: expected the end of the expression, found 'b'"},
		{"#jinja2: nonsense\n{{ a }}", "site.yml:5:12: failed to parse jinja2 override 'nonsense' (write option: value, separated by commas)"},
	} {
		got := ""
		if d := e.Check(tt.src, pos); d != nil {
			got = d.Error()
			if unknown := strings.Contains(got, "there is no"); unknown != (d.Severity == diag.Warning) {
				t.Errorf("%q: severity is %v", tt.src, d.Severity)
			}
		}
		if got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
	if d := e.CheckExpr("a ==", pos); d == nil || d.Error() != "site.yml:5:16: expected an expression, found the end of the template" {
		t.Errorf("got %v", d)
	}
	if d := e.CheckExpr("a == 1", pos); d != nil {
		t.Errorf("got %v", d)
	}
	if d := e.CheckFile("t.j2", "a\n{{", jinja.FileOptions{}); d == nil || d.Pos.String() != "t.j2:2:1" {
		t.Errorf("got %v", d)
	}
}

func TestNames(t *testing.T) {
	e := engine(jinja.Options{})
	for _, tt := range []struct {
		src  string
		want []string
	}{
		{"a.b == c['d'] and a is defined", []string{"a", "c"}},
		{"{{ x | default(y) }} {% for i in z %}{{ loop.index }}{% endfor %}", []string{"x", "y", "i", "z", "loop"}},
		{"nothing at all here", nil},
		{"'text'", nil},
	} {
		if got := e.Names(tt.src); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.src, got, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	limits := jinja.Limits{Nodes: 2000, Depth: 50, Steps: 10000, Output: 10000, Recursion: 50}
	e := engine(jinja.Options{Limits: limits})
	for _, tt := range []struct{ name, src, message string }{
		{"nodes", "{{ 1" + strings.Repeat(" + 1", 3000) + " }}", "this text is too large: too many parts"},
		{"depth", "{{ " + strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100) + " }}", "this is nested too deeply"},
		{"depth of not", "{{ " + strings.Repeat("not ", 100) + "1 }}", "this is nested too deeply"},
		{"depth of signs", "{{ " + strings.Repeat("-", 100) + "1 }}", "this is nested too deeply"},
		{"depth of statements", strings.Repeat("{% if a %}", 100), "this is nested too deeply"},
		{"steps", "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}", "this takes too many steps"},
		{"output", "{% for a in range(1000) %}0123456789abcdef{% endfor %}", "this writes too much text"},
		{"repetition", "{{ 'x' * 100000 }}", "the result of * is too large"},
		{"power", "{{ 99 ** 99999999 }}", "the result of ** is too large"},
		{"range", "{{ range(99999999999) }}", "range: too many items"},
		{"macros", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "templates or macros are nested too deeply: do they refer to themselves?"},
		{"a list in itself", "{% set l = [] %}{% do l.append(l) %}{{ l }}", "a list or mapping is nested too deeply: does it contain itself?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.File(&jinja.Context{}, "t", tt.src, jinja.FileOptions{})
			if _, message := diagnosed(err); message != tt.message {
				t.Errorf("got %q, want %q", message, tt.message)
			}
		})
	}
}
