package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/schema"
)

// compiled is a schema as an editor takes it.
func compiled(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	text, err := schemaText(kind)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(kind+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate reads YAML as an editor does and checks it.
func validate(t *testing.T, s *jsonschema.Schema, src []byte) error {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal(src, &node); err != nil {
		t.Fatal(err)
	}
	untag(&node)
	var v any
	if err := node.Decode(&v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// untag takes off the tags of vaults and unsafe text.
func untag(n *yaml.Node) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		untag(c)
	}
}

// TestSchemasAcceptExamples: nothing in the project's own playbooks is marked as wrong.
func TestSchemasAcceptExamples(t *testing.T) {
	top := filepath.Join("..", "..")
	seen := 0
	for _, c := range []struct {
		kind     string
		patterns []string
	}{
		{"playbook", []string{"examples/*/site.yml", "bench/site.yml", "internal/demo/files/*.yml"}},
		{"tasks", []string{"examples/*/roles/*/tasks/*.yml", "examples/*/roles/*/handlers/*.yml"}},
		{"inventory", []string{"examples/*/inventory/*.yml", "examples/*/inventory/*/hosts.yml"}},
	} {
		s := compiled(t, c.kind)
		for _, p := range c.patterns {
			files, err := filepath.Glob(filepath.Join(top, p))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				src, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				seen++
				if err := validate(t, s, src); err != nil {
					t.Errorf("%s: %v", f, err)
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// TestSchemasRejectTypos: a slip in a keyword, a module, a parameter or a kind of value is marked.
func TestSchemasRejectTypos(t *testing.T) {
	tests := []struct{ name, kind, good, bad string }{
		{"keyword of a play", "playbook", "- {hosts: all, become: true}", "- {hosts: all, becom: true}"},
		{"a play without hosts", "playbook", "- {hosts: all, tasks: []}", "- {name: x, tasks: []}"},
		{"keyword of a task", "playbook", "- {hosts: all, tasks: [{ping: , when: x}]}", "- {hosts: all, tasks: [{ping: , wen: x}]}"},
		{"a module", "playbook", "- {hosts: all, tasks: [{copy: {src: a, dest: /b}}]}", "- {hosts: all, tasks: [{cpoy: {src: a, dest: /b}}]}"},
		{"a parameter", "playbook", "- {hosts: all, tasks: [{ansible.builtin.copy: {src: a, dest: /b}}]}", "- {hosts: all, tasks: [{ansible.builtin.copy: {src: a, destination: /b}}]}"},
		{"a missing parameter", "playbook", "- {hosts: all, tasks: [{assert: {that: x}}]}", "- {hosts: all, tasks: [{assert: {quiet: true}}]}"},
		{"within a block", "playbook", "- {hosts: all, tasks: [{block: [{ping: }], rescue: [{ping: }]}]}", "- {hosts: all, tasks: [{block: [{ping: }], resque: [{ping: }]}]}"},
		{"a kind of value", "playbook", "- {hosts: all, become: '{{ x }}'}", "- {hosts: all, become: [yes]}"},
		{"a handler", "playbook", "- {hosts: all, handlers: [{service: {name: x}, listen: y}]}", "- {hosts: all, handlers: [{service: {name: x}, lissen: y}]}"},
		{"an import", "playbook", "- import_playbook: x.yml", "- imports_playbook: x.yml"},
		{"a loop", "tasks", "- {debug: {msg: x}, with_items: [1]}", "- {debug: {msg: x}, wth_items: [1]}"},
		{"another collection", "tasks", "- community.general.made_up: {a: 1}", "- general.made_up: {a: 1}"},
		{"a group", "inventory", "all: {children: {web: {hosts: {web1: {x: 1}}}}}", "all: {childern: {web: {}}}"},
		{"a setting", "config", "{tui: true, history_days: 3}", "{tiu: true}"},
		{"a setting's kind", "config", "{history: off.db}", "{history_days: soon}"},
		{"hosts of a group", "inventory", "web: {hosts: {web1: }}", "web: {hosts: [web1]}"},
	}
	schemas := map[string]*jsonschema.Schema{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, ok := schemas[test.kind]
			if !ok {
				s = compiled(t, test.kind)
				schemas[test.kind] = s
			}
			if err := validate(t, s, []byte(test.good)); err != nil {
				t.Errorf("%s: %v", test.good, err)
			}
			if validate(t, s, []byte(test.bad)) == nil {
				t.Errorf("%s is accepted", test.bad)
			}
		})
	}
}

// TestSchemasAreFresh: docs/schema is what make generate writes.
func TestSchemasAreFresh(t *testing.T) {
	for _, kind := range schema.Kinds() {
		want, err := schemaText(kind)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("docs/schema/%s.json is stale: run make generate", kind)
		}
	}
}
