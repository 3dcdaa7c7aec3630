//go:build onhost

package systemd

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// A reload is left out only where nothing that systemd reads changed.
func TestReloadNoticesEveryChange(t *testing.T) {
	ctx, r, bus := context.Background(), sys.Real(), NewBus()
	defer bus.Close()
	clear := func() {
		t.Helper()
		time.Sleep(margin + 50*time.Millisecond)
		if err := bus.manage(ctx, r, ScopeSystem, "Reload", "daemon-reload"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		if !bus.upToDate(ctx, r) {
			replies, _ := bus.read(ctx, r, ScopeSystem, managerProperty("UnitPath"), managerProperty("UnitsLoadTimestamp"))
			wall, _ := microseconds(replies[1])
			t.Fatalf("a reload leaves something to read: %s", newerThan(r, unitPath(replies[0]), time.UnixMicro(wall).Add(-margin)))
		}
	}
	for _, change := range []string{
		"echo '[Service]' > /etc/systemd/system/musterx.service",
		"echo '# x' >> /etc/systemd/system/musterx.service",
		"mkdir -p /etc/systemd/system/musterx.service.d",
		"echo '[Service]' > /etc/systemd/system/musterx.service.d/a.conf",
		"echo '#' >> /etc/systemd/system/musterx.service.d/a.conf",
		"ln -s ../musterx.service /etc/systemd/system/multi-user.target.wants/musterx.service",
		"touch -d '2001-01-01' /etc/systemd/system/musterx.service",
		"echo '# x' >> /etc/fstab",
		"echo '#' >> /etc/init.d/musterx; rm /etc/init.d/musterx",
		"rm -r /etc/systemd/system/musterx.service* /etc/systemd/system/multi-user.target.wants/musterx.service",
	} {
		clear()
		if out, err := exec.Command("sh", "-c", change).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", change, out)
		}
		if bus.upToDate(ctx, r) {
			t.Errorf("%s: not noticed", change)
		}
		if err := bus.Reload(ctx, r, ScopeSystem); err != nil {
			t.Fatal(err)
		}
	}
	clear()
	start := time.Now()
	if err := bus.Reload(ctx, r, ScopeSystem); err != nil {
		t.Fatal(err)
	}
	t.Logf("nothing to read: %v", time.Since(start))
	before, _ := os.ReadFile("/etc/fstab")
	_ = os.WriteFile("/etc/fstab", []byte(strings.TrimSuffix(string(before), "# x\n")), 0o644)
}
