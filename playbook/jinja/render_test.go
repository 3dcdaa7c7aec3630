package jinja_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// playbookScope is a scope whose variables come from a playbook, but for those that begin with host_.
type playbookScope struct{ jinja.Map }

func (playbookScope) Trusted(name string) bool { return !strings.HasPrefix(name, "host_") }

func (s playbookScope) Keys() []string {
	var names []string
	for _, n := range []string{"name", "n"} {
		if _, ok := s.Map[n]; ok {
			names = append(names, n)
		}
	}
	return names
}

func renderScope() playbookScope {
	return playbookScope{jinja.Map{
		"name": "web01", "n": 42, "big": 1.5, "yes": true, "nul": nil, "xs": value.NewList(1, "a"),
		"greeting": tmpl("Hello {{ name }}"), "deep": tmpl("{{ greeting }}!"), "tn": tmpl("{{ n }}"), "ttn": tmpl("{{ tn }}"),
		"list": tmpl("{{ xs }}"), "bad": tmpl("{{ nope }}"), "loop1": tmpl("{{ loop2 }}"), "loop2": tmpl("{{ loop1 }}"),
		"d":        value.DictOf("a", tmpl("{{ n }}"), "b", value.DictOf("c", tmpl("{{ deep }}")), "bad", tmpl("{{ nope }}")),
		"items":    value.NewList(tmpl("{{ name }}"), "x"),
		"json":     `{"a": [1, true, null]}`,
		"text":     tmpl(`{{ d2 | to_json }}`),
		"d2":       value.DictOf("a", 1),
		"evil":     "{{ name }}",
		"cond":     "n > 40",
		"host_out": "n > 40",
		"secret":   value.Vault{Ciphertext: "cipher"},
	}}
}

func TestRenderKeepsTypesLikeAnsible(t *testing.T) {
	e := engine(jinja.Options{})
	for _, tt := range []struct{ src, want string }{
		{"{{ n }}", "42"},
		{"{{n}}\n", "42"},
		{"{{ n }} ", "'42 '"},
		{"{{ n + 1 }}", "'43'"},
		{"{{ tn }}", "'42'"},
		{"{{ ttn }}", "'42'"},
		{"{{ yes }}", "True"},
		{"{{ not yes }}", "False"},
		{"{{ big }}", "1.5"},
		{"{{ nul }}", "None"},
		{"{{ none }}", "''"},
		{"{{ xs }}", "[1, 'a']"},
		{"{{ [n, nul] }}", "[42, None]"},
		{"{{ (1, 2) }}", "'(1, 2)'"},
		{"{{ list }}", "[1, 'a']"},
		{"[{{ n }}, {{ n }}]", "[42, 42]"},
		{"{{ json }}", "{'a': [1, True, None]}"},
		{"{{ json }} ", "{'a': [1, True, None]}"},
		{"{{ xs | to_json }}", `'[1, "a"]'`},
		{"{{ text }}", `'{"a": 1}'`},
		{"{{ text }} ", "{'a': 1}"},
		{"True", "'True'"},
		{"{{ 'True' }}", "True"},
		{"{{ deep }}", "'Hello web01!'"},
		{"{{ d.a }}", "'42'"},
		{"{{ d.b }}", "{'c': 'Hello web01!'}"},
		{"{{ items }}", "['web01', 'x']"},
		{"{{ items | count }}", "'2'"},
		{"{{ items[0] ~ 1 }}", "'web011'"},
		{"{{ 'web01' in items }}", "True"},
		{"{% for i in items %}{{ i }}{% endfor %}", "'web01x'"},
		{"{% for i in items %}{{ i }},{% endfor %}", "'web01,x,'"},
		{"{% macro m() %}[1, 2]{% endmacro %}{{ m()[0] }}", "'1'"},
		{"{{ bad is defined }}{{ d.bad is defined }}{{ d.a is defined }}", "'FalseFalseTrue'"},
		{"{{ bad | default('dflt') }}", "'dflt'"},
		{"{{ evil }}", "'{{ name }}'"},
		{"{{ vars['greeting'] }}{{ vars.n }}", "'Hello web0142'"},
		{"{{ name }}\n\n", `'web01\n\n'`},
	} {
		c := &jinja.Context{Scope: renderScope()}
		got, err := e.Render(c, tmpl(tt.src))
		if err != nil || value.Repr(got) != tt.want {
			t.Errorf("%q: got %s, %v, want %s", tt.src, value.Repr(got), err, tt.want)
		}
	}
}

func TestRenderNative(t *testing.T) {
	e := engine(jinja.Options{Native: true})
	for _, tt := range []struct{ src, want string }{
		{"{{ n + 1 }}", "43"}, {"{{ nul }}", "None"}, {"{{ n }}{{ n }}", "4242"}, {"{{ (1, 2) }}", "(1, 2)"},
		{"{{ d.a }}", "42"}, {"{{ 'x' }}", "'x'"}, {"1.5", "'1.5'"}, {"{{ n }} ", "42"}, {" {{ n }}", "' 42'"},
	} {
		got, err := e.Render(&jinja.Context{Scope: renderScope()}, tmpl(tt.src))
		if err != nil || value.Repr(got) != tt.want {
			t.Errorf("%q: got %s, %v, want %s", tt.src, value.Repr(got), err, tt.want)
		}
	}
}

func TestRenderDeep(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope()}
	plain := value.DictOf("a", value.NewList("{{ not a template }}", 1))
	if got, _ := e.Render(c, plain); got != any(plain) {
		t.Errorf("a value without templates is copied: %s", value.Repr(got))
	}
	args := value.DictOf("k", tmpl("{{ n }}"), "l", value.NewList(tmpl("{{ deep }}"), "{{ name }}"))
	got, err := e.Render(c, args)
	if want := "{'k': 42, 'l': ['Hello web01!', '{{ name }}']}"; err != nil || value.Repr(got) != want {
		t.Errorf("got %s, %v, want %s", value.Repr(got), err, want)
	}
	if _, ok := args.Keys()[0].(string); !ok || value.Repr(args) == value.Repr(got) {
		t.Error("the argument itself was changed")
	}
}

func TestRenderErrors(t *testing.T) {
	e := engine(jinja.Options{})
	for _, tt := range []struct {
		src       string
		message   string
		undefined bool
	}{
		{"{{ nope }}", "'nope' is undefined", true},
		{"{{ bad }}", "{{ nope }}: 'nope' is undefined", true},
		{"{{ d }}", "'nope' is undefined", true},
		{"{{ loop1 }}", "recursive loop detected in template string: {{ loop1 }}", false},
		{"{{ 1 + }}", "expected an expression, found the end of the expression", false},
		{"{{ 1 / 0 }}", "division by zero", false},
	} {
		_, err := e.Render(&jinja.Context{Scope: renderScope()}, value.Template{Src: tt.src, Pos: diag.Pos{File: "p.yml", Line: 7, Col: 3}})
		pos, message := diagnosed(err)
		if message != tt.message || jinja.IsUndefined(err) != tt.undefined {
			t.Errorf("%s: got %q (undefined %v), want %q", tt.src, message, jinja.IsUndefined(err), tt.message)
		}
		if tt.src != "{{ bad }}" && tt.src != "{{ d }}" && tt.src != "{{ loop1 }}" && (pos.File != "p.yml" || pos.Line != 7) {
			t.Errorf("%s: place is %s", tt.src, pos)
		}
	}
}

func TestOmit(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope()}
	args := value.DictOf("a", tmpl("{{ nope | default(omit) }}"), "b", value.DictOf("c", tmpl("{{ omit }}"), "d", 1), "e", tmpl("{{ [omit] }}"))
	got, err := e.Render(c, args)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := got.(*value.Dict).Get("a"); v != jinja.Omit {
		t.Errorf("a is %v", v)
	}
	kept := jinja.WithoutOmitted(got).(*value.Dict)
	if kept.Len() != 2 {
		t.Errorf("kept %v", kept.Keys())
	}
	if b, _ := kept.Get("b"); value.Repr(b) != "{'d': 1}" {
		t.Errorf("b is %s", value.Repr(b))
	}
}

func TestVault(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope(), Decrypt: func(v value.Vault) (string, error) {
		return "pw-{{ name }}", nil
	}}
	if got, err := e.Render(c, tmpl("{{ secret }}.")); err != nil || got != "pw-web01." {
		t.Errorf("got %v, %v", got, err)
	}
	c.Decrypt = func(value.Vault) (string, error) { return "", errors.New("wrong password") }
	if _, err := e.Render(c, tmpl("{{ secret }}")); err == nil || err.Error() != "wrong password" {
		t.Errorf("got %v", err)
	}
	c.Decrypt = nil
	if _, err := e.Render(c, value.Vault{}); err == nil {
		t.Error("a vault value without a secret gives no error")
	}
}

func TestHostVars(t *testing.T) {
	e := engine(jinja.Options{})
	hosts := map[string]jinja.Map{
		"a": {"name": "host a", "who": tmpl("I am {{ name }}"), "info": value.DictOf("x", tmpl("{{ name }}"))},
		"b": {"name": "host b", "who": tmpl("{{ name }} via {{ hostvars['a'].who }}"), "hostvars": nil},
	}
	hv := &jinja.HostVars{
		Names: func() []string { return []string{"a", "b"} },
		Scope: func(h string) (jinja.Scope, bool) { s, ok := hosts[h]; return s, ok },
	}
	hosts["b"]["hostvars"] = hv
	c := &jinja.Context{Scope: jinja.Map{"hostvars": hv, "name": "me"}}
	for _, tt := range []struct{ src, want string }{
		{"{{ hostvars['a'].who }} {{ name }}", "I am host a me"},
		{"{{ hostvars.b.who }}", "host b via I am host a"},
		{"{{ hostvars['a'].info }}", "{'x': 'host a'}"},
		{"{{ hostvars['a']['nope'] | default('none') }}", "none"},
		{"{{ hostvars['zz'] is defined }}{{ 'a' in hostvars }}", "TrueFalse"},
		{"{% for h in hostvars %}{{ h }}={{ hostvars[h].name }} {% endfor %}", "a=host a b=host b "},
	} {
		want := tt.want
		if tt.src == "{{ hostvars['zz'] is defined }}{{ 'a' in hostvars }}" {
			want = "FalseTrue"
		}
		got, err := e.File(c, "t", tt.src, jinja.FileOptions{})
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", tt.src, got, err, want)
		}
	}
}

func TestLookup(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: renderScope(), Lookup: func(_ *jinja.Context, name string, terms []any, kw *value.Dict) (any, error) {
		switch name {
		case "fail":
			return nil, errors.New("broken")
		case "one":
			return value.NewList(value.DictOf("a", 1)), nil
		}
		return value.NewList(append([]any{name, value.Repr(kw)}, terms...)...), nil
	}}
	for _, tt := range []struct{ src, want string }{
		{"lookup('x', 'a', items[0], k=1)", "\"x,{'k': 1},a,web01\""},
		{"query('ansible.builtin.x', 1)", "['x', '{}', 1]"},
		{"q('x')", "['x', '{}']"},
		{"lookup('x', wantlist=True)", "['x', '{}']"},
		{"lookup('one')", "{'a': 1}"},
		{"lookup('fail', errors='ignore')", "None"},
		{"query('fail', errors='ignore')", "[]"},
	} {
		got, err := e.Expr(c, tt.src, diag.Pos{})
		if err != nil || value.Repr(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.src, value.Repr(got), err, tt.want)
		}
	}
	if _, err := e.Expr(c, "lookup('fail')", diag.Pos{}); err == nil || err.Error() != "broken" {
		t.Errorf("got %v", err)
	}
	if _, err := e.Expr(c, "lookup('x', nope)", diag.Pos{}); !jinja.IsUndefined(err) {
		t.Errorf("got %v", err)
	}
}

func TestNow(t *testing.T) {
	c := &jinja.Context{Now: func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }}
	got, err := engine(jinja.Options{}).Expr(c, "now(utc=true, fmt='%Y-%m-%d %H') ~ now(true).year", diag.Pos{})
	if err != nil || got != "2024-05-06 072024" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	e := engine(jinja.Options{CacheEntries: 4})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := &jinja.Context{Scope: renderScope()}
			for j := range 50 {
				src := strings.Repeat(" ", (i+j)%9) + "{{ deep }}{% for x in xs %}{{ x }}{% endfor %}"
				got, err := e.Render(c, tmpl(src))
				if err != nil || strings.TrimSpace(got.(string)) != "Hello web01!1a" {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestEndlessLookups(t *testing.T) {
	e := engine(jinja.Options{})
	c := &jinja.Context{Scope: jinja.Map{"x": tmpl("{{ lookup('vars', 'x') }}")}}
	c.Lookup = func(*jinja.Context, string, []any, *value.Dict) (any, error) { return e.Render(c, tmpl("{{ x }}")) }
	_, err := e.Render(c, tmpl("{{ x }}"))
	if _, message := diagnosed(err); message != "templates refer to each other without end" {
		t.Errorf("got %.200q", message)
	}
	if got, err := e.Render(&jinja.Context{}, tmpl("{{ 1 + 1 }}")); err != nil || got != "2" {
		t.Errorf("the engine does not recover: %v, %v", got, err)
	}
}
