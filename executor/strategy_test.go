package executor_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// TestFreeStrategy lets one host wait for another: under linear the run would never end.
func TestFreeStrategy(t *testing.T) {
	for _, strategy := range []string{"free", "host_pinned"} {
		t.Run(strategy, func(t *testing.T) {
			rec, code, err := newLab(t, nil).run(`
- name: p
  hosts: web
  strategy: `+strategy+`
  gather_facts: false
  tasks:
    - block:
        - {name: fails on a1, fail: {msg: bad}, when: inventory_hostname == 'a1'}
      rescue:
        - {name: saved, debug: {msg: saved}}
    - {name: change, debug: {msg: x}, changed_when: true, notify: h}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: [1, 2]}
  handlers:
    - {name: h, debug: {msg: "{{ inventory_hostname }}"}}
`, func(o *executor.Options) { o.Forks = 2 })
			if err != nil || code != 0 {
				t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
			}
			for _, host := range []string{"a1", "a2"} {
				var got []string
				for _, e := range rec.events {
					if r, ok := e.(event.TaskResult); ok && r.Host == host {
						got = append(got, string(r.Status))
					}
				}
				want := "skipped changed ok ok"
				if host == "a1" {
					want = "failed ok changed ok ok"
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: %s, want %s", host, strings.Join(got, " "), want)
				}
			}
		})
	}
}

// TestForksAndThrottle watches how many hosts run a task at once.
func TestForksAndThrottle(t *testing.T) {
	hosts := "h1\nh2\nh3\nh4\nh5\nh6\n"
	for _, c := range []struct {
		name, book string
		forks, max int
	}{
		{"forks", "", 2, 2},
		{"throttle", "  throttle: 1\n", 6, 1},
		{"throttle, free", "  throttle: 2\n  strategy: free\n", 6, 2},
		{"free to run", "", 6, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			running, most := 0, 0
			gate := make(chan struct{}, 1)
			waiter := asking(func() {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				gate <- struct{}{}
				<-gate
				mu.Lock()
				running--
				mu.Unlock()
			})
			rec, code, err := newLab(t, map[string]string{"hosts.ini": hosts}).run(`
- name: p
  hosts: all
  gather_facts: false
`+c.book+`  tasks:
    - {name: watched, debug: {msg: "{{ lookup('pipe', 'true') }}"}}
`, func(o *executor.Options) {
				o.Forks = c.forks
				o.Lookups = waiter.around(o.Lookups)
			})
			if err != nil || code != 0 {
				t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
			}
			if most > c.max {
				t.Errorf("%d hosts at once, at most %d may", most, c.max)
			}
		})
	}
}

// TestStopEndsBetweenTasks: a stopped run lets the task end and starts no other.
func TestStopEndsBetweenTasks(t *testing.T) {
	l := newLab(t, nil)
	var x *executor.Executor
	rec, code, err := l.runWith(`
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: one, debug: {msg: one}}
    - {name: two, debug: {msg: two}}
`, func(made *executor.Executor, r *record) {
		x = made
		r.saw = func(e event.Event) {
			if s, ok := e.(event.TaskStart); ok && s.Name == "one" {
				x.Stop()
			}
		}
	})
	if err != nil || code != executor.ExitInterrupted {
		t.Fatalf("exit %d, %v", code, err)
	}
	if story := rec.story(); !strings.Contains(story, "a2 ok: one") || strings.Contains(story, "two") {
		t.Error(story)
	}
}
