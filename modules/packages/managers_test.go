package packages

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// fakeManager is the command of a package manager: a set of packages, of which some are outdated.
type fakeManager struct {
	have map[string]string
	old  []string
	ran  []string
}

func (f *fakeManager) state() string { return fmt.Sprint(f.have, f.old) }

// run understands the verbs of dnf, zypper, apk and pacman, and rpm's query.
func (f *fakeManager) run(c sys.Command) (sys.Output, error) {
	var w []string
	for i, a := range c.Argv {
		if i > 0 && (!strings.HasPrefix(a, "-") || c.Argv[0] == "pacman") && (i < 2 || c.Argv[i-1] != "--type" && c.Argv[i-1] != "--qf" && c.Argv[i-1] != "-l") {
			w = append(w, a)
		}
	}
	names := slices.DeleteFunc(slices.Clone(w[1:]), func(s string) bool { return strings.HasPrefix(s, "-") })
	switch w[0] {
	case "info", "-Q":
		names = names[len(names)-1:]
		fallthrough
	case "query":
		return f.query(names[0])
	case "check-update", "list-updates", "version", "-Qu":
		return f.outdated(w[0], names)
	}
	f.ran = append(f.ran, strings.Join(c.Argv, " "))
	switch w[0] {
	case "install", "add", "update", "--sync", "upgrade":
		if len(names) == 0 {
			f.old = nil
		}
		for _, n := range names {
			if f.have[n] = "2"; slices.Contains(f.old, n) {
				f.old = slices.DeleteFunc(f.old, func(s string) bool { return s == n })
			}
		}
	case "remove", "del", "--remove":
		for _, n := range names {
			delete(f.have, n)
		}
	}
	return sys.Output{Stdout: []byte("done\n")}, nil
}

func (f *fakeManager) query(name string) (sys.Output, error) {
	if v := f.have[name]; v != "" {
		return sys.Output{Stdout: []byte(name + " " + v + "\n")}, nil
	}
	return sys.Output{Code: 1}, nil
}

func (f *fakeManager) outdated(verb string, names []string) (sys.Output, error) {
	out := ""
	for _, n := range f.old {
		if len(names) == 0 || slices.Contains(names, n) {
			switch verb {
			case "check-update":
				out += n + ".x86_64  2-1  updates\n"
			case "list-updates":
				out += "v | Main | " + n + " | 1 | 2 | x86_64\n"
			case "version":
				out += n + "-1-r0 < 2-r0\n"
			default:
				out += n + " 1 -> 2\n"
			}
		}
	}
	code := 0
	if verb == "check-update" && out != "" {
		code = 100
	}
	return sys.Output{Stdout: []byte(out), Code: code}, nil
}

func (f *fakeManager) commands() *sys.FakeCommands {
	c := sys.NewFakeCommands().OnFunc("rpm", func(c sys.Command) (sys.Output, error) { return f.query(c.Argv[len(c.Argv)-1]) })
	for _, name := range []string{"dnf", "yum", "zypper", "apk", "pacman"} {
		c.OnFunc(name, f.run)
	}
	return c
}

func TestLawsOfTheOthers(t *testing.T) {
	for name, m := range map[string]modules.Module{"dnf": DNF(), "yum": Yum(), "zypper": Zypper(), "apk": APK(), "pacman": Pacman()} {
		machine := func(*testing.T) ([]sys.RootedOption, func() string) {
			f := &fakeManager{have: map[string]string{"old": "1", "new": "2"}, old: []string{"old"}}
			return []sys.RootedOption{f.commands().Option()}, f.state
		}
		cases := []modulestest.Case{
			{Name: "installed", Args: args{"name": "x"}},
			{Name: "installed already", Args: args{"name": []any{"old", "new"}}, Unchanged: true},
			{Name: "removed", Args: args{"name": "new", "state": "absent"}, NoUndo: true},
			{Name: "removed already", Args: args{"name": "x", "state": "absent"}, Unchanged: true},
			{Name: "latest", Args: args{"name": []any{"old", "new"}, "state": "latest"}, NoUndo: true},
			{Name: "latest already", Args: args{"name": "new", "state": "latest"}, Unchanged: true},
			{Name: "an option", Args: args{"name": "--evil"}, Failed: "is no package name"},
		}
		if name == "apk" || name == "pacman" {
			cases = append(cases, modulestest.Case{Name: "upgraded", Args: args{"upgrade": true}, NoUndo: true})
		} else {
			cases = append(cases, modulestest.Case{Name: "upgraded", Args: args{"name": "*", "state": "latest"}, NoUndo: true})
		}
		for i := range cases {
			cases[i].Machine = machine
		}
		t.Run(name, func(t *testing.T) { modulestest.Run(t, m, cases) })
	}
}

func TestTheirCommandLines(t *testing.T) {
	for _, c := range []struct {
		module modules.Module
		args   args
		want   string
	}{
		{DNF(), args{"name": "x", "enablerepo": "a,b", "exclude": "c", "nobest": true, "install_weak_deps": false}, "dnf -y --enablerepo=a --enablerepo=b --exclude=c --nobest --setopt=install_weak_deps=False install x"},
		{Yum(), args{"name": "new", "state": "removed"}, "yum -y remove new"},
		{DNF(), args{"update_cache": true}, "dnf -y makecache"},
		{Zypper(), args{"name": "x", "disable_gpg_check": true}, "zypper --quiet --non-interactive --no-gpg-checks install --type package --auto-agree-with-licenses --no-recommends x"},
		{APK(), args{"name": "x", "no_cache": true, "repository": "r"}, "apk add --repository r --no-cache x"},
		{APK(), args{"name": "new", "state": "absent"}, "apk del --purge new"},
		{Pacman(), args{"name": "new", "state": "absent", "force": true}, "pacman --remove --noconfirm --noprogressbar -dd new"},
	} {
		f := &fakeManager{have: map[string]string{"new": "2"}}
		s := modulestest.NewMachine(t, f.commands().Option())
		res := c.module.Run(t.Context(), &modules.Call{Sys: s, Args: c.args})
		if res.Failed() || !slices.Contains(f.ran, c.want) {
			t.Errorf("%v: %v\n got %q\nwant %q", c.args, res["msg"], f.ran, c.want)
		}
	}
}

func TestPackageFindsItsManager(t *testing.T) {
	for program, want := range map[string]string{"/usr/bin/dnf": "dnf -y install x", "/usr/bin/zypper": "zypper", "/sbin/apk": "apk add x", "/usr/bin/pacman": "pacman --sync"} {
		f := &fakeManager{have: map[string]string{}}
		s := modulestest.NewMachine(t, f.commands().Option())
		modulestest.Dir(t, s, "/sbin")
		modulestest.Write(t, s, program, "", 0o755)
		res := Package().Run(t.Context(), &modules.Call{Sys: s, Args: args{"name": "x", "state": "present"}})
		if res.Failed() || len(f.ran) != 1 || !strings.HasPrefix(f.ran[0], want) {
			t.Errorf("%s: %v, ran %q", program, res["msg"], f.ran)
		}
	}
	s := modulestest.NewMachine(t)
	if res := Package().Run(t.Context(), &modules.Call{Sys: s, Args: args{"name": "x"}}); !strings.Contains(fmt.Sprint(res["msg"]), "Could not detect which package manager") {
		t.Errorf("got %v", res)
	}
	if res := Package().Run(t.Context(), &modules.Call{Sys: s, Args: args{"name": "x", "use": "odd"}}); res["msg"] != "Could not find a module for odd." {
		t.Errorf("got %v", res)
	}
}

func TestPackageFacts(t *testing.T) {
	f := &fakeApt{}
	s := modulestest.NewMachine(t, f.commands().On("apt-cache policy", sys.Output{Stdout: []byte(" 500 http://x y Packages\n     release o=Fake,a=s\na:\n  Installed: 1.0\n *** 1.0 500\n        500 http://x y Packages\n")}).Option())
	f.start(t, s, map[string]string{"a": "1.0", "b": configFiles})
	res := PackageFacts().Run(t.Context(), &modules.Call{Sys: s, Args: args{}})
	facts, _ := res["ansible_facts"].(map[string]any)
	packages, _ := facts["packages"].(map[string]any)
	if len(packages) != 2 || fmt.Sprint(packages["a"]) != "[map[arch:all category: name:a origin:Fake source:apt version:1.0]]" {
		t.Errorf("got %v, %v", res["msg"], packages)
	}
	res = PackageFacts().Run(t.Context(), &modules.Call{Sys: s, Args: args{"manager": []any{"nope"}}})
	if res["msg"] != "Unsupported package managers requested: nope" {
		t.Errorf("got %v", res["msg"])
	}
}

func TestOtherManagersLists(t *testing.T) {
	rpm := parseRPM([]string{"bash\t5.1\t6.el9\t(none)\tx86_64", "gpg-pubkey\t1\t2\t3\t(none)", "broken"})
	if fmt.Sprint(rpm) != "[map[arch:x86_64 epoch:<nil> name:bash release:6.el9 version:5.1] map[arch:<nil> epoch:3 name:gpg-pubkey release:2 version:1]]" {
		t.Errorf("rpm: %v", rpm)
	}
	pacman := parsePacman(strings.Split("Name            : a\nVersion         : 1-1\nArchitecture    : x\nProvides        : p=1  q\nDepends On      : z\n                  y\n\nName : b\nVersion : 2\nArchitecture : any\nProvides : None\n", "\n"))
	if fmt.Sprint(pacman) != "[map[arch:x name:a provides:[p q] version:1-1] map[arch:any name:b provides:<nil> version:2]]" {
		t.Errorf("pacman: %v", pacman)
	}
	if got := parseAPK("py3-x-1.2-r0"); !reflect.DeepEqual(got, map[string]any{"name": "py3-x", "version": "1.2", "release": "r0"}) {
		t.Errorf("apk: %v", got)
	}
	if got := parseCheckUpdate("\nkernel.x86_64   5.1-1   updates\nbash.x86_64 1 b\nObsoleting Packages\nold.x86_64 1 b\n"); !reflect.DeepEqual(got, []string{"kernel", "bash"}) {
		t.Errorf("dnf: %v", got)
	}
}

func FuzzListings(f *testing.F) {
	f.Add("Name : a\nProvides : b=1\n")
	f.Add("a.x86_64 1 b\nv | m | n | 1 | 2 | x\nc-1-r0 < 2\n")
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\n")
		sort.Strings(parseCheckUpdate(s))
		parseRPM(lines)
		parsePacman(lines)
		parseListUpdates(s)
		parseAPKVersion(s)
	})
}
