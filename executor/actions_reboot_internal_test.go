package executor

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/value"
)

// TestRebootCommand runs the command line of reboot with programs that only tell how they were called.
func TestRebootCommand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shutdown", "restart"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nprintf '%s' \"$(basename \"$0\")\"; printf ' <%s>' \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	search := value.NewList(filepath.Join(dir, "none"), dir)
	for _, c := range []struct {
		name, want string
		args       *value.Dict
	}{
		{"by itself", "shutdown <-r> <0> <Reboot initiated by muster>", value.DictOf("search_paths", search)},
		{"later", "shutdown <-r> <2> <it isn't broken>", value.DictOf("search_paths", search, "pre_reboot_delay", 150, "msg", "it isn't broken")},
		{"own command", "restart <userspace now>", value.DictOf("search_paths", search, "reboot_command", "restart 'userspace now'")},
		{"absolute", "restart <>", value.DictOf("reboot_command", filepath.Join(dir, "restart"))},
		{"paths as text", "restart <now>", value.DictOf("search_paths", "/none,"+dir, "reboot_command", "restart now")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &rebooting{c: &call{args: c.args}}
			out, err := exec.Command("/bin/sh", "-c", r.command()).CombinedOutput()
			if err != nil || string(out) != c.want {
				t.Errorf("%s\ngave %q, %v; want %q", r.command(), out, err, c.want)
			}
		})
	}
	r := &rebooting{c: &call{args: value.DictOf("reboot_command", "restart now", "search_paths", "/none")}}
	if err := exec.Command("/bin/sh", "-c", r.command()).Run(); err == nil {
		t.Error("a command that is nowhere succeeded")
	}
}
