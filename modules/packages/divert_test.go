package packages_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages"
	"github.com/musterhq/muster/modules/sys"
)

// TestDpkgDivert runs dpkg's own program on a machine in a folder.
func TestDpkgDivert(t *testing.T) {
	if _, err := exec.LookPath("dpkg-divert"); err != nil {
		t.Skip("dpkg-divert is not here")
	}
	var s sys.System
	divert := func(args ...string) (sys.Output, error) {
		c := exec.Command("dpkg-divert", append([]string{"--root", s.Root()}, args...)...)
		c.Env = append(os.Environ(), "LC_ALL=C")
		var out, stderr strings.Builder
		c.Stdout, c.Stderr = &out, &stderr
		err := c.Run()
		if c.ProcessState != nil {
			err = nil
			os.Remove(filepath.Join(s.Root(), "var/lib/dpkg/diversions-old")) // the state one change ago
		}
		return sys.Output{Code: c.ProcessState.ExitCode(), Stdout: []byte(out.String()), Stderr: []byte(stderr.String())}, err
	}
	setup := func(files string, commands ...string) func(*testing.T, sys.System) {
		return func(t *testing.T, machine sys.System) {
			s = machine
			for _, dir := range []string{"/var/lib", "/var/lib/dpkg", "/opt"} {
				modulestest.Dir(t, s, dir)
			}
			modulestest.Write(t, s, "/var/lib/dpkg/diversions", "", 0o644)
			modulestest.Write(t, s, "/var/lib/dpkg/status", "", 0o644)
			for _, file := range strings.Fields(files) {
				modulestest.Write(t, s, file, file, 0o644)
			}
			for _, command := range commands {
				if out, err := divert(strings.Fields(command)...); err != nil || out.Code != 0 {
					t.Fatalf("%s: %v %s", command, err, out.Stderr)
				}
			}
		}
	}
	has := func(files string) func(*testing.T, sys.System, modules.Result) {
		return func(t *testing.T, s sys.System, _ modules.Result) {
			var found []string
			list, err := s.ReadDir("/opt")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				text, err := s.ReadFile("/opt/" + e.Name())
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, e.Name()+"="+strings.TrimPrefix(string(text), "/opt/"))
			}
			if got := strings.Join(found, " "); got != files {
				t.Errorf("files %q, want %q", got, files)
			}
		}
	}
	args := func(more ...any) map[string]any {
		a := map[string]any{"path": "/opt/a"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	const local, foo = "--no-rename --local --add /opt/a", "--no-rename --package foo --divert /opt/b --add /opt/a"
	says := func(command, message string) map[string]any {
		return map[string]any{"commands": []any{"/usr/bin/dpkg-divert " + command}, "messages": []any{message}}
	}
	cases := []modulestest.Case{
		{Name: "new", Setup: setup("/opt/a"), Args: args(), Result: says("--no-rename --local --add /opt/a", "Adding 'local diversion of /opt/a to /opt/a.distrib'"), Check: has("a=a"),
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/opt/a.distrib", "a package's", 0o644) }},
		{Name: "there", Setup: setup("/opt/a", local), Args: args(), Unchanged: true, Result: says("--no-rename --local --add /opt/a", "Leaving 'local diversion of /opt/a to /opt/a.distrib'")},
		{Name: "moved aside", Setup: setup("/opt/a"), Args: args("rename", true, "divert", "/opt/b", "holder", "foo"), Check: has("b=a"),
			Result: says("--rename --package foo --divert /opt/b --add /opt/a", "Adding 'diversion of /opt/a to /opt/b by foo'")},
		{Name: "nothing to move", Setup: setup(""), Args: args("rename", true), Check: has("")},
		{Name: "gone", Setup: setup("/opt/a", local), Args: args("state", "absent"), Check: has("a=a"),
			Result: says("--no-rename --remove /opt/a", "Removing 'local diversion of /opt/a to /opt/a.distrib'")},
		{Name: "moved back", Setup: setup("/opt/b", foo), Args: args("state", "absent", "rename", true), Check: has("a=b")},
		{Name: "gone already", Setup: setup("/opt/a"), Args: args("state", "absent"), Unchanged: true,
			Result: says("--no-rename --remove /opt/a", "No diversion 'any diversion of /opt/a', none removed.")},
		{Name: "other holder and place", Setup: setup("/opt/a /opt/b", foo), Args: args(), Check: has("a=a a.distrib=b"),
			Result: map[string]any{"messages": []any{"Removing 'diversion of /opt/a to /opt/b by foo'", "Adding 'local diversion of /opt/a to /opt/a.distrib'"}}},
		{Name: "in the way", Setup: setup("/opt/a /opt/a.distrib"), Args: args("rename", true), Failed: "Set 'force' param to True to force renaming of files."},
		{Name: "over it", Setup: setup("/opt/a /opt/a.distrib"), Args: args("rename", true, "force", true), Check: has("a.distrib=a"), NoUndo: true},
		{Name: "back over it", Setup: setup("/opt/a /opt/b", foo), Args: args("state", "absent", "rename", true, "force", true), Check: has("a=b"), NoUndo: true},
	}
	for i := range cases {
		cases[i].Machine = func(*testing.T) ([]sys.RootedOption, func() string) {
			return []sys.RootedOption{sys.NewFakeCommands().OnFunc("dpkg-divert", func(c sys.Command) (sys.Output, error) { return divert(c.Argv[1:]...) }).Option()}, nil
		}
	}
	modulestest.Run(t, packages.DpkgDivert(), cases)
}
