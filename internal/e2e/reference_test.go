//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/overlay"
)

// TestReferencePlayEqualsAnsible runs the reference play twice with muster and twice with Ansible, each on fresh hosts
// of the lab: the counts of every host, and everything that the runs changed on the hosts' disks, must be equal.
func TestReferencePlayEqualsAnsible(t *testing.T) {
	ansible := real(t, "ansible-playbook")
	hosts := strings.Split(strings.TrimSpace(lab(t, "addresses")), ",")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(top(t), "bench"))); err != nil {
		t.Fatal(err)
	}
	payload := []byte(strings.Repeat("muster\n", 150_000))
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", "payload.bin"), payload, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hosts.ini"), []byte(lab(t, "inventory")), 0o600); err != nil {
		t.Fatal(err)
	}

	oursFirst, oursSecond, oursDisks := twice(t, dir, len(hosts), muster(t), "run", "-i", "hosts.ini", "site.yml")
	theirsFirst, theirsSecond, theirsDisks := twice(t, dir, len(hosts), ansible, "-i", "hosts.ini", "site.yml")

	compareCounts(t, "first", oursFirst, theirsFirst)
	compareCounts(t, "second", oursSecond, theirsSecond)
	for host, counts := range oursSecond {
		if !strings.Contains(counts, "changed=0 ") {
			t.Errorf("%s: the second run changed something: %s", host, counts)
		}
	}
	for i := range hosts {
		compareDisks(t, fmt.Sprintf("m%d", i+1), oursDisks[i], theirsDisks[i])
	}
}

// twice runs a program twice on fresh hosts and returns both recaps and what changed on the disks.
func twice(t *testing.T, dir string, hosts int, program string, args ...string) (first, second map[string]string, disks []overlay.Changes) {
	t.Helper()
	lab(t, "reset")
	for _, r := range []*map[string]string{&first, &second} {
		out := play(t, dir, nil, program, args...)
		if out.code != 0 {
			t.Fatalf("%s: exit code %d\n%s\n%s", filepath.Base(program), out.code, tail(out.stdout), out.stderr)
		}
		*r = recap(out.stdout)
	}
	for i := 1; i <= hosts; i++ {
		disks = append(disks, changes(t, i))
	}
	return first, second, disks
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

func compareCounts(t *testing.T, which string, ours, theirs map[string]string) {
	t.Helper()
	if len(theirs) == 0 {
		t.Fatalf("the %s run of Ansible has no recap", which)
	}
	for host := range theirs {
		if ours[host] != theirs[host] {
			t.Errorf("%s run, %s:\n  muster  %s\n  ansible %s", which, host, ours[host], theirs[host])
		}
	}
}

// changes lists everything that a host has changed on its disk.
func changes(t *testing.T, host int) overlay.Changes {
	t.Helper()
	found, err := overlay.Read(strings.TrimSpace(lab(t, "upper", fmt.Sprint(host))), strings.TrimSpace(lab(t, "lower")), overlay.Machine())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func compareDisks(t *testing.T, host string, ours, theirs overlay.Changes) {
	t.Helper()
	if len(theirs) < 8 {
		t.Fatalf("%s: Ansible changed %d files only: %v", host, len(theirs), theirs)
	}
	for _, difference := range overlay.Compare(ours, theirs, "muster", "ansible") {
		t.Errorf("%s: %s", host, difference)
	}
}
