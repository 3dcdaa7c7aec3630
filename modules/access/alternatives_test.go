package access_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// TestAlternatives runs dpkg's own program on a machine in a folder.
func TestAlternatives(t *testing.T) {
	if _, err := exec.LookPath("update-alternatives"); err != nil {
		t.Skip("update-alternatives is not here")
	}
	var s sys.System
	update := func(args ...string) (sys.Output, error) {
		c := exec.Command("update-alternatives", append([]string{"--root", s.Root(), "--log", "/log/alternatives"}, args...)...)
		c.Env = append(os.Environ(), "LC_ALL=C")
		var out, stderr strings.Builder
		c.Stdout, c.Stderr = &out, &stderr
		err := c.Run()
		if c.ProcessState != nil {
			err = os.RemoveAll(filepath.Join(s.Root(), "log")) // the program's own notes, with times
		}
		return sys.Output{Code: c.ProcessState.ExitCode(), Stdout: []byte(out.String()), Stderr: []byte(stderr.String())}, err
	}
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		fake := sys.NewFakeCommands().OnFunc("update-alternatives", func(c sys.Command) (sys.Output, error) { return update(c.Argv[1:]...) })
		return []sys.RootedOption{fake.Option()}, nil
	}
	setup := func(commands ...string) func(*testing.T, sys.System) {
		return func(t *testing.T, machine sys.System) {
			s = machine
			for _, dir := range []string{"/etc/alternatives", "/var/lib", "/var/lib/dpkg", "/var/lib/dpkg/alternatives", "/usr/share"} {
				modulestest.Dir(t, s, dir)
			}
			for _, file := range []string{"/usr/bin/nano", "/usr/bin/vim", "/usr/bin/ed", "/usr/share/vim.1", "/usr/share/nano.1"} {
				modulestest.Write(t, s, file, "", 0o755)
			}
			for _, command := range commands {
				if out, err := update(strings.Fields(command)...); err != nil || out.Code != 0 {
					t.Fatalf("%s: %v %s", command, err, out.Stderr)
				}
			}
		}
	}
	const (
		nano = "--install /usr/bin/editor editor /usr/bin/nano 40"
		vim  = "--install /usr/bin/editor editor /usr/bin/vim 30"
	)
	args := func(path string, more ...any) map[string]any {
		a := map[string]any{"name": "editor", "path": path}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	slaves := []any{map[string]any{"name": "editor.1", "link": "/usr/share/editor.1", "path": "/usr/share/vim.1"}}
	msg := func(text string) map[string]any { return map[string]any{"msg": text} }
	cases := []modulestest.Case{
		{Name: "select", Setup: setup(nano, vim), Args: args("/usr/bin/vim"), Result: msg("Set alternative '/usr/bin/vim' for 'editor'."),
			Meddle: func(t *testing.T, _ sys.System) {
				if out, err := update("--auto", "editor"); err != nil || out.Code != 0 {
					t.Fatal(err, string(out.Stderr))
				}
				if out, err := update("--remove", "editor", "/usr/bin/vim"); err != nil || out.Code != 0 {
					t.Fatal(err, string(out.Stderr))
				}
			}},
		{Name: "selected", Setup: setup(nano, vim, "--set editor /usr/bin/vim"), Args: args("/usr/bin/vim"), Unchanged: true, Result: msg("")},
		{Name: "new and selected", Setup: setup(nano), Args: args("/usr/bin/vim"), Result: msg("Install alternative '/usr/bin/vim' for 'editor'. Set alternative '/usr/bin/vim' for 'editor'.")},
		{Name: "new, not chosen", Setup: setup(nano), Args: args("/usr/bin/ed", "state", "present", "priority", 5)},
		{Name: "first of its name", Setup: setup(), Args: args("/usr/bin/ed", "state", "present", "link", "/usr/bin/editor")},
		{Name: "other priority", Setup: setup(nano, vim), Args: args("/usr/bin/vim", "state", "present", "priority", 90)},
		{Name: "with a follower", Setup: setup(nano), Args: args("/usr/bin/vim", "slaves", slaves)},
		{Name: "follower is there", Setup: setup(nano, vim+" --slave /usr/share/editor.1 editor.1 /usr/share/vim.1"), Args: args("/usr/bin/vim", "slaves", slaves, "state", "present"), Unchanged: true},
		{Name: "automatic again", Setup: setup(nano, vim, "--set editor /usr/bin/vim"), Args: args("/usr/bin/vim", "state", "auto"), Result: msg("Set alternative to auto for 'editor'.")},
		{Name: "absent", Setup: setup(nano, vim), Args: args("/usr/bin/vim", "state", "absent"), Result: msg("Remove alternative '/usr/bin/vim' from 'editor'.")},
		{Name: "absent already", Setup: setup(nano), Args: args("/usr/bin/vim", "state", "absent"), Unchanged: true},
		{Name: "no such program", Setup: setup(nano), Args: args("/usr/bin/emacs"), Failed: "Specified path /usr/bin/emacs does not exist"},
		{Name: "no link", Setup: setup(), Args: args("/usr/bin/vim"), Failed: "missing the link"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, access.Alternatives(), cases)
}
