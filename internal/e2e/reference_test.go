//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
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
func twice(t *testing.T, dir string, hosts int, program string, args ...string) (first, second map[string]string, disks []map[string]string) {
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
		disks = append(disks, changes(t, strings.TrimSpace(lab(t, "upper", fmt.Sprint(i)))))
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

// noise are the paths that a booted system changes by itself, or that either program keeps for its own work.
var noise = []string{
	"etc/machine-id", "var/log/", "var/lib/systemd/", "run/", "tmp/", "var/tmp/", "root/.ansible", "var/cache/muster", "var/lib/muster/journal",
	"etc/systemd/network/", "etc/hostname", "etc/resolv.conf", "var/lib/dbus", "var/cache/ldconfig", "etc/.updated", "var/.updated",
	"etc/ld.so.cache", "var/lib/private", "dev/", "root/.bash_history", "var/spool/cron/crontabs/tmp",
}

// changes lists everything in an overlay's upper folder: type, mode, owner and content of each path.
func changes(t *testing.T, upper string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(upper, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(upper, path)
		if err != nil || rel == "." || slices.ContainsFunc(noise, func(n string) bool { return strings.HasPrefix(rel+"/", n) || rel == n }) {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		line := fmt.Sprintf("%s %d:%d", info.Mode(), st.Uid, st.Gid)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " -> " + target
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(withoutStamp(rel, data))
			line += " " + hex.EncodeToString(sum[:8])
		case info.IsDir():
			return nil // a folder is in the upper layer because of what is in it
		}
		found[rel] = line
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// withoutStamp drops the lines in which crontab(1) notes the time and the temporary file of an installation.
func withoutStamp(path string, data []byte) []byte {
	if !strings.HasPrefix(path, "var/spool/cron/") {
		return data
	}
	var kept []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if !strings.HasPrefix(line, "# DO NOT EDIT") && !strings.HasPrefix(line, "# (") {
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, "\n"))
}

func compareDisks(t *testing.T, host string, ours, theirs map[string]string) {
	t.Helper()
	if len(theirs) < 8 {
		t.Fatalf("%s: Ansible changed %d files only: %v", host, len(theirs), theirs)
	}
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if ours[path] != theirs[path] {
			t.Errorf("%s: /%s\n  muster  %s\n  ansible %s", host, path, ours[path], theirs[path])
		}
	}
}
