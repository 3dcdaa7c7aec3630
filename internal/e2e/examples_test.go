//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples runs every example twice on the lab's hosts; the second run must change nothing.
func TestExamples(t *testing.T) {
	inventory := filepath.Join(t.TempDir(), "hosts.ini")
	if err := os.WriteFile(inventory, []byte(lab(t, "inventory")), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(top(t), "examples", "*", "site.yml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, site := range found {
		t.Run(filepath.Base(filepath.Dir(site)), func(t *testing.T) {
			for run := 1; run <= 2; run++ {
				out := play(t, top(t), nil, muster(t), "run", "-i", inventory, site)
				if out.code != 0 {
					t.Fatalf("run %d: exit code %d\n%s\n%s", run, out.code, tail(out.stdout), out.stderr)
				}
				for host, counts := range recap(out.stdout) {
					if run == 2 && !strings.Contains(counts, "changed=0 ") {
						t.Errorf("%s: the second run changed something: %s", host, counts)
					}
				}
			}
		})
	}
}
