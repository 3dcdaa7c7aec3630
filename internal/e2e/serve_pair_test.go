//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database/pgtest"
	"github.com/musterhq/muster/internal/serve/queue"
)

const pairJobs = `
store: "STORE"
parallel: 2
jobs:
  one: {playbook: PLAYS/one.yml, inventory: 'localhost,', mode: run, schedule: "@every 2s", overlap: queue, missed: all, args: [-c, local]}
  two: {playbook: PLAYS/two.yml, inventory: 'localhost,', mode: run, schedule: "@every 3s", overlap: queue, missed: all, args: [-c, local]}
  look: {playbook: PLAYS/look.yml, inventory: 'localhost,', schedule: "@every 3s", overlap: queue, missed: all, args: [-c, local]}
  event: {playbook: PLAYS/event.yml, inventory: 'localhost,', mode: run, args: [-c, local], on: {files: {paths: PLAYS/watched, every: 1s, settle: 0s}}}
`

// TestTwoDaemonsOnOnePostgres: two daemons share a database. Every time that is due and every event becomes one run, one of
// them does it, and both of them work.
func TestTwoDaemonsOnOnePostgres(t *testing.T) {
	plays := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(plays, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two", "event"} {
		put(name+".yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: echo x >>"+plays+"/"+name+".marks; sleep 0.3\n")
	}
	put("look.yml", "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {dest: "+plays+"/looked, content: x}\n")
	put("watched", "1")
	jobs := strings.NewReplacer("STORE", pgtest.Start(t), "PLAYS", plays).Replace(pairJobs)
	a, b := serveIn(t, t.TempDir(), jobs), serveIn(t, t.TempDir(), jobs)
	newest := func() (all []queue.Run) {
		a.ask("GET", "/api/v1/runs?limit=1000", nil, &all)
		return all
	}
	a.until("the files were looked at", time.Minute, func() bool { return len(newest()) > 6 })
	put("watched", "2")
	a.until("thirty runs", 5*time.Minute, func() bool {
		done := 0
		for _, r := range newest() {
			if r.State == queue.Done {
				done++
			}
		}
		return done >= 30
	})
	paused := strings.ReplaceAll(jobs, "playbook:", "paused: true, playbook:")
	a.write(paused)
	b.write(paused)
	a.until("all runs are over", 2*time.Minute, func() bool {
		for _, r := range newest() {
			if r.State == queue.Waiting || r.State == queue.Running {
				return false
			}
		}
		return true
	})
	owners, due, counts := map[string]int{}, map[string]bool{}, map[string]int{}
	for _, r := range newest() {
		slot := r.Job + r.Due.String()
		if r.State != queue.Done || due[slot] || r.Exit != 0 && (r.Exit != 3 || r.Job != "look") {
			t.Errorf("%+v", r)
		}
		due[slot] = true
		owners[r.Owner]++
		counts[r.Job]++
	}
	for _, name := range []string{"one", "two", "event"} {
		marks, err := os.ReadFile(filepath.Join(plays, name+".marks"))
		if n := strings.Count(string(marks), "x"); err != nil || n != counts[name] {
			t.Errorf("%s: %d runs left %d marks, %v", name, counts[name], n, err)
		}
	}
	if counts["event"] != 1 || len(owners) != 2 {
		t.Errorf("%v by %v", counts, owners)
	}
	t.Logf("%v by %v", counts, owners)
}
