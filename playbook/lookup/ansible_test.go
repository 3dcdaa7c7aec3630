package lookup_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/evaljson"
	"github.com/musterhq/muster/playbook/lookup"
)

// environment is a run whose playbook lies in testdata/base.
type environment struct {
	engine *jinja.Engine
	c      *jinja.Context
	vars   *value.Dict
	base   string
}

func (e *environment) Render(v any) (any, error) {
	if e.engine == nil {
		return v, nil
	}
	return e.engine.Render(e.c, v)
}

func (e *environment) Var(name string) (any, bool, error) {
	v, ok := e.vars.Get(name)
	if !ok {
		return nil, false, nil
	}
	if s, isText := v.(string); isText && jinja.HasMarkers(s) {
		v = value.Template{Src: s}
	}
	v, err := e.Render(v)
	return v, true, err
}

func (e *environment) VarNames() []string {
	var names []string
	for _, k := range e.vars.Keys() {
		names = append(names, k.(string))
	}
	return names
}

func (e *environment) SearchPaths(subdir string) []string {
	return []string{filepath.Join(e.base, subdir), e.base}
}

func (e *environment) BaseDir() string { return e.base }

func (e *environment) Decrypt(value.Vault) (string, error) {
	return "", errors.New("no vault password")
}

func (e *environment) DecryptFile(_ string, content []byte) ([]byte, error) { return content, nil }

func (e *environment) File(name, src string, o lookup.TemplateOptions) (any, error) {
	c := *e.c
	c.Scope = jinja.Map{}
	merged := jinja.Map{}
	for k, v := range e.vars.All() {
		merged[k.(string)] = v
	}
	for k, v := range o.Vars.All() {
		merged[k.(string)] = v
	}
	c.Scope = merged
	return e.engine.FileValue(&c, name, src, jinja.FileOptions{ConvertData: o.ConvertData, Syntax: jinja.Syntax{
		VariableStart: o.VariableStart, VariableEnd: o.VariableEnd, BlockStart: o.BlockStart, BlockEnd: o.BlockEnd,
		CommentStart: o.CommentStart, CommentEnd: o.CommentEnd, TrimBlocks: o.TrimBlocks, LstripBlocks: o.LstripBlocks,
	}})
}

func (e *environment) Hosts(pattern string) ([]string, error) {
	if pattern == "web" {
		return []string{"web01", "web02"}, nil
	}
	return nil, errors.New("no such group")
}

func (e *environment) Setting(name, _, _ string) (any, string, bool, error) {
	if name == "DEFAULT_FORKS" {
		return 5, "default", true, nil
	}
	return nil, "", false, nil
}

// recorded is an expression that the templar of ansible-core 2.14 was asked, with its answer.
type recorded struct {
	Src   string
	Repr  *string
	Error string
	Later *string // where 2.14 fails: what later versions answer, which is the answer here, too
}

// TestAnsible runs every lookup of testdata as Ansible did.
func TestAnsible(t *testing.T) {
	t.Setenv("VVTEST", "some value")
	cases := readCases(t)
	var questions, answers bytes.Buffer
	for i, c := range cases {
		line, err := json.Marshal(map[string]any{"id": i, "kind": "expr", "src": c.Src, "raw": true})
		if err != nil {
			t.Fatal(err)
		}
		questions.Write(append(line, '\n'))
	}
	r := runner(t)
	if err := r.Run(&questions, &answers); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&answers)
	for _, c := range cases {
		if c.Error != "" && c.Later != nil {
			c.Repr = c.Later
		}
		var a evaljson.Answer
		if err := dec.Decode(&a); err != nil {
			t.Fatal(err)
		}
		switch {
		case c.Repr == nil && a.OK:
			t.Errorf("%s\n got %s\nwant the error %s", c.Src, *a.Repr, c.Error)
		case c.Repr != nil && !a.OK:
			t.Errorf("%s\n got the error %s\nwant %s", c.Src, a.Msg, *c.Repr)
		case c.Repr != nil && *c.Repr != *a.Repr:
			t.Errorf("%s\n got %s\nwant %s", c.Src, *a.Repr, *c.Repr)
		}
	}
}

func runner(t *testing.T) *evaljson.Runner {
	t.Helper()
	base, err := filepath.Abs("testdata/base")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/variables.json")
	if err != nil {
		t.Fatal(err)
	}
	vars, err := value.ParseJSON(string(text))
	if err != nil {
		t.Fatal(err)
	}
	all := lookup.All()
	engine := jinja.New(jinja.Options{})
	r := &evaljson.Runner{Engine: engine, Vars: vars.(*value.Dict)}
	r.Context.Lookup = func(c *jinja.Context, name string, terms []any, kw *value.Dict) (any, error) {
		fn, ok := all[name]
		if !ok {
			return nil, errors.New("no lookup " + name)
		}
		items, err := fn(context.Background(), &environment{engine, c, r.Vars, base}, terms, kw)
		return value.NewList(items...), err
	}
	return r
}

func readCases(t *testing.T) []recorded {
	t.Helper()
	file, err := os.Open("testdata/ansible.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []recorded
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c recorded
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	return cases
}
