//go:build onhost

package systemd

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// The enablement read from the folders is what systemctl says, for units of all types.
func TestUnitFilesReadAsSystemctlListsThem(t *testing.T) {
	out, err := exec.Command("systemctl", "list-unit-files", "--all", "--no-legend", "--plain", "--full").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Fields(line)
		want[f[0]] = f[1]
	}
	start := time.Now()
	files := ScanUnitFiles(sys.Real(), SearchPath()).List("")
	t.Logf("%d unit files in %v", len(files), time.Since(start))
	got := map[string]string{}
	for _, f := range files {
		got[f.Name] = f.State
		if want[f.Name] != f.State && want[f.Name] != "" {
			t.Errorf("%s: got %s, systemctl says %s", f.Name, f.State, want[f.Name])
		}
		if want[f.Name] == "" {
			t.Errorf("%s: not listed by systemctl (%s)", f.Name, f.State)
		}
	}
	for name, state := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s (%s) is missing", name, state)
		}
	}
	start = time.Now()
	ScanUnitFiles(sys.Real(), SearchPath()).List(".service")
	t.Logf("services in %v", time.Since(start))
}
