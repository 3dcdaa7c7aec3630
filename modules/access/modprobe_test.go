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

func TestModprobe(t *testing.T) {
	var s sys.System // the machine of the case that runs
	setup := func(files map[string]string) func(*testing.T, sys.System) {
		return func(t *testing.T, machine sys.System) {
			s = machine
			for _, dir := range []string{"/proc", "/proc/sys", "/proc/sys/kernel", "/lib", "/lib/modules", "/lib/modules/6.1", "/etc/modules-load.d", "/etc/modprobe.d"} {
				modulestest.Dir(t, s, dir)
			}
			modulestest.Write(t, s, "/proc/modules", "loop 40960 0 - Live 0x0\n", 0o644)
			modulestest.Write(t, s, "/proc/sys/kernel/osrelease", "6.1\n", 0o644)
			modulestest.Write(t, s, "/lib/modules/6.1/modules.builtin", "kernel/net/unix.ko\n", 0o644)
			for name, text := range files {
				modulestest.Write(t, s, name, text, 0o644)
			}
		}
	}
	kernel := func(t *testing.T) ([]sys.RootedOption, func() string) {
		fake := sys.NewFakeCommands().OnFunc("modprobe", func(c sys.Command) (sys.Output, error) {
			if c.Argv[len(c.Argv)-1] == "nonsense" {
				return sys.Output{Code: 1, Stderr: []byte("modprobe: FATAL: Module nonsense not found")}, nil
			}
			list := filepath.Join(s.Root(), "proc/modules")
			text, err := os.ReadFile(list)
			if err != nil {
				return sys.Output{}, err
			}
			line := c.Argv[1] + " 1 0 - Live 0x0\n"
			if c.Argv[1] == "-r" {
				return sys.Output{}, os.WriteFile(list, []byte(strings.ReplaceAll(string(text), c.Argv[2]+" 1 0 - Live 0x0\n", "")), 0o644)
			}
			return sys.Output{}, os.WriteFile(list, append(text, line...), 0o644)
		})
		return []sys.RootedOption{fake.Option()}, nil
	}
	none := setup(nil)
	cases := []modulestest.Case{
		{Name: "load", Setup: none, Args: map[string]any{"name": "dummy"}, Result: map[string]any{"name": "dummy", "params": "", "state": "present"}},
		{Name: "loaded", Setup: none, Args: map[string]any{"name": "loop"}, Unchanged: true},
		{Name: "built in", Setup: none, Args: map[string]any{"name": "unix"}, Unchanged: true},
		{Name: "absent", Setup: none, Args: map[string]any{"name": "dummy", "state": "absent"}, Unchanged: true},
		{Name: "at the start too", Setup: none, Args: map[string]any{"name": "loop", "persistent": "present", "params": "max_loop=8 max_part=2"},
			Files: map[string]string{"/etc/modules-load.d/loop.conf": "loop\n", "/etc/modprobe.d/loop.conf": "options loop max_loop=8\noptions loop max_part=2\n"},
			Meddle: func(t *testing.T, s sys.System) {
				modulestest.Write(t, s, "/etc/modules-load.d/loop.conf", "# mine\n", 0o644)
			}},
		{Name: "there for the start", Setup: setup(map[string]string{"/etc/modules-load.d/all.conf": "# all\n loop # needed\n"}), Args: map[string]any{"name": "loop", "persistent": "present"}, Unchanged: true},
		{Name: "other parameters", Setup: setup(map[string]string{"/etc/modules-load.d/all.conf": "loop\n", "/etc/modprobe.d/old.conf": "options loop max_loop=4\noptions other a=1\n"}),
			Args:  map[string]any{"name": "loop", "persistent": "present", "params": "max_loop=8"},
			Files: map[string]string{"/etc/modprobe.d/old.conf": "#options loop max_loop=4\noptions other a=1\n", "/etc/modprobe.d/loop.conf": "options loop max_loop=8\n"}},
		{Name: "not at the start", Setup: setup(map[string]string{"/etc/modules-load.d/all.conf": "loop\nother\n"}), Args: map[string]any{"name": "loop", "persistent": "absent"},
			Files: map[string]string{"/etc/modules-load.d/all.conf": "#loop\nother\n"}},
		{Name: "no such module", Setup: none, Args: map[string]any{"name": "nonsense"}, Failed: "Module nonsense not found", NoCheck: true},
		{Name: "no name", Setup: none, Args: map[string]any{"name": "-r"}, Failed: "is no name of a kernel module"},
	}
	for i := range cases {
		cases[i].Machine = kernel
	}
	modulestest.Run(t, access.Modprobe(), cases)
}
