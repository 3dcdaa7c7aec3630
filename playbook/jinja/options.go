package jinja

import (
	"time"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// Options configure an Engine. The zero value is Ansible 2.14's template language with every filter and test.
type Options struct {
	Filters map[string]filters.Func // nil: filters.All()
	Tests   map[string]filters.Func // nil: tests.All()
	// Native keeps the type of a template that is a single expression and reads joined text as a Python literal, as
	// Ansible does with jinja2_native. Otherwise a result is text, unless it looks like a list, a mapping or a truth
	// value, or the template is nothing but the name of a number, a truth value or null.
	Native bool
	// Syntax is how templates in playbooks and variables are written; nil means DefaultSyntax.
	Syntax *Syntax
	Limits Limits
	// CacheEntries bounds how many compiled texts are kept; 0 means 8192.
	CacheEntries int
}

// Limits bound what one evaluation may cost. A zero field means its default.
type Limits struct {
	Nodes     int // parts of one text, 1,000,000
	Depth     int // nesting of one text, 200
	Steps     int // operations of one evaluation, 50 million
	Output    int // bytes of text one evaluation writes, 256 MiB
	Recursion int // templates, macros and includes within each other, 500
}

func (l Limits) completed() Limits {
	for _, f := range []struct {
		at   *int
		want int
	}{
		{&l.Nodes, 1_000_000}, {&l.Depth, 200}, {&l.Steps, 50_000_000}, {&l.Output, 256 << 20}, {&l.Recursion, 500},
	} {
		if *f.at == 0 {
			*f.at = f.want
		}
	}
	return l
}

// Scope holds the variables that an evaluation sees.
type Scope interface {
	// Lookup returns a variable as it was written: Templates in it are rendered by the engine when they are used.
	Lookup(name string) (v any, ok bool)
}

// Keyed is a Scope that can say which variables there are, for "vars" and for iterating over hostvars.
type Keyed interface {
	Keys() []string
}

// Trusting is a Scope that knows which variables come from playbooks and inventories only, never from a host. The text
// of such a variable may become a condition: when: "{{ a_condition }}".
type Trusting interface {
	Trusted(name string) bool
}

// Context is what one evaluation may use. It is not changed by an evaluation and may serve several at a time, if its
// functions may.
type Context struct {
	Scope Scope
	// Lookup runs a lookup plugin. It returns the plugin's list; the engine joins it unless wantlist was asked for.
	// kw has no wantlist, errors or allow_unsafe.
	Lookup func(c *Context, name string, terms []any, kw *value.Dict) (any, error)
	// Decrypt returns the plain text of a value encrypted in place.
	Decrypt func(value.Vault) (string, error)
	// Load finds a template for include, import and extends. A template that is not there is an fs.ErrNotExist.
	Load func(name string) (src string, path string, err error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Map is a Scope of a Go map.
type Map map[string]any

// Lookup implements Scope.
func (m Map) Lookup(name string) (any, bool) {
	v, ok := m[name]
	return v, ok
}

// Omitted is the type of Omit.
type Omitted string

// Omit is the value of the variable omit: an argument that has it is left out.
const Omit = Omitted("__omit_place_holder__")

// WithoutOmitted returns v without the entries of mappings, at any depth of mappings and lists, whose value is Omit.
func WithoutOmitted(v any) any {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			if item != Omit {
				out.Set(k, WithoutOmitted(item))
			}
		}
		return out
	case *value.List:
		out := &value.List{Items: make([]any, len(x.Items))}
		for i, item := range x.Items {
			out.Items[i] = WithoutOmitted(item)
		}
		return out
	}
	return v
}
