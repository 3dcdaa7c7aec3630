package executor_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// retryBook fails on a2 until the folder /late is there.
const retryBook = `
- hosts: web
  gather_facts: false
  STRATEGY
  tasks:
    - {name: one, copy: {dest: /one, content: x}}
    - {name: two, copy: {dest: /late/two, content: x}}
    - {name: three, copy: {dest: /three, content: x}, notify: h}
  handlers:
    - {name: h, debug: {msg: handled}}
`

// TestRetry has a failed host take its task again and go on as if nothing had happened, under every strategy.
func TestRetry(t *testing.T) {
	for _, strategy := range []string{"", "strategy: free", "strategy: host_pinned"} {
		t.Run(strategy, func(t *testing.T) {
			l := newLab(t, nil)
			control := executor.NewControl()
			mkdir := func(host string) {
				if err := os.MkdirAll(filepath.Join(l.root(host), "late"), 0o755); err != nil {
					t.Error(err)
				}
			}
			mkdir("a1")
			made := func(_ *executor.Executor, r *record) {
				r.saw = func(e event.Event) {
					if res, ok := e.(event.TaskResult); ok && res.Status == event.Failed {
						mkdir(res.Host)
						control.Retry(res.Host, "b1")
					}
				}
			}
			rec, code, err := l.runWith(strings.Replace(retryBook, "STRATEGY", strategy, 1), made, func(o *executor.Options) { o.Control = control })
			if err != nil || code != 0 {
				t.Fatalf("exit code %d, %v\n%s", code, err, rec.story())
			}
			if got, want := recap(rec.events[len(rec.events)-1].(event.RunEnd).Hosts), "= a1 ok=4 changed=3\n= a2 ok=4 changed=3"; got != want {
				t.Errorf("recap:\n%s\nwant:\n%s\n%s", got, want, rec.story())
			}
			if got := control.Pending(); len(got) != 1 || got[0] != "b1" {
				t.Errorf("hosts that did not get their task again: %v", got)
			}
		})
	}
}

// TestRetryKeepsStep has the host that tries again catch up before the others go on.
func TestRetryKeepsStep(t *testing.T) {
	l := newLab(t, map[string]string{"hosts.ini": "[web]\na1\na2\n"})
	control := executor.NewControl()
	if err := os.MkdirAll(filepath.Join(l.root("a1"), "late"), 0o755); err != nil {
		t.Fatal(err)
	}
	made := func(_ *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if res, ok := e.(event.TaskResult); ok && res.Status == event.Failed {
				if err := os.MkdirAll(filepath.Join(l.root("a2"), "late"), 0o755); err != nil {
					t.Error(err)
				}
				control.Retry("a2")
			}
		}
	}
	rec, _, err := l.runWith(strings.Replace(retryBook, "STRATEGY", "", 1), made, func(o *executor.Options) { o.Control = control })
	if err != nil {
		t.Fatal(err)
	}
	want := `
PLAY web: a1 a2
TASK one
  a1 changed
  a2 changed
TASK two
  a1 changed
  a2 failed: Destination directory /late does not exist
TASK two
  a2 changed
TASK three
  a1 changed
  a2 changed
HANDLER h
  a1 ok: handled
  a2 ok: handled
= a1 ok=4 changed=3
= a2 ok=4 changed=3`
	if got := strings.TrimSpace(rec.story()); got != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestNoRetryWhenHandled leaves hosts alone whose failure the playbook itself deals with.
func TestNoRetryWhenHandled(t *testing.T) {
	l := newLab(t, map[string]string{"hosts.ini": "[web]\na1\n"})
	control := executor.NewControl()
	control.Retry("a1")
	rec, code, err := l.run(`
- hosts: web
  gather_facts: false
  tasks:
    - block:
        - {name: breaks, fail: {msg: "no"}}
      always:
        - {name: cleans, debug: {msg: up}}
`, func(o *executor.Options) { o.Control = control })
	if err != nil || code != executor.ExitFailed {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if got := strings.Count(rec.story(), "TASK breaks"); got != 1 {
		t.Errorf("the task ran %d times", got)
	}
	if len(control.Pending()) != 1 {
		t.Error("the try that was not possible is not told")
	}
}

// TestPause starts no task on any host between Pause and Resume.
func TestPause(t *testing.T) {
	for _, strategy := range []string{"", "strategy: free"} {
		l := newLab(t, nil)
		control := executor.NewControl()
		var resumed atomic.Bool
		made := func(_ *executor.Executor, r *record) {
			r.saw = func(e event.Event) {
				switch e := e.(type) {
				case event.TaskStart:
					if e.ID > 1 && !resumed.Load() {
						t.Errorf("task %d started in a paused run", e.ID)
					}
				case event.TaskResult:
					if e.Task == 1 {
						control.Pause()
						go func() {
							resumed.Store(true)
							control.Resume()
						}()
					}
				}
			}
		}
		_, code, err := l.runWith(strings.Replace("- hosts: db\n  gather_facts: false\n  S\n  tasks:\n    - ping:\n    - ping:\n", "S", strategy, 1), made,
			func(o *executor.Options) { o.Control = control })
		if err != nil || code != 0 {
			t.Fatalf("exit code %d, %v", code, err)
		}
		if !resumed.Load() {
			t.Error("the run did not wait")
		}
	}
}

// TestStopInPause ends a paused run.
func TestStopInPause(t *testing.T) {
	l := newLab(t, nil)
	control := executor.NewControl()
	control.Pause()
	made := func(x *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if _, ok := e.(event.PlayStart); ok {
				go x.Stop()
			}
		}
	}
	rec, code, err := l.runWith("- hosts: db\n  gather_facts: false\n  tasks:\n    - ping:\n", made, func(o *executor.Options) { o.Control = control })
	if err != nil || code != executor.ExitInterrupted {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if strings.Contains(rec.story(), "TASK") {
		t.Errorf("a task ran:\n%s", rec.story())
	}
}

// TestStopAfterBatch leaves the hosts of later batches and plays alone.
func TestStopAfterBatch(t *testing.T) {
	l := newLab(t, nil)
	control := executor.NewControl()
	made := func(_ *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if s, ok := e.(event.TaskStart); ok && s.ID == 1 {
				control.StopAfterBatch(true)
			}
		}
	}
	rec, code, err := l.runWith(`
- hosts: web
  gather_facts: false
  serial: 1
  tasks:
    - {name: first, ping: }
    - {name: second, ping: }
- hosts: db
  gather_facts: false
  tasks:
    - {name: third, ping: }
`, made, func(o *executor.Options) { o.Control = control })
	if err != nil || code != executor.ExitInterrupted {
		t.Fatalf("exit code %d, %v", code, err)
	}
	want := "PLAY web: a1\nTASK first\n  a1 ok\nTASK second\n  a1 ok\n= a1 ok=2"
	if got := strings.TrimSpace(rec.story()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
