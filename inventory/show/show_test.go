package show

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/playbook/jinja"
)

// Each archive in testdata holds an inventory and, in the files "want FLAGS", what ansible-inventory prints for it.
func TestEqualsAnsibleInventory(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 20 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c := unpack(t, archive)
			for flags, want := range c.wants {
				if got := c.print(t, strings.Fields(flags)); got != want {
					t.Errorf("%s:\n%s", flags, firstDifference(want, got))
				}
			}
		})
	}
}

// recorded is an unpacked archive.
type recorded struct {
	dir     string
	sources []string
	args    []string
	wants   map[string]string
}

func unpack(t *testing.T, archive *txtar.Archive) recorded {
	t.Helper()
	c := recorded{dir: t.TempDir(), wants: map[string]string{}}
	var executable []string
	for line := range strings.SplitSeq(string(archive.Comment), "\n") {
		key, words, _ := strings.Cut(line, ": ")
		switch key {
		case "src":
			c.sources = strings.Fields(words)
		case "args":
			c.args = strings.Fields(words)
		case "exec":
			executable = strings.Fields(words)
		}
	}
	for _, f := range archive.Files {
		if flags, ok := strings.CutPrefix(f.Name, "want "); ok {
			c.wants[flags] = string(f.Data)
			continue
		}
		path := filepath.Join(c.dir, f.Name)
		mode := os.FileMode(0o644)
		if slices.Contains(executable, f.Name) {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c recorded) print(t *testing.T, flags []string) string {
	t.Helper()
	ctx := t.Context()
	set, _ := settings.Load([]string{"HOME=" + c.dir}, c.dir)
	secrets := &vault.Secrets{}
	load := inventory.FromSettings(set)
	load.Dir, load.Decrypt = c.dir, secrets.Decrypt
	o := Options{Dir: c.dir, Decrypt: secrets.Decrypt}
	action, name := "", "all"
	words := slices.Concat(flags, c.args)
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "--list", "--graph":
			action = words[i]
		case "--host":
			i++
			action, name = "--host", words[i]
		case "--toml":
			o.TOML = true
		case "--yaml":
			o.YAML = true
		case "--export":
			o.Export = true
		case "--vars":
			o.Vars = true
		case "--playbook-dir":
			i++
			o.PlaybookDir = filepath.Join(c.dir, words[i])
		case "--vault-password-file":
			i++
			if err := secrets.LoadSecret(ctx, filepath.Join(c.dir, words[i]), vault.Source{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	engine := jinja.New(jinja.Options{})
	load.Evaluate = func(template string, vars *value.Dict) (any, error) {
		return engine.Render(&jinja.Context{Scope: scope{vars}}, value.Template{Src: template})
	}
	inv, _ := inventory.Load(ctx, c.sources, load)
	var text string
	var err error
	switch action {
	case "--list":
		text, err = List(inv, o)
	case "--graph":
		text, err = Graph(inv, name, o)
	default:
		text, err = Host(inv, inv.Host(name), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// scope gives templates of inventory plugins the variables of a host.
type scope struct{ vars *value.Dict }

func (s scope) Lookup(name string) (any, bool) { return s.vars.Get(name) }

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			show := func(lines []string) string { return strings.Join(lines[min(i, len(lines)):min(i+3, len(lines))], "\n") }
			return "ansible-inventory:\n" + show(w) + "\nmuster:\n" + show(g)
		}
	}
	return ""
}

func TestGraphOfUnknownGroup(t *testing.T) {
	inv, _ := inventory.Load(t.Context(), []string{"a,"}, inventory.Options{})
	if _, err := Graph(inv, "nope", Options{}); err == nil {
		t.Error("an unknown group was drawn")
	}
	if text, err := Graph(inv, "ungrouped", Options{}); err != nil || text != "@ungrouped:\n  |--a\n" {
		t.Errorf("%q, %v", text, err)
	}
}
