package services

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// sysv is a machine with one init script, whose state and links the fake commands keep.
type sysv struct {
	s  sys.System
	up bool
}

func (f *sysv) commands() *sys.FakeCommands {
	link := "/etc/rc2.d/S01app"
	return sys.NewFakeCommands().
		OnFunc("service app status", func(sys.Command) (sys.Output, error) {
			if f.up {
				return sys.Output{Stdout: []byte("app is running.\n")}, nil
			}
			return sys.Output{Code: 3, Stdout: []byte("app is not running.\n")}, nil
		}).
		OnFunc("/etc/init.d/app", func(c sys.Command) (sys.Output, error) {
			f.up = c.Argv[1] != "stop"
			return sys.Output{Stdout: []byte(c.Argv[1] + "\n")}, nil
		}).
		OnFunc("update-rc.d app", func(c sys.Command) (sys.Output, error) {
			if c.Argv[2] == "disable" {
				return sys.Output{}, f.s.Remove(link)
			}
			return sys.Output{}, f.s.Symlink("../init.d/app", link)
		})
}

func TestLawsOfSysvinit(t *testing.T) {
	type args = map[string]any
	var f *sysv
	machine := func(*testing.T) ([]sys.RootedOption, func() string) {
		f = &sysv{}
		own := f
		return []sys.RootedOption{f.commands().Option()}, func() string { return map[bool]string{true: "up", false: "down"}[own.up] }
	}
	setup := func(t *testing.T, s sys.System) {
		f.s = s
		for _, dir := range []string{"/etc/init.d", "/etc/rc0.d", "/etc/rc2.d", "/proc"} {
			modulestest.Dir(t, s, dir)
		}
		modulestest.Write(t, s, "/etc/init.d/app", "#!/bin/sh\n", 0o755)
	}
	started := func(t *testing.T, s sys.System) { setup(t, s); f.up = true }
	modulestest.Run(t, Sysvinit(), []modulestest.Case{
		{Name: "started", Machine: machine, Setup: setup, Args: args{"name": "app", "state": "started"}},
		{Name: "started already", Machine: machine, Setup: started, Args: args{"name": "app", "state": "started"}, Unchanged: true},
		{Name: "stopped", Machine: machine, Setup: started, Args: args{"name": "app", "state": "stopped"}},
		{Name: "enabled", Machine: machine, Setup: setup, Args: args{"name": "app", "enabled": true}},
		{Name: "enabled in a runlevel", Machine: machine, Setup: setup, Args: args{"name": "app", "enabled": true, "runlevels": []any{"2"}}},
		{Name: "restarted", Machine: machine, Setup: started, Args: args{"name": "app", "state": "restarted", "sleep": 0}, Repeats: true, NoUndo: true},
		{Name: "missing", Machine: machine, Setup: setup, Args: args{"name": "nothing", "state": "started"}, Failed: "Could not find the requested service nothing"},
		{Name: "neither", Machine: machine, Setup: setup, Args: args{"name": "app"}, Failed: "one of the following is required: state, enabled"},
	})
}

func TestStatusTextsAreJudged(t *testing.T) {
	for _, c := range []struct {
		out       sys.Output
		up, known bool
	}{
		{sys.Output{Stdout: []byte("app is running.\n")}, true, true},
		{sys.Output{Stdout: []byte("app is not running.\n"), Code: 3}, false, true},
		{sys.Output{Stdout: []byte("stopapp stopped\n")}, false, true},
		{sys.Output{Stdout: []byte("app dead but pid file exists\n"), Code: 1}, false, true},
		{sys.Output{Stdout: []byte("a\nb\nc\n")}, true, true},
		{sys.Output{Code: 4}, false, true},
		{sys.Output{Code: 77}, false, false},
	} {
		up, known := statusVerdict("app", c.out)
		if up != c.up || known != c.known {
			t.Errorf("%q, %d: got %v %v", c.out.Stdout, c.out.Code, up, known)
		}
	}
	if up, _ := statusVerdict("iptables", sys.Output{Stdout: []byte(strings.Repeat("Chain INPUT (policy ACCEPT)\n", 3)), Code: 3}); !up {
		t.Error("iptables' own status")
	}
}
