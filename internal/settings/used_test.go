package settings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// uses are what the sources of muster do with settings.
type uses struct {
	fields map[string]bool // read from something called settings, Settings, s, set or cfg
	words  map[string]bool // string literals, by which settings are looked up
}

// readSources looks at all sources but tests and those that define settings.
func readSources(t *testing.T) uses {
	t.Helper()
	u := uses{map[string]bool{}, map[string]bool{}}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || lists(d.Name()) && filepath.Dir(path) == filepath.Join(root, "internal", "settings") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			ast.Inspect(file, u.note)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// lists reports whether a source of this package names settings without using them.
func lists(name string) bool {
	return strings.HasPrefix(name, "definitions_") || strings.HasPrefix(name, "idle")
}

func (u uses) note(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
			u.words[text] = true
		}
	case *ast.SelectorExpr:
		of := ""
		switch x := n.X.(type) {
		case *ast.Ident:
			of = x.Name
		case *ast.SelectorExpr:
			of = x.Sel.Name
		}
		switch of {
		case "settings", "Settings", "s", "set", "cfg":
			u.fields[n.Sel.Name] = true
		}
	}
	return true
}

// byName are the beginnings of settings that methods of Settings look up.
var byName = map[string]string{
	"COLOR_":       "Color",
	"become/sudo/": "BecomeFor",
	"become/su/":   "BecomeFor",
	"become/doas/": "BecomeFor",
}

// TestNothingIsIgnored fails for a setting that muster reads and then forgets: every one is used as a field, looked up by its name,
// or among those with nothing to do, with a reason.
func TestNothingIsIgnored(t *testing.T) {
	u := readSources(t)
	used := map[string]bool{}
	fields := reflect.TypeFor[Fields]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		used[f.Tag.Get("setting")] = true
		if !u.fields[f.Name] {
			t.Errorf("nobody reads the field %s (%s): use it, or take it out and say in idleSettings why there is nothing to do", f.Name, f.Tag.Get("setting"))
		}
	}
	reason := map[string]bool{}
	for _, i := range idleSettings() {
		if reason[i.name] || i.why == "" {
			t.Errorf("idleSettings: %s stands there twice, or without a reason", i.name)
		}
		reason[i.name] = true
	}
	for prefix, method := range byName {
		if !u.fields[method] {
			t.Errorf("nobody calls %s, which looks %s up", method, prefix)
		}
	}
	for _, d := range append(coreDefinitions(), pluginDefinitions()...) {
		known := used[d.name] || u.words[d.name]
		for prefix := range byName {
			known = known || strings.HasPrefix(d.name, prefix) && !reason[d.name]
		}
		switch {
		case !known && !reason[d.name]:
			t.Errorf("nobody uses %s: use it, or say in idleSettings why there is nothing to do", d.name)
		case used[d.name] && reason[d.name]:
			t.Errorf("%s has a field and is among those with nothing to do", d.name)
		}
		delete(reason, d.name)
	}
	for name := range reason {
		t.Errorf("idleSettings: there is no setting %s", name)
	}
}

// TestWithoutEffect covers which values ask for something that is not done.
func TestWithoutEffect(t *testing.T) {
	for _, c := range []struct{ name, cfg, env, want string }{
		{"nothing given", "", "", ""},
		{"a default", "[defaults]\nerror_on_undefined_vars = true\n", "", ""},
		{"a value in the file", "[defaults]\nforks = 3\nerror_on_undefined_vars = no\n", "",
			"ansible.cfg:3: error_on_undefined_vars false has no effect: a variable that is not defined is always a mistake"},
		{"a value of the environment", "", "ANSIBLE_SFTP_EXTRA_ARGS=-l 100",
			"ANSIBLE_SFTP_EXTRA_ARGS -l 100 has no effect: files travel over the connection that is there anyway"},
		{"words that ask for nothing", "[defaults]\njinja2_extensions = jinja2.ext.do,jinja2.ext.loopcontrols\nstring_conversion_action = ignore\n", "", ""},
		{"one word that does", "[defaults]\njinja2_extensions = jinja2.ext.do,jinja2.ext.i18n\n", "",
			"ansible.cfg:2: jinja2_extensions jinja2.ext.i18n has no effect: only do and loop controls exist, and they are always there"},
		{"settings without anything to do", "[ssh_connection]\npipelining = yes\nusetty = no\ncontrol_path = /x\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, found, _ := load(t, c.cfg, strings.Split(c.env, "\n")...)
			if len(found) > 0 {
				t.Fatal(found)
			}
			if got := strings.Join(s.WithoutEffect(), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
