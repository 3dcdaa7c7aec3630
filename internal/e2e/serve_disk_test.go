//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve/queue"
)

// TestFullDiskOfTheDaemon fills the disk that holds the daemon's state: requests are refused with the reason, a run that is
// under way keeps its result, and everything goes on when there is space again.
func TestFullDiskOfTheDaemon(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", state).CombinedOutput(); err != nil {
		t.Fatalf("a small disk: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", state).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	play := "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {dest: DIR/began, content: x}\n    - wait_for: {path: DIR/go, timeout: 120}\n    - copy: {dest: DIR/did, content: x}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.yml"), []byte(strings.ReplaceAll(play, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	d := serveIn(t, dir, "jobs: {base: {playbook: site.yml, inventory: 'localhost,', mode: run, overlap: queue, args: [-c, local]}}\n")
	go1 := filepath.Join(dir, "go")
	put := func() {
		t.Helper()
		if err := os.WriteFile(go1, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put()
	if r := d.run("base"); r.Exit != 0 {
		t.Fatalf("with space: %+v", r)
	}
	for _, name := range []string{"go", "began", "did"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	var under queue.Run
	d.ask("POST", "/api/v1/jobs/base/runs", map[string]string{}, &under)
	d.until("the run begins", time.Minute, func() bool {
		_, err := os.Stat(filepath.Join(dir, "began"))
		return err == nil
	})

	filler := filepath.Join(state, "filler")
	_ = exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=1k").Run() // until it fails
	var refusal struct{ Error string }
	if code := d.ask("POST", "/api/v1/jobs/base/runs", map[string]string{}, &refusal); code != http.StatusInsufficientStorage || !strings.Contains(refusal.Error, "no space") {
		t.Errorf("asking for a run: %d %q", code, refusal.Error)
	}
	d.until("readyz says so", time.Minute, func() bool {
		var ready struct{ Status string }
		return d.ask("GET", "/readyz", nil, &ready) == http.StatusServiceUnavailable && strings.Contains(ready.Status, "no space")
	})
	put()
	d.until("the run does its work", time.Minute, func() bool {
		_, err := os.Stat(filepath.Join(state, "runs", under.ID, "exit.json"))
		return err == nil
	})
	if _, err := os.Stat(filepath.Join(dir, "did")); err != nil {
		text, _ := os.ReadFile(filepath.Join(state, "runs", under.ID, "err.log"))
		t.Errorf("the run did not: %v\n%s", err, text)
	}
	d.stop() // also a daemon that starts on a full disk says why it cannot
	cmd := exec.Command(muster(t), "serve", "--config", filepath.Join(dir, "jobs.yaml"))
	cmd.Env = append(os.Environ(), "ANSIBLE_CONFIG="+filepath.Join(dir, "none.cfg"))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "no space") {
		t.Errorf("a start: %v\n%s", err, out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d.start()
	if r := d.ended(under.ID); r.State != queue.Done || r.Exit != 0 {
		t.Errorf("the run that was under way: %+v", r)
	}
	if r := d.run("base"); r.Exit != 0 {
		t.Errorf("with space again: %+v", r)
	}
}
