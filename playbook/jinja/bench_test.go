package jinja_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

func benchmarkScope() jinja.Map {
	users := value.NewList()
	for i := range 20 {
		users.Items = append(users.Items, value.DictOf("name", "user"+string(rune('a'+i)), "uid", 1000+i))
	}
	return jinja.Map{
		"num": 42, "name": "web01", "ansible_facts": value.DictOf("os_family", "Debian"), "users": users,
		"result": value.DictOf("rc", 0, "stdout", "ok"), "fqdn": value.Template{Src: "{{ name }}.example.com"},
		"groups": value.DictOf("web", value.NewList("web01", "web02")),
	}
}

func BenchmarkExpressions(b *testing.B) {
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{Scope: benchmarkScope()}
	for _, src := range []string{
		"num", "num > 40", "ansible_facts.os_family == 'Debian'", "result.rc == 0 and name in groups['web']",
		"fqdn ~ ':' ~ num", "users[3].name", "not (result.rc != 0 or name == num)",
	} {
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Expr(c, src, diag.Pos{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCondition(b *testing.B) {
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{Scope: benchmarkScope()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Condition(c, "ansible_facts.os_family == 'Debian' and num > 3", diag.Pos{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{Scope: benchmarkScope()}
	args := value.DictOf("path", value.Template{Src: "/etc/{{ name }}/{{ fqdn }}"}, "mode", "0644", "state", "file")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Render(c, args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	e := jinja.New(jinja.Options{})
	c := &jinja.Context{Scope: benchmarkScope()}
	src := "# {{ name }}\n{% for u in users %}\n{{ u.name }}:{{ u.uid }}{{ ',' if not loop.last }}\n{% endfor %}\n"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.File(c, "t.j2", src, jinja.FileOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile measures a text that is seen for the first time.
func BenchmarkCompile(b *testing.B) {
	c := &jinja.Context{Scope: benchmarkScope()}
	b.ReportAllocs()
	e := jinja.New(jinja.Options{CacheEntries: 2})
	n := 0
	for b.Loop() {
		n++
		src := "num > 40 and name in groups['web']" + strings.Repeat(" ", n%7)
		if _, err := e.Expr(c, src, diag.Pos{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBeside evaluates what bench/language has Ansible's templar evaluate.
func BenchmarkBeside(b *testing.B) {
	e := jinja.New(jinja.Options{})
	users := value.NewList()
	for i, name := range []string{"a", "b", "c"} {
		users.Items = append(users.Items, value.DictOf("name", name, "uid", i+1))
	}
	c := &jinja.Context{Scope: jinja.Map{"name": "muster", "nested": value.DictOf("a", value.DictOf("b", value.NewList(1, 2))), "users": users}}
	for _, one := range []struct{ name, src string }{
		{"a variable", "{{ nested.a.b[1] }}"},
		{"three filters", "{{ users | selectattr('uid', 'gt', 1) | map(attribute='name') | join(',') ~ (name | upper) ~ nested.a.b[1] }}"},
	} {
		b.Run(one.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Render(c, value.Template{Src: one.src}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
