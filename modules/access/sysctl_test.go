package access_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestSysctl(t *testing.T) {
	with := func(content string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/sysctl.conf", content, 0o644) }
	}
	modulestest.Run(t, access.Sysctl(), []modulestest.Case{
		{Name: "first", Args: map[string]any{"name": "vm.swappiness", "value": 5}, Files: map[string]string{"/etc/sysctl.conf": "vm.swappiness=5\n"},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/sysctl.conf", "x=y\n", 0o644) }},
		{Name: "there", Setup: with("# note\nvm.swappiness = 5\n"), Args: map[string]any{"name": "vm.swappiness", "value": "5"}, Unchanged: true},
		{Name: "other value", Setup: with("# note\n\na.b = 1\nvm.swappiness = 5\na.b=2"), Args: map[string]any{"name": "vm.swappiness", "value": "6"},
			Files: map[string]string{"/etc/sysctl.conf": "# note\n\na.b=1\nvm.swappiness=6\n"}},
		{Name: "switch", Args: map[string]any{"name": "net.ipv4.ip_forward", "value": "yes", "sysctl_file": "/etc/forward.conf"}, Files: map[string]string{"/etc/forward.conf": "net.ipv4.ip_forward=1\n"}},
		{Name: "absent", Setup: with("a=1\nb=2\n"), Args: map[string]any{"name": "a", "state": "absent"}, Files: map[string]string{"/etc/sysctl.conf": "b=2\n"}},
		{Name: "not there", Setup: with("b=2\n"), Args: map[string]any{"name": "a", "state": "absent"}, Unchanged: true},
		{Name: "no value", Args: map[string]any{"name": "a"}, Failed: "value"},
		{Name: "blank", Args: map[string]any{"name": " ", "value": "1"}, Failed: "name cannot be blank"},
	})
}

// Where there is a kernel, the value is set in it and the file is read again.
func TestSysctlPrograms(t *testing.T) {
	fake := sys.NewFakeCommands().On("sysctl", sys.Output{Stderr: []byte("sysctl: setting key \"a.b\": Invalid argument\n")})
	s := modulestest.NewMachine(t, fake.Option())
	for _, dir := range []string{"/proc", "/proc/sys", "/proc/sys/a"} {
		modulestest.Dir(t, s, dir)
	}
	modulestest.Write(t, s, "/proc/sys/a/b", "1\t2\n", 0o644)
	res := access.Sysctl().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"name": "a.b", "value": "3 4", "sysctl_set": true, "ignoreerrors": true}})
	if got := strings.Join(fake.Lines(), ";"); got != "sysctl -e -w a.b=3 4" || !res.Failed() {
		t.Errorf("ran %s: %v", got, res)
	}
	modulestest.Write(t, s, "/etc/sysctl.conf", "a.b=1 2\n", 0o644)
	res = access.Sysctl().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"name": "a.b", "value": "1 2"}})
	if res.Failed() || res.Changed() {
		t.Errorf("the same words: %v", res)
	}
}
