//go:build onhost

package systemd

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// Every unit that the host knows reads over D-Bus as systemctl shows it.
func TestEveryUnitReadsAsSystemctlShowsIt(t *testing.T) {
	r := sys.Real()
	out, err := exec.Command("systemctl", "list-units", "--all", "--no-legend", "--plain").Output()
	if err != nil {
		t.Fatal(err)
	}
	bus := NewBus()
	defer bus.Close()
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name := strings.Fields(line)[0]
		shown, err := exec.Command("systemctl", "show", "--", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := ParseShow(string(shown))
		start := time.Now()
		u, err := bus.unitOverBus(context.Background(), r, ScopeSystem, name, FreshFileState)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		for _, k := range volatile() {
			delete(want, k)
			delete(u.Status, k)
		}
		for k, v := range want {
			if got, has := u.Status[k]; !has || got != v {
				t.Errorf("%s: %s: got %q (%v), systemctl says %q", name, k, got, has, v)
			}
		}
		for k, v := range u.Status {
			if _, has := want[k]; !has {
				t.Errorf("%s: %s=%q is not shown by systemctl", name, k, v)
			}
		}
		t.Logf("%s: %d properties in %v", name, len(want), took)
	}
}

func volatile() []string {
	return []string{"MemoryCurrent", "MemoryAvailable", "CPUUsageNSec", "TasksCurrent", "IOReadBytes"}
}
