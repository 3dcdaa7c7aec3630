package differential

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
)

// ours is muster's side.
type ours struct {
	engine  *jinja.Engine
	trusted *value.Dict
	facts   *value.Dict
	base    string
	lookups map[string]lookup.Func
}

func newOurs(t *testing.T, variables []byte) *ours {
	t.Helper()
	parsed, err := value.ParseJSON(string(variables))
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) *value.Dict {
		v, ok := parsed.(*value.Dict).Get(name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		return v.(*value.Dict)
	}
	o := &ours{engine: jinja.New(jinja.Options{}), trusted: part("trusted"), facts: part("facts"), base: base, lookups: lookup.All()}
	o.trusted.Set("playbook_dir", base)
	return o
}

// variables is the scope of one question: a copy, since methods may change what they are called on.
type scope struct {
	jinja.Map
	facts *value.Dict
	names []string
}

// Trusted implements jinja.Trusting.
func (s scope) Trusted(name string) bool { _, fact := s.facts.Get(name); return !fact }

// Keys implements jinja.Keyed: the names in the order of the file.
func (s scope) Keys() []string { return s.names }

func (o *ours) ask(q question) answer {
	s := scope{Map: jinja.Map{}, facts: o.facts}
	for k, v := range o.trusted.All() {
		s.Map[k.(string)] = copied(v, true)
		s.names = append(s.names, k.(string))
	}
	for k, v := range o.facts.All() {
		s.Map[k.(string)] = copied(v, false)
		s.names = append(s.names, k.(string))
	}
	c := &jinja.Context{Scope: s, Load: o.load}
	c.Lookup = func(c *jinja.Context, name string, terms []any, kw *value.Dict) (any, error) {
		fn, ok := o.lookups[name]
		if !ok {
			return nil, fmt.Errorf("lookup plugin (%s) not found", name)
		}
		items, err := fn(context.Background(), environment{o, c}, terms, kw)
		return value.NewList(items...), err
	}
	v, err := o.evaluate(c, q)
	switch {
	case err == nil:
		return answer{OK: true, Repr: value.Repr(v)}
	case jinja.IsUndefined(err):
		return answer{Err: "undefined", Msg: err.Error()}
	}
	return answer{Err: "error", Msg: err.Error()}
}

func (o *ours) evaluate(c *jinja.Context, q question) (any, error) {
	switch q.Kind {
	case "expr":
		return o.engine.Expr(c, q.Src, diag.Pos{})
	case "render":
		return o.engine.Render(c, value.Template{Src: q.Src})
	case "file":
		return o.engine.File(c, "t.j2", q.Src, jinja.FileOptions{})
	case "cond":
		if jinja.HasMarkers(q.Src) {
			return o.engine.Condition(c, value.Template{Src: q.Src}, diag.Pos{})
		}
		return o.engine.Condition(c, q.Src, diag.Pos{})
	}
	return nil, fmt.Errorf("no kind %q", q.Kind)
}

func (o *ours) load(name string) (string, string, error) {
	if !filepath.IsLocal(name) {
		return "", "", fs.ErrNotExist
	}
	path := filepath.Join(o.base, "templates", name)
	src, err := os.ReadFile(path)
	return string(src), path, err
}

// copied copies a value. Text with markers is a template when it is trusted.
func copied(v any, trusted bool) any {
	switch x := v.(type) {
	case string:
		if trusted && jinja.HasMarkers(x) {
			return value.Template{Src: x}
		}
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, copied(item, trusted))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, copied(item, trusted))
		}
		return out
	}
	return v
}

// environment is what lookups may ask.
type environment struct {
	o *ours
	c *jinja.Context
}

func (e environment) Render(v any) (any, error) { return e.o.engine.Render(e.c, v) }

func (e environment) Var(name string) (any, bool, error) {
	v, ok := e.c.Scope.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	v, err := e.Render(v)
	return v, true, err
}

func (e environment) VarNames() []string { return e.c.Scope.(jinja.Keyed).Keys() }

func (e environment) SearchPaths(subdir string) []string {
	return []string{filepath.Join(e.o.base, subdir), e.o.base}
}

func (e environment) BaseDir() string { return e.o.base }

func (e environment) Decrypt(value.Vault) (string, error) { return "", fmt.Errorf("no vault password") }

func (e environment) DecryptFile(_ string, content []byte) ([]byte, error) { return content, nil }

func (e environment) File(name, src string, o lookup.TemplateOptions) (any, error) {
	c := *e.c
	own := e.c.Scope.(scope)
	s := scope{jinja.Map{}, own.facts, own.names}
	for k, v := range own.Map {
		s.Map[k] = v
	}
	if o.Vars != nil {
		for k, v := range o.Vars.All() {
			s.Map[k.(string)] = v
		}
	}
	c.Scope = s
	return e.o.engine.FileValue(&c, name, src, jinja.FileOptions{ConvertData: o.ConvertData, Syntax: jinja.Syntax{
		VariableStart: o.VariableStart, VariableEnd: o.VariableEnd, BlockStart: o.BlockStart, BlockEnd: o.BlockEnd,
		CommentStart: o.CommentStart, CommentEnd: o.CommentEnd, TrimBlocks: o.TrimBlocks, LstripBlocks: o.LstripBlocks,
	}})
}

func (e environment) Hosts(string) ([]string, error) { return nil, fmt.Errorf("no inventory") }

func (e environment) Setting(string, string, string) (any, string, bool, error) {
	return nil, "", false, nil
}
