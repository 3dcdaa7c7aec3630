package access_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestLocaleGen(t *testing.T) {
	var s sys.System // the machine of the case that runs
	list := func() string { return filepath.Join(s.Root(), "etc/locale.gen") }
	made := func() ([]byte, error) { // what locale-gen makes: the locales without a mark
		text, err := os.ReadFile(list())
		var out strings.Builder
		for line := range strings.Lines(string(text)) {
			if name, encoding, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
				out.WriteString(strings.Replace(name, "."+strings.TrimSpace(encoding), ".utf8", 1) + "\n")
			}
		}
		return []byte("C\nPOSIX\n" + out.String()), err
	}
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		archive := ""
		fake := sys.NewFakeCommands().OnFunc("locale-gen", func(sys.Command) (sys.Output, error) {
			text, err := made()
			archive = string(text)
			return sys.Output{}, err
		}).OnFunc("locale", func(sys.Command) (sys.Output, error) {
			if archive == "" {
				text, err := made()
				return sys.Output{Stdout: text}, err
			}
			return sys.Output{Stdout: []byte(archive)}, nil
		})
		return []sys.RootedOption{fake.Option()}, nil
	}
	const gen = "# the list\n# de_CH.UTF-8 UTF-8\n# de_DE.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n"
	setup := func(text string) func(*testing.T, sys.System) {
		return func(t *testing.T, m sys.System) {
			s = m
			if text != "" {
				modulestest.Write(t, s, "/etc/locale.gen", text, 0o644)
			}
		}
	}
	cases := []modulestest.Case{
		{Name: "make", Setup: setup(gen), Args: map[string]any{"name": "de_CH.UTF-8"}, Files: map[string]string{"/etc/locale.gen": strings.Replace(gen, "# de_CH", "de_CH", 1)},
			Result: map[string]any{"name": "de_CH.UTF-8"},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/locale.gen", gen+"# more\n", 0o644) }},
		{Name: "there", Setup: setup(gen), Args: map[string]any{"name": "en_US.UTF-8"}, Unchanged: true},
		{Name: "remove", Setup: setup(gen), Args: map[string]any{"name": "en_US.UTF-8", "state": "absent"}, Files: map[string]string{"/etc/locale.gen": strings.Replace(gen, "en_US", "# en_US", 1)}},
		{Name: "absent", Setup: setup(gen), Args: map[string]any{"name": "de_DE.UTF-8", "state": "absent"}, Unchanged: true},
		{Name: "unknown", Setup: setup(gen), Args: map[string]any{"name": "xx_XX.UTF-8"}, Failed: "The locale you've entered is not available on your system."},
		{Name: "no package", Setup: setup(""), Args: map[string]any{"name": "de_CH.UTF-8"}, Failed: `Is the package "locales" installed?`},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, access.LocaleGen(), cases)
}
