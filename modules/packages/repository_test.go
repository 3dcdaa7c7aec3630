package packages

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

func TestLawsOfAptRepository(t *testing.T) {
	const line = "deb http://x.org/debian stable main"
	const file = sourcesDir + "/x_org_debian.list"
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		return []sys.RootedOption{sys.NewFakeCommands().On("apt-get", sys.Output{}).Option()}, nil
	}
	with := func(files map[string]string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			for _, d := range []string{"/etc/apt", sourcesDir} {
				modulestest.Dir(t, s, d)
			}
			for p, text := range files {
				modulestest.Write(t, s, p, text, 0o644)
			}
		}
	}
	cases := []modulestest.Case{
		{Name: "added", Setup: with(nil), Args: args{"repo": "deb  http://x.org/debian   stable main"}, Files: map[string]string{file: line + "\n"}, Result: args{"state": "present"}},
		{Name: "to a file", Setup: with(nil), Args: args{"repo": line, "filename": "mine", "mode": "0600"}, Files: map[string]string{sourcesDir + "/mine.list": line + "\n"}},
		{Name: "to a file that is there", Setup: with(map[string]string{sourcesDir + "/mine.list": "# hand made"}), Args: args{"repo": line, "filename": "mine"},
			Files: map[string]string{sourcesDir + "/mine.list": "# hand made\n" + line + "\n"}},
		{Name: "there already", Setup: with(map[string]string{sourcesFile: "deb http://x.org/debian  stable main # mine\n"}), Args: args{"repo": line}, Unchanged: true},
		{Name: "enabled", Setup: with(map[string]string{sourcesFile: "#  odd   comment\n# deb http://x.org/debian stable main # mine\n"}), Args: args{"repo": line},
			Files: map[string]string{sourcesFile: "#  odd   comment\n" + line + " # mine\n"}},
		{Name: "removed", Setup: with(map[string]string{sourcesFile: "a\n" + line + "\nb\n", file: line + "\n"}), Args: args{"repo": line, "state": "absent"}, Files: map[string]string{sourcesFile: "a\nb\n"}},
		{Name: "removed with its file", Setup: with(map[string]string{sourcesDir + "/z.list": line + "\n", sourcesDir + "/a.list": "deb http://a x y\n"}), Args: args{"repo": line, "state": "absent"}},
		{Name: "among others", Setup: with(map[string]string{sourcesDir + "/z.list": "deb http://z x y\n", sourcesDir + "/a.list": "deb http://a x y\n"}), Args: args{"repo": line}},
		{Name: "removed already", Setup: with(map[string]string{sourcesFile: "#" + line + "\n"}), Args: args{"repo": line, "state": "absent"}, Unchanged: true},
		{Name: "no line", Setup: with(nil), Args: args{"repo": "http://x.org"}, Failed: "Invalid repository string: http://x.org"},
		{Name: "a personal archive", Setup: with(nil), Args: args{"repo": "ppa:a/b"}, Failed: "personal archives are not looked up"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, AptRepository(), cases)
	failing := func(*testing.T) ([]sys.RootedOption, func() string) {
		return []sys.RootedOption{sys.NewFakeCommands().On("apt-get", sys.Output{Code: 100, Stderr: []byte("E: no index")}).Option()}, nil
	}
	s := modulestest.NewMachine(t, func() []sys.RootedOption { o, _ := failing(t); return o }()...)
	with(nil)(t, s)
	res := AptRepository().Run(t.Context(), callOn(s, args{"repo": line, "update_cache_retries": 1}))
	if _, err := s.Stat(file); !res.Failed() || res["msg"] != "Failed to update apt cache: E:no index" || err == nil {
		t.Errorf("a repository that cannot be read stays: %v", res)
	}
}

func TestFileNamesOfRepositories(t *testing.T) {
	for line, want := range map[string]string{
		"deb http://archive.canonical.com/ubuntu hardy partner":                "archive_canonical_com_ubuntu",
		"deb [arch=amd64 signed-by=/k.asc] https://u:p@x-y.org/a/ stable main": "x_y_org_a",
		"deb file:/opt/repo ./": "file_opt_repo",
	} {
		if got := suggestedFile(repositoryParams{}, line); got != sourcesDir+"/"+want+".list" {
			t.Errorf("%s: got %s", line, got)
		}
	}
}

func TestLawsOfDpkgSelections(t *testing.T) {
	var f *fakeApt
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		f = &fakeApt{}
		own := f
		set := func(c sys.Command) (sys.Output, error) { return sys.Output{}, own.choose(c) }
		return []sys.RootedOption{own.commands().OnFunc("dpkg --set-selections", set).Option()}, nil
	}
	setup := func(t *testing.T, s sys.System) { f.start(t, s, map[string]string{"a": "1.0"}) }
	modulestest.Run(t, DpkgSelections(), []modulestest.Case{
		{Name: "held", Machine: machine, Setup: setup, Args: args{"name": "a", "selection": "hold"}, Result: args{"before": "install", "after": "hold"}},
		{Name: "as it is", Machine: machine, Setup: setup, Args: args{"name": "a", "selection": "install"}, Unchanged: true},
		{Name: "no name", Machine: machine, Setup: setup, Args: args{"name": "a b", "selection": "install"}, Failed: "is no package name"},
	})
	db := dpkg.Parse(nil)
	if _, ok := db.Find("a"); ok {
		t.Error("an empty database has a package")
	}
}

func TestKeysAreRead(t *testing.T) {
	out := "pub   rsa4096/36A1D7869245C895 2012-05-11 [SC]\nuid  x\nsub   rsa4096/0F966E92D8576A8B 2012\npub   rsa1024/AAAA 2001 [expired: 2002]\npub:-:4096:1:D8576A8BA88D21E9:13:::\npub\n"
	if got := parseKeys(out, false); len(got) != 3 || got[0] != "36A1D7869245C895" || got[2] != "D8576A8BA88D21E9" {
		t.Errorf("got %v", got)
	}
	if got := parseKeys(out, true); got[0] != "9245C895" {
		t.Errorf("got %v", got)
	}
	for id, want := range map[string]bool{"0x9245c895": true, "36A1D7869245C8950F966E92D8576A8BA88D21E9": true, "12345": false, "xyz": false, "": false, "123456789": false} {
		if _, ok := normalID(id); ok != want {
			t.Errorf("%q: %v", id, ok)
		}
	}
}

func TestLawsOfAptKey(t *testing.T) {
	const id = "36A1D7869245C895"
	type ring struct{ has bool }
	machine := func(has bool) func(*testing.T) ([]sys.RootedOption, func() string) {
		return func(*testing.T) ([]sys.RootedOption, func() string) {
			r := &ring{has}
			commands := sys.NewFakeCommands().OnFunc("apt-key", func(c sys.Command) (sys.Output, error) {
				switch c.Argv[1] {
				case "add":
					r.has = true
				case "del":
					r.has = false
				default:
					if r.has {
						return sys.Output{Stdout: []byte("pub   rsa4096/" + id + " 2012 [SC]\n")}, nil
					}
				}
				return sys.Output{}, nil
			}).On("gpg --with-colons -", sys.Output{Stdout: []byte("pub:-:4096:1:" + id + ":1:::\n")})
			return []sys.RootedOption{commands.Option()}, func() string { return map[bool]string{true: "has", false: "has not"}[r.has] }
		}
	}
	modulestest.Run(t, AptKey(), []modulestest.Case{
		{Name: "added", Machine: machine(false), Args: args{"data": "KEY"}, Result: args{"key_id": id, "short_id": "9245C895"}},
		{Name: "there already", Machine: machine(true), Args: args{"id": "0x" + id}, Unchanged: true},
		{Name: "removed", Machine: machine(true), Args: args{"id": id, "data": "KEY", "state": "absent"}},
		{Name: "removed already", Machine: machine(false), Args: args{"id": id, "state": "absent"}, Unchanged: true},
		{Name: "no identifier", Machine: machine(false), Args: args{"id": "xyz"}, Failed: "Invalid key_id"},
		{Name: "a server but no key", Machine: machine(false), Args: args{"keyserver": "k"}, Failed: "Missing key_id, required with keyserver."},
	})
}
