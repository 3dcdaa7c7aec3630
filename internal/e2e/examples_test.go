//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/docs"
)

// TestExamples runs every example twice on hosts that are as new; the second run must change nothing. An example brings its
// own inventory or runs on all hosts; it may need packages from the registry.
func TestExamples(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(top(t), "examples", "*", "site.yml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	lab(t, "nat")
	hosts, env := labHosts(t)
	for _, site := range found {
		t.Run(filepath.Base(filepath.Dir(site)), func(t *testing.T) {
			lab(t, "reset") // what one example forbids, passwords say, is another's subject
			dir := t.TempDir()
			if err := docs.CopyProject(dir, filepath.Dir(site), hosts); err != nil {
				t.Fatal(err)
			}
			for _, inventory := range exampleInventories(t, dir) {
				runTwice(t, dir, env, inventory)
			}
		})
	}
}

// exampleInventories returns the inventories that an example is for: its hosts.ini, each folder of its inventory, or else
// all hosts of the lab.
func exampleInventories(t *testing.T, dir string) []string {
	t.Helper()
	if own := filepath.Join(dir, "hosts.ini"); exists(own) {
		return []string{own}
	}
	folders, err := filepath.Glob(filepath.Join(dir, "inventory", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) > 0 {
		return folders
	}
	inventory := filepath.Join(t.TempDir(), "hosts.ini")
	if err := os.WriteFile(inventory, []byte(lab(t, "inventory")), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{inventory}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func runTwice(t *testing.T, dir string, env []string, inventory string) {
	t.Helper()
	for run := 1; run <= 2; run++ {
		out := play(t, dir, env, muster(t), "run", "-i", inventory, "site.yml")
		if out.code != 0 {
			t.Fatalf("run %d: exit code %d\n%s\n%s", run, out.code, tail(out.stdout), out.stderr)
		}
		counts := recap(out.stdout)
		if len(counts) == 0 {
			t.Fatalf("run %d: no host took part\n%s", run, out.stderr)
		}
		for host, count := range counts {
			if run == 2 && !strings.Contains(count, "changed=0 ") {
				t.Errorf("%s: the second run changed something: %s\n%s", host, count, tail(out.stdout))
			}
		}
	}
}
