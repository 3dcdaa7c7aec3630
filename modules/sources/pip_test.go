package sources_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sources"
	"github.com/musterhq/muster/modules/sys"
)

// fakePip is an index with two versions of a (which needs dep) and one of b, and what is installed of them.
type fakePip map[string]string

func (f fakePip) list() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		lines = append(lines, name+"=="+f[name])
	}
	return strings.Join(lines, "\n") + "\n"
}

// resolve is what an installation of a requirement brings.
func (f fakePip) resolve(argument string, upgrade, force bool) map[string]string {
	name, version, pinned := strings.Cut(argument, "==")
	if argument == "git+https://example.com/b" {
		name = "b"
	}
	newest := map[string]string{"a": "2.0", "b": "1.0", "dep": "1.5"}[name]
	if !pinned {
		version = newest
	}
	switch now := f[name]; {
	case newest == "":
		return nil
	case !force && now != "" && !upgrade && !pinned, !force && now == version:
		return map[string]string{}
	}
	brings := map[string]string{name: version}
	if name == "a" && f["dep"] == "" {
		brings["dep"] = "1.5"
	}
	return brings
}

func (f fakePip) run(c sys.Command) (sys.Output, error) {
	args := c.Argv[1:]
	if args[0] == "list" {
		return sys.Output{Stdout: []byte(f.list())}, nil
	}
	has := func(flag string) bool { return slices.Contains(args, flag) }
	var out []string
	for i, a := range args[1:] {
		switch {
		case strings.HasPrefix(a, "-"):
		case args[0] == "uninstall":
			delete(f, a)
		default:
			if args[i] == "-r" { // the file of requirements holds a and b
				continue
			}
			brings := f.resolve(a, has("-U"), has("--force-reinstall"))
			if brings == nil {
				return sys.Output{Code: 1, Stderr: []byte("ERROR: No matching distribution found for " + a)}, nil
			}
			for name, version := range brings {
				out = append(out, name+"-"+version)
				if !has("--dry-run") && !(has("--no-deps") && name == "dep" && a != "dep==1.5") {
					f[name] = version
				}
			}
		}
	}
	if has("-r") {
		for _, name := range []string{"a", "b"} {
			for n, version := range f.resolve(name, false, false) {
				out = append(out, n+"-"+version)
				if !has("--dry-run") {
					f[n] = version
				}
			}
		}
	}
	text := ""
	if has("--dry-run") && len(out) > 0 {
		text = "Would install " + strings.Join(out, " ") + "\n"
	}
	return sys.Output{Stdout: []byte(text)}, nil
}

func TestPip(t *testing.T) {
	machine := func(installed map[string]string) func(*testing.T) ([]sys.RootedOption, func() string) {
		return func(*testing.T) ([]sys.RootedOption, func() string) {
			f := fakePip(maps.Clone(installed))
			fake := sys.NewFakeCommands().OnFunc("pip3", f.run).OnFunc("/usr/bin/pip3", f.run).OnFunc("/venv/bin/pip3", f.run)
			return []sys.RootedOption{fake.Option()}, f.list
		}
	}
	none, some := map[string]string{"other": "1"}, map[string]string{"other": "1", "a": "1.0", "dep": "1.0"}
	venv := func(t *testing.T, s sys.System) {
		for _, dir := range []string{"/venv", "/venv/bin"} {
			modulestest.Dir(t, s, dir)
		}
		for _, file := range []string{"activate", "pip3"} {
			modulestest.Write(t, s, "/venv/bin/"+file, "", 0o755)
		}
	}
	args := func(more ...any) map[string]any {
		a := map[string]any{}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	guarded := func(*testing.T) ([]sys.RootedOption, func() string) { // as on Debian 12 and later
		f := fakePip{"other": "1"}
		run := func(c sys.Command) (sys.Output, error) {
			if c.Argv[1] != "list" && c.Env["PIP_BREAK_SYSTEM_PACKAGES"] != "1" {
				return sys.Output{Code: 1, Stderr: []byte("error: externally-managed-environment")}, nil
			}
			return f.run(c)
		}
		return []sys.RootedOption{sys.NewFakeCommands().OnFunc("pip3", run).OnFunc("/usr/bin/pip3", run).Option()}, f.list
	}
	modulestest.Run(t, sources.Pip(), []modulestest.Case{
		{Name: "new, with what it needs", Machine: machine(none), Args: args("name", "a"), Result: map[string]any{"name": []any{"a"}, "state": "present", "cmd": []any{"/usr/bin/pip3", "install", "a"}}},
		{Name: "there", Machine: machine(some), Args: args("name", "A"), Unchanged: true},
		{Name: "there in its range", Machine: machine(some), Args: args("name", []any{"a>=0.9", "<2"}), Unchanged: true},
		{Name: "other version", Machine: machine(some), Args: args("name", "a", "version", "2.0")},
		{Name: "latest", Machine: machine(some), Args: args("name", "a", "state", "latest")},
		{Name: "latest already", Machine: machine(map[string]string{"a": "2.0"}), Args: args("name", "a", "state", "latest"), Unchanged: true},
		{Name: "absent", Machine: machine(some), Args: args("name", "a", "state", "absent")},
		{Name: "absent already", Machine: machine(none), Args: args("name", "a", "state", "absent"), Unchanged: true},
		{Name: "requirements", Machine: machine(some), Args: args("requirements", "/r.txt")},
		{Name: "requirements are met", Machine: machine(map[string]string{"a": "1.0", "b": "1.0"}), Args: args("requirements", "/r.txt"), Unchanged: true},
		{Name: "repository", Machine: machine(none), Args: args("name", "git+https://example.com/b")},
		{Name: "again", Machine: machine(some), Args: args("name", "a", "state", "forcereinstall"), Repeats: true},
		{Name: "environment", Machine: machine(none), Setup: venv, Args: args("name", "b", "virtualenv", "/venv"), Result: map[string]any{"virtualenv": "/venv"}},
		{Name: "unknown package", Machine: machine(none), Args: args("name", "nowhere"), Failed: "No matching distribution found for nowhere"},
		{Name: "into the system's Python", Machine: guarded, Args: args("name", "a", "break_system_packages", true)},
		{Name: "the system's Python is guarded", Machine: guarded, Args: args("name", "a"), Failed: "externally-managed-environment"},
		{Name: "a program by its name", Machine: machine(none), Args: args("name", "a", "executable", "pip3"), Result: map[string]any{"cmd": []any{"/usr/bin/pip3", "install", "a"}}},
		{Name: "a program that is not there", Machine: machine(none), Args: args("name", "a", "executable", "pip3.9"), Failed: "Unable to find any of pip3.9 to use.  pip needs to be installed."},
		{Name: "two versions", Machine: machine(none), Args: args("name", "a==1.0", "version", "2"), Failed: "conflicts with any version specifier"},
		{Name: "version of many", Machine: machine(none), Args: args("name", []any{"a", "b"}, "version", "2"), Failed: "ambiguous"},
		{Name: "version and latest", Machine: machine(none), Args: args("name", "a", "version", "2", "state", "latest"), Failed: "version is incompatible with state=latest"},
		{Name: "an option as name", Machine: machine(none), Args: args("name", "--index-url=x"), Failed: "belongs into extra_args"},
		{Name: "nothing", Machine: machine(none), Args: args(), Failed: "one of the following is required: name, requirements"},
	})
}

func TestPipMakesEnvironment(t *testing.T) {
	var s sys.System
	f := fakePip{}
	fake := sys.NewFakeCommands().OnFunc("/venv/bin/pip3", f.run).OnFunc("python3 -m venv", func(c sys.Command) (sys.Output, error) {
		for _, dir := range []string{"/venv", "/venv/bin"} {
			if err := s.Mkdir(dir, 0o755); err != nil {
				return sys.Output{}, err
			}
		}
		for _, file := range []string{"activate", "pip3"} {
			if err := s.WriteFile("/venv/bin/"+file, strings.NewReader(""), sys.WriteOptions{Perm: 0o755, UID: -1, GID: -1}); err != nil {
				return sys.Output{}, err
			}
		}
		return sys.Output{}, nil
	})
	modulestest.Run(t, sources.Pip(), []modulestest.Case{{
		Name: "new environment", Setup: func(_ *testing.T, machine sys.System) { s = machine; clear(f) },
		Machine: func(*testing.T) ([]sys.RootedOption, func() string) { return []sys.RootedOption{fake.Option()}, nil },
		Args:    map[string]any{"name": "b", "virtualenv": "/venv", "virtualenv_command": "python3 -m venv"},
	}})
	if got := fmt.Sprint(fake.Lines()); !strings.Contains(got, "python3 -m venv /venv") {
		t.Errorf("ran %s", got)
	}
}
