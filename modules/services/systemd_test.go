package services

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

// fakeUnit is a unit of the fake systemctl.
type fakeUnit struct{ active, file string }

// systemctl is a fake of the command that keeps units.
type systemctl struct {
	units map[string]*fakeUnit
	calls []string
}

func newSystemctl() *systemctl {
	return &systemctl{units: map[string]*fakeUnit{
		"up": {"active", "enabled"}, "down": {"inactive", "disabled"}, "failed": {"failed", "static"}, "stopping": {"deactivating", "enabled"},
		"masked": {"inactive", "masked"}, "broken": {"inactive", "disabled"},
	}}
}

func (f *systemctl) state() string {
	var out []string
	for name, u := range f.units {
		out = append(out, fmt.Sprint(name, *u))
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

func (f *systemctl) run(c sys.Command) (sys.Output, error) {
	words := slices.DeleteFunc(slices.Clone(c.Argv[1:]), func(s string) bool { return strings.HasPrefix(s, "-") })
	f.calls = append(f.calls, strings.Join(c.Argv[1:], " "))
	if len(words) < 2 {
		return sys.Output{}, nil
	}
	u, name := f.units[words[1]], words[1]
	if u == nil {
		switch words[0] {
		case "show":
			return sys.Output{Stdout: []byte("Id=" + name + ".service\nLoadState=not-found\nActiveState=inactive\n")}, nil
		case "mask":
			f.units[name] = &fakeUnit{"inactive", "masked"}
			return sys.Output{}, nil
		}
		return sys.Output{Code: 1, Stderr: []byte("no such unit\n")}, nil
	}
	switch words[0] {
	case "show":
		load := "loaded"
		if u.file == "masked" {
			load = "masked"
		}
		return sys.Output{Stdout: []byte("Id=" + name + ".service\nLoadState=" + load + "\nActiveState=" + u.active + "\n")}, nil
	case "is-enabled":
		return sys.Output{Stdout: []byte(u.file + "\n"), Code: map[bool]int{true: 1}[u.file == "disabled" || u.file == "masked"]}, nil
	}
	return f.change(words[0], u)
}

func (f *systemctl) change(verb string, u *fakeUnit) (sys.Output, error) {
	if u == f.units["broken"] && verb == "start" {
		return sys.Output{Code: 1, Stderr: []byte("Job for broken.service failed.\n")}, nil
	}
	switch verb {
	case "start", "restart":
		u.active = "active"
	case "stop":
		u.active = "inactive"
	case "enable":
		u.file = "enabled"
	case "disable", "unmask":
		u.file = "disabled"
	case "mask":
		u.file = "masked"
	}
	return sys.Output{}, nil
}

// on gives the command to throw-away machines, fresh for each; last is the newest.
func on(last **systemctl) func(*testing.T) ([]sys.RootedOption, func() string) {
	return func(*testing.T) ([]sys.RootedOption, func() string) {
		f := newSystemctl()
		*last = f
		return []sys.RootedOption{sys.NewFakeCommands().OnFunc("systemctl", f.run).Option()}, f.state
	}
}

func TestLawsOfSystemd(t *testing.T) {
	type args = map[string]any
	var last *systemctl
	machine := on(&last)
	cases := []modulestest.Case{
		{Name: "started", Args: args{"name": "down", "state": "started"}, Result: map[string]any{"state": "started", "name": "down"}},
		{Name: "started already", Args: args{"name": "up", "state": "started"}, Unchanged: true},
		{Name: "stopped", Args: args{"name": "up", "state": "stopped"}, Result: map[string]any{"state": "stopped"}},
		{Name: "stopped already", Args: args{"name": "failed", "state": "stopped"}, Unchanged: true},
		{Name: "still stopping", Args: args{"name": "stopping", "state": "stopped"}, NoUndo: true},
		{Name: "enabled and started", Args: args{"name": "down", "enabled": true, "state": "started"}, Result: map[string]any{"enabled": true}},
		{Name: "disabled", Args: args{"name": "up", "enabled": false}, Meddle: func(*testing.T, sys.System) { last.units["up"].active = "inactive" }},
		{Name: "static is enabled", Args: args{"name": "failed", "enabled": true}, Unchanged: true},
		{Name: "masked", Args: args{"name": "down", "masked": true}},
		{Name: "unmasked", Args: args{"name": "masked", "masked": false}},
		{Name: "restarted", Args: args{"name": "up", "state": "restarted"}, Repeats: true, NoUndo: true, Result: map[string]any{"state": "started"}},
		{Name: "reloaded starts what is down", Args: args{"name": "down", "state": "reloaded"}, NoUndo: true, Repeats: true, Result: map[string]any{"state": "started"}},
		{Name: "missing", Args: args{"name": "nothing", "state": "started"}, Failed: "Could not find the requested service nothing: host"},
		{Name: "no glob", Args: args{"name": "a*", "state": "started"}, Failed: "glob patterns, found '*'"},
		{Name: "no option", Args: args{"name": "--now", "state": "started"}, Failed: "no name of a unit"},
		{Name: "no name", Args: args{"state": "started"}, Failed: "required by 'state': name"},
	}
	for i := range cases {
		cases[i].Machine = machine
	}
	modulestest.Run(t, Systemd(systemd.NewBus()), cases)
}

func runOn(t *testing.T, m modules.Module, args map[string]any) (modules.Result, *systemctl) {
	t.Helper()
	var f *systemctl
	opts, _ := on(&f)(t)
	return m.Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t, opts...), Args: args}), f
}

func TestSystemctlIsCalledAsTheTaskSays(t *testing.T) {
	for want, args := range map[string]map[string]any{
		"daemon-reload":                        {"daemon_reload": true},
		"daemon-reexec":                        {"daemon_reexec": true},
		"--user --no-block --force start down": {"name": "down", "state": "started", "scope": "user", "no_block": true, "force": true},
		"--global enable down":                 {"name": "down", "enabled": true, "scope": "global"},
		"reload up":                            {"name": "up", "state": "reloaded"},
		"restart up":                           {"name": "up", "state": "restarted"},
	} {
		res, f := runOn(t, Systemd(systemd.NewBus()), args)
		if res.Failed() || !slices.Contains(f.calls, want) {
			t.Errorf("%v: %v, called %q", args, res["msg"], f.calls)
		}
	}
}

func TestAFailedStartIsSystemctlsOwnWords(t *testing.T) {
	res, _ := runOn(t, Systemd(systemd.NewBus()), map[string]any{"name": "broken", "state": "started"})
	if !res.Failed() || res["msg"] != "Unable to start service broken: Job for broken.service failed.\n" {
		t.Errorf("got %v", res)
	}
}

func TestTheStatusIsTheOneBefore(t *testing.T) {
	res, _ := runOn(t, Systemd(systemd.NewBus()), map[string]any{"name": "down", "state": "started"})
	if s, _ := res["status"].(map[string]any); s["ActiveState"] != "inactive" {
		t.Errorf("got %v", res["status"])
	}
}

func TestServiceFindsItsManager(t *testing.T) {
	run := func(args map[string]any, files ...string) (modules.Result, []string) {
		f := newSystemctl()
		commands := sys.NewFakeCommands().OnFunc("systemctl", f.run).On("service", sys.Output{Code: 3}).On("update-rc.d", sys.Output{}).On("/etc/init.d/cron", sys.Output{})
		s := modulestest.NewMachine(t, commands.Option())
		for _, dir := range []string{"/proc", "/proc/1", "/etc/init.d", "/etc/rc0.d", "/etc/rc2.d", "/run", "/run/systemd", "/run/systemd/system"} {
			if !strings.HasPrefix(dir, "/run") || len(files) == 0 {
				modulestest.Dir(t, s, dir)
			}
		}
		for _, file := range files {
			modulestest.Write(t, s, file, "init\n", 0o755)
		}
		return Service(systemd.NewBus()).Run(t.Context(), &modules.Call{Sys: s, Args: args}), commands.Lines()
	}
	res, calls := run(map[string]any{"name": "down", "state": "started", "sleep": 3, "pattern": "x"})
	if res.Failed() || !slices.Contains(calls, "systemctl start down") || fmt.Sprint(res["warnings"]) != `[Ignoring "pattern" as it is not used in "systemd" Ignoring "sleep" as it is not used in "systemd"]` {
		t.Errorf("systemd: %v, %q", res, calls)
	}
	res, calls = run(map[string]any{"name": "cron", "enabled": true, "state": "started"}, "/proc/1/comm", "/etc/init.d/cron")
	if res.Failed() || !slices.Contains(calls, "update-rc.d cron defaults") || !slices.Contains(calls, "/etc/init.d/cron start") {
		t.Errorf("sysvinit: %v, %q", res, calls)
	}
	res, calls = run(map[string]any{"name": "cron", "enabled": true, "use": "service"}, "/proc/1/comm", "/etc/init.d/cron")
	if res.Failed() || !slices.Contains(calls, "update-rc.d cron enable") {
		t.Errorf("service: %v, %q", res, calls)
	}
	res, _ = run(map[string]any{"name": "nothing", "state": "started", "use": "service"}, "/proc/1/comm")
	if res["msg"] != "Could not find the requested service nothing: host" {
		t.Errorf("a service that is not there: %v", res)
	}
}

func TestEnabledUntilTheNextBoot(t *testing.T) {
	s := modulestest.NewMachine(t)
	for _, dir := range []string{"/run", "/run/systemd", "/run/systemd/system", "/run/systemd/system/multi-user.target.wants",
		"/run/systemd/generator", "/run/systemd/generator/multi-user.target.wants"} {
		modulestest.Dir(t, s, dir)
	}
	for _, link := range []string{"/run/systemd/system/multi-user.target.wants/byhand.service", "/run/systemd/generator/multi-user.target.wants/db@15-main.service"} {
		if err := s.Symlink("/lib/systemd/system/x.service", link); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"byhand": false, "byhand.service": false, "db@15-main": true, "db@15-main.service": true, "db@15-other": false} {
		if got := enabled(s, "enabled-runtime", name, false); got != want {
			t.Errorf("%s is enabled: %v", name, got)
		}
	}
}
