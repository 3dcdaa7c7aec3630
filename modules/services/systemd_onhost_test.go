//go:build onhost

package services

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

// On a real host a unit does what the task says, a second run changes nothing, and undo stops and disables it again.
func TestRealUnits(t *testing.T) {
	const file, name = "/etc/systemd/system/muster-e2e.service", "muster-e2e"
	unit := "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
	if err := os.WriteFile(file, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("systemctl", "disable", "--now", name).Run()
		_ = os.Remove(file)
		_ = exec.Command("systemctl", "daemon-reload").Run()
	})
	state := func() string {
		active, _ := exec.Command("systemctl", "is-active", name).Output()
		enabled, _ := exec.Command("systemctl", "is-enabled", name).Output()
		return strings.TrimSpace(string(active)) + " " + strings.TrimSpace(string(enabled))
	}
	bus := systemd.NewBus()
	defer bus.Close()
	m := Systemd(bus)
	args := map[string]any{"name": name, "state": "started", "enabled": true, "daemon_reload": true}
	if res := m.Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: args, Check: true}); res.Failed() || !res.Changed() || state() != "inactive disabled" {
		t.Fatalf("check mode: %v, %s", res["msg"], state())
	}
	j := modulestest.NewJournal()
	c := &modules.Call{Sys: sys.Real(), Args: args, Journal: j}
	if res := m.Run(t.Context(), c); res.Failed() || !res.Changed() || state() != "active enabled" {
		t.Fatalf("%v, %s", res["msg"], state())
	}
	if res := m.Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: args}); res.Failed() || res.Changed() {
		t.Errorf("again: %v", res["msg"])
	}
	facts := ServiceFacts(bus).Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: map[string]any{}})
	all, _ := facts["ansible_facts"].(map[string]any)["services"].(map[string]any)
	if e, _ := all[name+".service"].(map[string]any); e["state"] != "running" || e["status"] != "enabled" {
		t.Errorf("service_facts: %v", e)
	}
	if res := m.(modules.Undoer).Undo(t.Context(), c, j.Entries[0], j.Posts[0], false); res.Failed() || state() != "inactive disabled" {
		t.Errorf("undone: %v, %s", res, state())
	}
}
