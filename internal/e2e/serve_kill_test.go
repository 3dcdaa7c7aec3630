//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/queue"
)

const killedJobs = `
parallel: 3
jobs:
  one: {playbook: site.yml, inventory: hosts.ini, limit: "lab[0]", mode: run, schedule: "@every 3s", overlap: queue, missed: all}
  two: {playbook: site.yml, inventory: hosts.ini, limit: "lab[1]", mode: run, schedule: "@every 4s", overlap: queue, missed: all}
  look: {playbook: look.yml, inventory: hosts.ini, limit: "lab[2]", mode: correct, correct: all, schedule: "@every 4s", overlap: queue, missed: all}
`

var killedFiles = map[string]string{
	"site.yml": `
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: /etc/stamp, content: "{{ lookup('pipe', 'date +%s%N') }}"}
    - shell: echo once >>/root/marks; sleep 0.2
    - copy: {dest: "/etc/stamp-{{ item }}", content: "{{ lookup('pipe', 'date +%s%N') }}"}
      loop: [a, b, c]
    - lineinfile: {path: /root/marks, line: twice}
`,
	"look.yml": `
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: /etc/look, content: "{{ lookup('pipe', 'date +%s%N') }}"}
`,
}

// TestKilledRuns kills the daemon ten times and its runs ten times, at random, during at least thirty scheduled runs on real
// hosts. No run is lost or done twice, the store knows what became of each, and the hosts' journals are finished.
func TestKilledRuns(t *testing.T) {
	lab(t, "up", "3")
	dir := t.TempDir()
	for name, text := range killedFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inventory := lab(t, "inventory")
	if err := os.WriteFile(filepath.Join(dir, "hosts.ini"), []byte(inventory), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		lab(t, "run", strconv.Itoa(i+1), "rm -f /root/marks")
	}
	d := serveIn(t, dir, killedJobs)
	store, err := history.Open(t.Context(), filepath.Join(dir, "state", "muster.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	q, err := queue.Open(t.Context(), store.Database())
	if err != nil {
		t.Fatal(err)
	}
	k := &killer{daemon: d, t: t, q: q, victims: map[string]bool{}}
	k.rage()
	d.write(strings.ReplaceAll(killedJobs, "mode: ", "paused: true, mode: "))
	d.until("all runs are over", 5*time.Minute, func() bool {
		open, err := q.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(open) == 0
	})
	k.judge(store)
	k.journals(inventory)
}

// killer kills a daemon and its runs.
type killer struct {
	*daemon
	t       *testing.T
	q       *queue.Queue
	daemons int
	victims map[string]bool // runs that were killed
}

func (k *killer) rage() {
	pause := func() <-chan time.Time { return time.After(time.Duration(300+rand.IntN(2500)) * time.Millisecond) }
	next, deadline := pause(), time.After(15*time.Minute)
	for done := 0; done < 30 || k.daemons < 10 || len(k.victims) < 10; {
		select {
		case <-next:
			if k.daemons < 10 && rand.IntN(2) == 0 {
				_ = k.cmd.Process.Kill()
				_ = k.cmd.Wait()
				k.daemons++
				k.start()
			} else if len(k.victims) < 10 {
				k.killRun()
			}
			next = pause()
		case <-deadline:
			k.t.Fatalf("%d runs after %d dead daemons and %d dead runs", done, k.daemons, len(k.victims))
		}
		all, err := k.q.Newest(k.t.Context(), "", 10000)
		if err != nil {
			k.t.Fatal(err)
		}
		done = 0
		for _, r := range all {
			if r.State == queue.Done {
				done++
			}
		}
	}
}

// killRun kills the process of some run that is there.
func (k *killer) killRun() {
	open, err := k.q.Open(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	for _, i := range rand.Perm(len(open)) {
		text, err := os.ReadFile(filepath.Join(k.dir, "state", "runs", open[i].ID, "started"))
		if err != nil || k.victims[open[i].ID] {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			k.victims[open[i].ID] = true
			return
		}
	}
}

func (k *killer) judge(store *history.Store) {
	all, err := k.q.Newest(k.t.Context(), "", 10000)
	if err != nil {
		k.t.Fatal(err)
	}
	every := map[string]int64{"one": 3, "two": 4, "look": 4}
	due, counts := map[string][]int64{}, map[string]map[queue.State]int{"one": {}, "two": {}, "look": {}}
	for _, r := range all {
		counts[r.Job][r.State]++
		due[r.Job] = append(due[r.Job], r.Due.Unix())
		switch {
		case r.State == queue.Broken && (!k.victims[r.ID] || r.Note != "its process was killed"):
			k.t.Errorf("broken, though nobody killed it: %+v", r)
		case r.State == queue.Done && r.Exit != 0 && (r.Exit != 3 || r.Mode != "correct"): // what the time says differs at once again
			text, _ := os.ReadFile(filepath.Join(k.dir, "state", "runs", r.ID, "out.log"))
			k.t.Errorf("%+v\n%s", r, text)
		case r.State != queue.Done && r.State != queue.Broken:
			k.t.Errorf("%+v", r)
		}
		for id := range strings.FieldsSeq(r.Runs) {
			if h, err := store.Find(k.t.Context(), id); err != nil || r.State == queue.Done && h.State != history.Finished {
				k.t.Errorf("%s: %+v, %v", r.ID, h, err)
			}
		}
	}
	for job, times := range due { // the newest first
		last, first := times[0], times[len(times)-1]
		if want := (last-first)/every[job] + 1; int64(len(times)) < want-1 || int64(len(times)) > want {
			k.t.Errorf("%s: %d runs in %d seconds, every %d", job, len(times), last-first, every[job])
		}
	}
	for i, job := range []string{"one", "two"} {
		text := lab(k.t, "run", strconv.Itoa(i+1), "grep -c once /root/marks")
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if c := counts[job]; err != nil || n < c[queue.Done] || n > c[queue.Done]+c[queue.Broken] {
			k.t.Errorf("%s: %d marks, %v, of %v", job, n, err, c)
		}
	}
	k.t.Logf("%d runs, %d daemons and %d runs were killed: %v", len(all), k.daemons, len(k.victims), counts)
}

// journals makes sure that hosts have nothing open: a last run of every job was the next contact of what was killed.
func (k *killer) journals(inventory string) {
	for i := range 3 {
		name, _, _ := strings.Cut(strings.Split(inventory, "\n")[i+1], " ")
		out := play(k.t, k.dir, []string{"ANSIBLE_CONFIG=" + filepath.Join(k.dir, "none.cfg"), "MUSTER_HISTORY=off"}, muster(k.t), "journal", name, "-i", "hosts.ini", "--recover")
		if out.code != 0 {
			k.t.Errorf("%s: %s%s", name, out.stdout, out.stderr)
		}
		out = play(k.t, k.dir, []string{"ANSIBLE_CONFIG=" + filepath.Join(k.dir, "none.cfg"), "MUSTER_HISTORY=off"}, muster(k.t), "journal", name, "-i", "hosts.ini")
		if out.code != 0 || strings.Contains(out.stdout, " open ") || strings.Count(out.stdout, "\n") < 10 {
			k.t.Errorf("%s: %s", name, fmt.Sprint(out.stdout, out.stderr))
		}
	}
}
