//go:build e2e && unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/queue"
)

const killedJobs = `
listen: 127.0.0.1:0
state: state
parallel: 3
jobs:
  one: {playbook: site.yml, inventory: "localhost,", mode: run, schedule: "@every 2s", overlap: queue, missed: all, args: [-c, local]}
  two: {playbook: site.yml, inventory: "localhost,", mode: run, schedule: "@every 3s", overlap: queue, missed: all, args: [-c, local]}
  look: {playbook: look.yml, inventory: "localhost,", schedule: "@every 3s", overlap: queue, missed: all, args: [-c, local]}
`

// killedPlay leaves a line for every time that it really runs, and takes long enough to be there when the daemon dies.
const killedPlay = `
- hosts: all
  gather_facts: false
  tasks:
    - shell: echo once >> marks; sleep 0.3
`

const killedLook = `
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: "{{ playbook_dir }}/looked", content: x}
`

// TestKilledDaemon kills the daemon ten times at random moments of at least thirty scheduled runs: every time that was due
// became one run, every run happened once, and the store says so.
func TestKilledDaemon(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"jobs.yaml": killedJobs, "none.cfg": "", "site.yml": killedPlay, "look.yml": killedLook} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "muster")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	store, err := history.Open(t.Context(), filepath.Join(dir, "state", "muster.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	q, err := queue.Open(t.Context(), store.Database())
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	start := func() *exec.Cmd {
		cmd := exec.Command(program, "serve", "--config", filepath.Join(dir, "jobs.yaml"))
		cmd.Env = append(os.Environ(), "HOME="+dir, "ANSIBLE_CONFIG="+filepath.Join(dir, "none.cfg"), "MUSTER_HISTORY=off")
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	daemon, kills := start(), 0
	life := func() <-chan time.Time { return time.After(time.Duration(500+rand.IntN(3000)) * time.Millisecond) }
	next, tick, deadline := life(), time.NewTicker(50*time.Millisecond), time.After(8*time.Minute)
	defer tick.Stop()
	for done := 0; done < 30 || kills < 10; {
		select {
		case <-next:
			if kills < 10 {
				daemon.Process.Kill()
				daemon.Wait()
				daemon, kills = start(), kills+1
			}
			next = life()
		case <-tick.C:
			all, err := q.Newest(t.Context(), "", 10000)
			if err != nil {
				t.Fatal(err)
			}
			done = 0
			for _, r := range all {
				if r.State == queue.Done {
					done++
				}
			}
		case <-deadline:
			t.Fatalf("%d runs after %d kills", done, kills)
		}
	}
	daemon.Process.Signal(os.Interrupt)
	daemon.Wait()
	settle(t, q, start)
	judgeKilled(t, q, store, dir)
	t.Logf("%d kills", kills)
}

// settle lets a daemon end what is open, without planning more than one round.
func settle(t *testing.T, q *queue.Queue, start func() *exec.Cmd) {
	t.Helper()
	daemon := start()
	defer daemon.Wait()
	defer daemon.Process.Kill()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); <-tick.C {
		open, err := q.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(open) == 0 {
			return
		}
	}
	t.Fatal("runs stay open")
}

func judgeKilled(t *testing.T, q *queue.Queue, store *history.Store, dir string) {
	t.Helper()
	all, err := q.Newest(t.Context(), "", 10000)
	if err != nil {
		t.Fatal(err)
	}
	every := map[string]int64{"one": 2, "two": 3, "look": 3}
	slots, ran := map[string]map[int64]bool{}, 0
	for _, r := range all {
		if r.State != queue.Done || r.Attempt != 1 || len(strings.Fields(r.Runs)) != 1 {
			t.Fatalf("%+v", r)
		}
		if r.Exit != 0 && (r.Exit != 3 || r.Mode == "run") {
			t.Errorf("%s: exit %d: %s", r.ID, r.Exit, r.Note)
		}
		if h, err := store.Find(t.Context(), r.Runs); err != nil || h.State != history.Finished || h.ID != r.Runs {
			t.Errorf("%s: %+v, %v", r.ID, h, err)
		}
		if slots[r.Job] == nil {
			slots[r.Job] = map[int64]bool{}
		}
		slots[r.Job][r.Due.Unix()] = true
		if r.Mode == "run" {
			ran++
		}
	}
	for job, seen := range slots {
		first, last := int64(1<<62), int64(0)
		for at := range seen {
			first, last = min(first, at), max(last, at)
		}
		if gaps := (last-first)/every[job] + 1; int64(len(seen)) < gaps-1 {
			t.Errorf("%s: %d runs between %d and %d, every %d seconds", job, len(seen), first, last, every[job])
		}
	}
	marks, err := os.ReadFile(filepath.Join(dir, "marks"))
	if err != nil || strings.Count(string(marks), "once") != ran {
		t.Errorf("%d runs left %d marks, %v", ran, strings.Count(string(marks), "once"), err)
	}
	kept, err := store.Runs(t.Context(), history.Filter{})
	if err != nil || len(kept) != len(all) {
		t.Errorf("%d runs in the queue, %d in the store, %v", len(all), len(kept), err)
	}
	fmt.Printf("%d runs, %d of them changed something\n", len(all), ran)
}
