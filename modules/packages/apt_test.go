package packages

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

type args = map[string]any

func TestLawsOfApt(t *testing.T) {
	var f *fakeApt
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		f = &fakeApt{}
		return []sys.RootedOption{f.commands().Option()}, nil
	}
	with := func(installed map[string]string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) { f.start(t, s, maps.Clone(installed)) }
	}
	none := with(map[string]string{})
	a1, b := with(map[string]string{"a": "1.0"}), with(map[string]string{"b": "1.0", "dep": "1.0"})
	cases := []modulestest.Case{
		{Name: "installed", Setup: none, Args: args{"name": "a"}, Meddle: func(*testing.T, sys.System) { f.save(map[string]string{"a": "1.1", "dpkg": "1"}) }},
		{Name: "installed already", Setup: a1, Args: args{"name": "a"}, Unchanged: true},
		{Name: "with what it needs", Setup: none, Args: args{"name": []any{"b", "a=1.0"}}},
		{Name: "a version", Setup: none, Args: args{"name": "a=1.1"}},
		{Name: "a pattern of versions", Setup: none, Args: args{"name": "a=1.*"}},
		{Name: "another version", Setup: a1, Args: args{"name": "a=2.0"}},
		{Name: "new enough", Setup: a1, Args: args{"name": "a>=0.9"}, Unchanged: true},
		{Name: "too old", Setup: a1, Args: args{"name": "a>=1.5"}},
		{Name: "latest", Setup: a1, Args: args{"name": "a", "state": "latest"}},
		{Name: "a pattern of names", Setup: none, Args: args{"name": "vir*"}},
		{Name: "provided by another", Setup: with(map[string]string{"virt1": "1.0"}), Args: args{"name": "virtual"}, Unchanged: true},
		{Name: "only an upgrade", Setup: none, Args: args{"name": "a", "only_upgrade": true}, Unchanged: true},
		{Name: "removed", Setup: a1, Args: args{"name": "a", "state": "absent"}},
		{Name: "removed, configuration left", Setup: b, Args: args{"name": "b", "state": "absent"}},
		{Name: "removed already", Setup: none, Args: args{"name": "a", "state": "absent"}, Unchanged: true},
		{Name: "purged", Setup: b, Args: args{"name": "b", "state": "absent", "purge": true}},
		{Name: "configuration purged", Setup: with(map[string]string{"b": configFiles}), Args: args{"name": "b", "state": "absent", "purge": true}, NoUndo: true},
		{Name: "upgraded", Setup: a1, Args: args{"upgrade": "dist"}},
		{Name: "nothing to upgrade", Setup: with(map[string]string{"a": "2.0"}), Args: args{"upgrade": "yes"}, Unchanged: true},
		{Name: "needed no more", Setup: with(map[string]string{"dep": "1.0"}), Args: args{"autoremove": true}},
		{Name: "nothing outdated", Setup: none, Args: args{"autoclean": true}, Unchanged: true},
		{Name: "unknown", Setup: none, Args: args{"name": "nothing"}, Failed: "No package matching 'nothing' is available"},
		{Name: "unknown version", Setup: none, Args: args{"name": "a=9"}, Failed: "no available installation candidate for a=9"},
		{Name: "unknown pattern", Setup: none, Args: args{"name": "zz*"}, Failed: "No package(s) matching 'zz*' available"},
		{Name: "broken", Setup: none, Args: args{"name": "broken"}, Failed: `install 'broken=1'' failed: E: Unable to correct problems`},
		{Name: "no spec", Setup: none, Args: args{"name": "a=b=c"}, Failed: "invalid package spec: a=b=c"},
		{Name: "an option is no name", Setup: none, Args: args{"name": "--reinstall"}, Failed: "is no package name"},
		{Name: "both", Setup: none, Args: args{"name": "a", "deb": "/x.deb"}, Failed: "mutually exclusive: deb|package|upgrade"},
		{Name: "deb absent", Setup: none, Args: args{"deb": "/x.deb", "state": "absent"}, Failed: "deb only supports state=present"},
		{Name: "no deb", Setup: none, Args: args{"deb": "/x.deb"}, Failed: "Unable to install package"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, Apt(), cases)
}

// aptRunOn runs apt once on a machine with some packages.
func aptRunOn(t *testing.T, installed map[string]string, c modules.Call) (modules.Result, *fakeApt, sys.System) {
	t.Helper()
	f := &fakeApt{}
	s := modulestest.NewMachine(t, f.commands().Option())
	f.start(t, s, installed)
	c.Sys = s
	return Apt().Run(t.Context(), &c), f, s
}

func TestTheCommandLineIsAnsibles(t *testing.T) {
	const start = "/usr/bin/apt-get -o DPkg::Lock::Timeout=60 "
	const dpkgOptions = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
	for want, a := range map[string]args{
		start + "-y " + dpkgOptions + " install a=2.0":                                     {"name": "a"},
		start + "-y -o Dpkg::Options::=--force-confnew --auto-remove install a=2.0 -t sid": {"name": "a", "dpkg_options": "force-confnew", "autoremove": true, "default_release": "sid"},
		start + "-y " + dpkgOptions + " --no-remove install a=2.0 -o APT::Install-Recommends=no --allow-unauthenticated --allow-downgrades --allow-change-held-packages": {"name": "a",
			"fail_on_autoremove": true, "install_recommends": false, "allow_unauthenticated": true, "allow_downgrade": true, "allow_change_held_packages": true},
		start + "-q -y " + dpkgOptions + " --purge remove b":      {"name": "b", "state": "absent", "purge": true},
		start + "-y " + dpkgOptions + " --force-yes dist-upgrade": {"upgrade": "full", "force": true},
		start + "-y " + dpkgOptions + " upgrade --with-new-pkgs":  {"upgrade": "safe"},
		start + "-y " + dpkgOptions + " autoremove":               {"autoremove": true},
		start + "-y " + dpkgOptions + " build-dep a":              {"name": "a", "state": "build-dep"},
	} {
		installed := map[string]string{"b": "1.0", "dep": "1.0"}
		if a["autoremove"] == true && a["name"] == nil {
			delete(installed, "b")
		}
		res, f, _ := aptRunOn(t, installed, modules.Call{Args: a})
		if a["state"] == "build-dep" {
			if res.Failed() {
				t.Errorf("%v: %v", a, res["msg"])
			}
			continue
		}
		if res.Failed() || len(f.lines) != 1 || f.lines[0] != want {
			t.Errorf("%v: %v\n got %q\nwant %q", a, res["msg"], f.lines, want)
		}
	}
}

func TestWhatIsNamedIsMarkedAsWanted(t *testing.T) {
	res, f, s := aptRunOn(t, map[string]string{"dep": "1.0"}, modules.Call{Args: args{"name": "dep"}})
	if res.Changed() || res.Failed() || len(dpkg.ReadAuto(s, dpkg.Parse(nil))) != 0 {
		t.Errorf("got %v, %v", res, f.lines)
	}
	res, _, s = aptRunOn(t, map[string]string{"dep": "1.0"}, modules.Call{Args: args{"name": "dep"}, Check: true})
	if res.Failed() || len(dpkg.ReadAuto(s, dpkg.Parse(nil))) != 1 {
		t.Error("check mode marks packages")
	}
}

func TestTheIndexIsReadWhenItIsOld(t *testing.T) {
	for _, c := range []struct {
		args    args
		check   bool
		changed bool
	}{
		{args{"update_cache": true}, false, true}, {args{"update_cache": true, "cache_valid_time": 3600}, false, false}, {args{"cache_valid_time": 1}, false, false},
		{args{"update_cache": true}, true, true}, {args{"update_cache": false}, false, false},
	} {
		res, f, _ := aptRunOn(t, map[string]string{}, modules.Call{Args: c.args, Check: c.check})
		ran := f.stamp > 0
		if res.Failed() || ran != (c.changed && !c.check) || c.check && !res.Changed() {
			t.Errorf("%v, check %v: %v; index read: %v", c.args, c.check, res, ran)
		}
	}
}

func TestTheDiffIsWhatAptPrepares(t *testing.T) {
	res, _, _ := aptRunOn(t, map[string]string{}, modules.Call{Args: args{"name": "a"}, Diff: true})
	want := map[string]any{"prepared": "Inst a (2.0 Fake:1 [all])\n1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded."}
	if fmt.Sprint(res["diff"]) != fmt.Sprint(want) {
		t.Errorf("got %v", res["diff"])
	}
	res, _, _ = aptRunOn(t, map[string]string{}, modules.Call{Args: args{"name": "a"}})
	if fmt.Sprint(res["diff"]) != "map[]" || !strings.Contains(fmt.Sprint(res["stdout"]), "Inst a") {
		t.Errorf("got %v", res)
	}
}

func TestThePolicyIsThereOnlyMeanwhile(t *testing.T) {
	for _, before := range []string{"", "#!/bin/sh\nexit 0\n"} {
		f := &fakeApt{}
		seen := ""
		commands := f.commands().OnFunc("/usr/bin/apt-get -o", func(c sys.Command) (sys.Output, error) {
			b, err := f.s.ReadFile(policyPath)
			seen = string(b)
			if err != nil {
				t.Error(err)
			}
			return f.aptGet(c)
		})
		s := modulestest.NewMachine(t, commands.Option())
		f.start(t, s, map[string]string{})
		if before != "" {
			modulestest.Write(t, s, policyPath, before, 0o755)
		}
		res := Apt().Run(t.Context(), &modules.Call{Sys: s, Args: args{"name": "a", "policy_rc_d": 101}})
		after, _ := s.ReadFile(policyPath)
		if res.Failed() || seen != "#!/bin/sh\nexit 101\n" || string(after) != before {
			t.Errorf("%v: meanwhile %q, after %q", res["msg"], seen, after)
		}
	}
}

func TestUndoTouchesNothingElse(t *testing.T) {
	f := &fakeApt{}
	s := modulestest.NewMachine(t, f.commands().Option())
	f.start(t, s, map[string]string{"a": "1.0"})
	j := modulestest.NewJournal()
	m := Apt()
	c := &modules.Call{Sys: s, Args: args{"name": "b"}, Journal: j}
	if res := m.Run(t.Context(), c); res.Failed() {
		t.Fatal(res["msg"])
	}
	have := f.load()
	have["a"] = "2.0" // somebody upgrades another package
	f.save(have)
	c.Content = j
	res := m.(modules.Undoer).Undo(t.Context(), c, j.Entries[0], j.Posts[0], false)
	if now := f.load(); res.Failed() || fmt.Sprint(now) != fmt.Sprint(map[string]string{"a": "2.0", "dpkg": "1"}) {
		t.Errorf("%v: left %v", res, now)
	}
}
