package inventory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// tree writes files below a temporary folder; a name that ends in * is executable.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		mode := os.FileMode(0o600)
		if bare, ok := strings.CutSuffix(name, "*"); ok {
			name, mode = bare, 0o700
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExpandHosts(t *testing.T) {
	for pattern, want := range map[string]string{
		"web":              "web 0",
		"web:22":           "web 22",
		"web[01:03]":       "web01 web02 web03 0",
		"w[1:10:4].x:2222": "w1.x w5.x w9.x 2222",
		"[a:c]":            "a b c 0",
		"d[:2]":            "d0 d1 d2 0",
		"x[1:2]y[a:b]":     "x1ya x1yb x2ya x2yb 0",
		"[fe80::1]:99":     "fe80::1 99",
		"fe80::[1:2]":      "fe80::1 fe80::2 0",
		"10.0.0.[1:2]:80":  "10.0.0.1 10.0.0.2 80",
		"host_:22":         "host_:22 0",
		"x[2:1]":           " 0",
	} {
		hosts, port, err := expandHosts(pattern)
		if got := fmt.Sprintf("%s %d", strings.Join(hosts, " "), port); err != nil || got != want {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
	for _, pattern := range []string{"x[1", "x[1:2:0]", "x[1:2:3:4]", "x[1]", "x[1:]", "x[01:100]", "x[b:a]", "x[a:5]", "x[0:9999999]", "x[1:100000][1:100000]"} {
		if _, _, err := expandHosts(pattern); err == nil {
			t.Errorf("%s was accepted", pattern)
		}
	}
}

func TestINIValuesAreTyped(t *testing.T) {
	inv := parse(t, `h i=1 f=1.50 s=abc q="quoted str" l="[1, 'a']" t=True n=None w=true o=0755 v=1.2.3 hash=a#b e=1e3 tpl="{{ x }}"
[g]
h
[g:vars]
i = 12
s = "quoted"
c = 5 # five
k = foo # bar
d = {'a': ["{{ y }}"]}
e =
t = 1,2
`, Options{})
	h := inv.Host("h").Vars()
	for key, want := range map[string]any{"i": 1, "f": 1.5, "s": "abc", "q": "quoted str", "t": true, "n": nil, "w": "true",
		"o": "0755", "v": "1.2.3", "hash": "a"} {
		if got, _ := h.Get(key); got != want {
			t.Errorf("host's %s = %#v", key, got)
		}
	}
	if _, ok := h.Get("e"); ok {
		t.Error("what follows an unquoted # is no comment")
	}
	g := inv.Group("g").Vars()
	for key, want := range map[string]any{"i": 12, "s": "quoted", "c": 5, "k": "foo # bar", "e": ""} {
		if got, _ := g.Get(key); got != want {
			t.Errorf("group's %s = %#v", key, got)
		}
	}
	if got, _ := g.Get("t"); value.Repr(got) != "(1, 2)" {
		t.Errorf("tuple %v", got)
	}
	d, _ := g.Get("d")
	l, _ := d.(*value.Dict).Get("a")
	tpl, ok := l.(*value.List).Items[0].(value.Template)
	if !ok || tpl.Src != "{{ y }}" || tpl.Pos.Line != 9 || tpl.Pos.Col != 5 {
		t.Errorf("template in a literal %#v", l)
	}
}

func TestMistakesNameTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want, hint string
		line, col              int
	}{
		"stray word":    {"hosts", "a\n  b c=1 dd\n", "name=value was expected", "one host", 2, 9},
		"section type":  {"hosts", "[g:var]\n", "unknown type var", "did you mean [g:vars]?", 1, 1},
		"bad section":   {"hosts", "a\n[g h]\n", "invalid section", "without blanks", 2, 1},
		"quote":         {"hosts", "a b='c\n", "quote is not closed", "pairs", 1, 1},
		"range":         {"hosts", "w[1:]\n", "needs an end", "", 1, 1},
		"no assignment": {"hosts", "[g]\n[g:vars]\nx\n", "name=value was expected", "", 3, 1},
		"vars of none":  {"hosts", "[web]\n[wbe:vars]\nx=1\n", `the group "wbe", which is not declared`, "did you mean web?", 2, 1},
		"child of none": {"hosts", "[a:children]\nb\n", `includes the group "b"`, "add a section [b]", 2, 1},
		"circle":        {"hosts", "[a:children]\nb\n[b:children]\na\n", "circle", "", 4, 1},
		"itself":        {"hosts", "[a:children]\na\n", "its own child", "", 2, 1},
		"priority":      {"hosts", "[a]\n[a:vars]\nansible_group_priority=x\n", "whole number", "", 3, 1},
		"colon":         {"hosts", "web\nall:\n", "ends in a colon", ".yml", 2, 1},
		"yaml syntax":   {"h.yml", "all:\n  hosts: {\n", "the YAML cannot be read", "", 0, 0},
		"yaml list":     {"h.yml", "all:\n  hosts:\n    - a\n", `"hosts" of a group must be a mapping, but this is a list`, "without a dash", 2, 3},
		"yaml number":   {"h.yml", "all:\n  hosts:\n    5:\n", "must be text, but this is a number", "quote", 3, 5},
		"yaml vars":     {"h.yml", "g:\n  hosts:\n    h: x\n", "must be a mapping, but this is a text", "", 3, 5},
		"yaml plugin":   {"h.yml", "plugin: aws_ec2\n", "aws_ec2", "scripts", 1, 1},
		"toml syntax":   {"h.toml", "[g.hosts]\nh = { a = }\n", "toml inventory", "", 2, 11},
		"toml hosts":    {"h.toml", "[g]\nhosts = [\"a\"]\n", `"hosts" of a group must be a mapping, but this is a list`, "", 0, 0},
		"toml empty":    {"h.toml", "# nothing\n", "the TOML file is empty", "", 1, 1},
	} {
		dir := tree(t, map[string]string{c.file: c.text})
		_, found := Load(t.Context(), []string{filepath.Join(dir, c.file)}, Options{})
		if len(found) == 0 {
			t.Errorf("%s: nothing found", name)
			continue
		}
		d := found[0]
		if !strings.Contains(d.Summary, c.want) || !strings.Contains(d.Hint, c.hint) || c.line > 0 && (d.Pos.Line != c.line || d.Pos.Col != c.col) {
			t.Errorf("%s: %v", name, d)
		}
		if found.Err() != nil {
			t.Errorf("%s is an error, not a warning: %v", name, found)
		}
		_, found = Load(t.Context(), []string{filepath.Join(dir, c.file)}, Options{AnyUnparsedIsFailed: true})
		if found.Err() == nil {
			t.Errorf("%s is no error although it was asked for", name)
		}
	}
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"characters":  {"hosts", "[a-b]\nx\n", "Invalid characters were found in group names but not replaced: a-b"},
		"same name":   {"hosts", "[x]\nx\n", "Found both group and host with same name: x"},
		"unknown key": {"h.yml", "g:\n  host: {a: }\n", `Skipping unexpected key (host) in group (g), only "vars", "children" and "hosts" are valid`},
		"no group":    {"h.yml", "g:\n  hosts: {a: }\nx: 5\n", "Skipping 'x' as this is not a valid group definition"},
	} {
		dir := tree(t, map[string]string{c.file: c.text})
		_, found := Load(t.Context(), []string{filepath.Join(dir, c.file)}, Options{})
		if len(found) != 1 || found[0].Summary != c.want || found[0].Severity != diag.Warning {
			t.Errorf("%s: %v", name, found)
		}
	}
	_, found := Load(t.Context(), []string{"/nonexistent/hosts"}, Options{})
	if len(found) != 2 || found[0].Summary != "Unable to parse /nonexistent/hosts as an inventory source" ||
		found[1].Summary != "No inventory was parsed, only implicit localhost is available" {
		t.Errorf("missing file: %v", found)
	}
	if _, found := Load(t.Context(), nil, Options{UnparsedIsFailed: true}); found.Err() == nil {
		t.Error("no inventory is no error although it was asked for")
	}
}

func TestScripts(t *testing.T) {
	slow := "#!/bin/sh\nexec sleep 60\n"
	dir := tree(t, map[string]string{
		"ok*":   "#!/bin/sh\necho talk >&2\necho '{\"g\": [\"h\"], \"_meta\": {\"hostvars\": {\"h\": {\"t\": \"{{ x }}\", \"v\": {\"__ansible_vault\": \"$A\"}}}}}'\n",
		"fail*": "#!/bin/sh\necho why >&2\nexit 3\n",
		"text*": "#!/bin/sh\necho nonsense\n",
		"slow*": slow,
	})
	var talk strings.Builder
	inv, found := Load(t.Context(), []string{dir + "/ok"}, Options{Stderr: &talk})
	if len(found) > 0 || talk.String() != "talk\n" {
		t.Fatalf("%v, said %q", found, talk.String())
	}
	vars := inv.Host("h").Vars()
	if x, _ := vars.Get("t"); x.(value.Template).Src != "{{ x }}" {
		t.Errorf("t = %#v", x)
	}
	if x, _ := vars.Get("v"); x.(value.Vault).Ciphertext != "$A" {
		t.Errorf("v = %#v", x)
	}
	for name, want := range map[string]string{"fail": "exit code 3", "text": "did not print JSON", "slow": "did not end within"} {
		_, found := Load(t.Context(), []string{dir + "/" + name}, Options{ScriptTimeout: 300 * time.Millisecond})
		if len(found) == 0 || !strings.Contains(found[0].Summary, want) {
			t.Errorf("%s: %v", name, found)
		}
		if name == "fail" && found[0].Detail != "why" {
			t.Errorf("standard error is not shown: %q", found[0].Detail)
		}
	}
}

func TestScriptEnvironmentAndInterruption(t *testing.T) {
	dir := tree(t, map[string]string{"s*": "#!/bin/sh\necho \"{\\\"g\\\": [\\\"$NAME\\\"]}\"\n"})
	inv, found := Load(t.Context(), []string{dir + "/s"}, Options{Env: []string{"NAME=fromenv", "PATH=/bin:/usr/bin"}})
	if inv.Host("fromenv") == nil {
		t.Errorf("hosts %s, %v", names(inv.Hosts()), found)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, found := Load(ctx, []string{dir + "/s"}, Options{}); found.Err() == nil {
		t.Error("an interrupted load is no error")
	}
}

func FuzzINI(f *testing.F) {
	for _, seed := range []string{"a b=1\n[g:vars]\nx=[1,\n", "[a:children]\nb\n[b:children]\na\n", "w[1:3][a:c] x='{{ y }}'\n", "[all:children]\nall\n",
		"[ungrouped:children]\nall\n", "\"\"\n", "h\\\n", "a:1:2\n[::1]:4\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := newInventory(Options{}.withDefaults())
		if err := v.parseINI("f", []byte(text)); err != nil {
			var d *diag.Diagnostic
			if !errors.As(err, &d) || d.Pos.Line < 1 || d.Pos.Col < 1 {
				t.Errorf("an error without a place: %v", err)
			}
		}
		if v.reconcile() == nil {
			for _, h := range v.hostOrder {
				v.setOf(h)
			}
		}
	})
}

func FuzzExpandHosts(f *testing.F) {
	for _, seed := range []string{"w[01:03]", "x[a:c:2]:22", "[::1]:9", "x]1[", "x[::]", "[[1:2]:3]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		hosts, port, err := expandHosts(pattern)
		if err == nil && (port < 0 || len(hosts) > maxRange+1) {
			t.Errorf("%q: %d hosts, port %d", pattern, len(hosts), port)
		}
	})
}

func TestBlanksThatDoNotBreakWords(t *testing.T) {
	dir := tree(t, map[string]string{"h": "a x=1\u00a0y=2\n"})
	v := load(t, Options{}, dir+"/h")
	if got := value.Repr(v.Host("a").Vars()); got != `{'x': '1\xa0y=2'}` {
		t.Error(got)
	}
}

func TestFolderWithoutSources(t *testing.T) {
	dir := tree(t, map[string]string{"notes.md": "x"})
	_, found := Load(t.Context(), []string{dir}, Options{AnyUnparsedIsFailed: true})
	if err := found.Err(); err == nil || !strings.Contains(err.Error(), "no file of this folder") {
		t.Error(err)
	}
}
