package executor_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/secret"
)

// behind keeps outcomes in memory.
type behind struct {
	mu   sync.Mutex
	past map[executor.Place]executor.Done
	now  map[executor.Place]executor.Done
}

func (b *behind) Save(d executor.Done) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		b.now = map[executor.Place]executor.Done{}
	}
	b.now[d.Place] = d
	return nil
}

func (b *behind) Find(p executor.Place) (executor.Done, bool) {
	d, ok := b.past[p]
	return d, ok
}

// ran lists the tasks that really ran, with their hosts.
func ran(rec *record) string {
	names := map[int]string{}
	var out []string
	for _, e := range rec.events {
		switch e := e.(type) {
		case event.TaskStart:
			names[e.ID] = e.Name
		case event.TaskResult:
			if !e.Replayed {
				out = append(out, names[e.Task]+"@"+e.Host)
			}
		}
	}
	return strings.Join(out, " ")
}

// TestGoingOn: a run goes on where another failed, with the variables, facts and notifications of what was done.
func TestGoingOn(t *testing.T) {
	const book = `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: file, copy: {dest: /tmp/f, content: "x"}, register: file, notify: told}
    - {name: kept, set_fact: {stamp: "{{ lookup('pipe', 'x') }}"}}
    - {name: items, file: {path: "/tmp/{{ item }}", state: directory}, loop: [a, b], register: dirs}
    - {name: once, file: {path: /tmp/once, state: directory}, run_once: true}
    - {name: hidden, file: {path: /tmp/hidden, state: directory}, no_log: true}
    - {name: more, include_tasks: more.yml}
    - block:
        - {name: tried, slurp: {src: /nowhere}}
      rescue:
        - {name: saved, file: {path: /tmp/saved, state: directory}}
    - {name: breaks, copy: {dest: /tmp/breaks, content: "{{ missing }}"}, when: inventory_hostname == 'a2'}
    - {name: last, copy: {dest: /tmp/last, content: "{{ file.dest }} {{ stamp }} {{ dirs.results | length }}"}}
  handlers:
    - {name: told, file: {path: /tmp/told, state: directory}}
`
	l := newLab(t, map[string]string{"more.yml": "- {name: included, file: {path: /tmp/inc, state: directory}}\n"})
	asked := 0
	lookups := func(o *executor.Options) { o.Lookups = asking(func() { asked++ }).around(o.Lookups) }
	first := &behind{}
	rec, code, err := l.run(book, lookups, func(o *executor.Options) { o.Progress = first })
	if err != nil || code != executor.ExitFailed {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	if asked != 2 {
		t.Fatalf("asked %d times", asked)
	}
	second := &behind{past: first.now}
	rec, code, err = l.run(book, lookups, func(o *executor.Options) {
		o.Progress = second
		o.ExtraVars.Set("missing", "here now")
	})
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	const want = "hidden@a1 hidden@a2 more@a1 more@a2 breaks@a2 last@a2 told@a2"
	if got := ran(rec); got != want {
		t.Errorf("ran %s\nwant %s", got, want)
	}
	if asked != 2 {
		t.Errorf("what set_fact had set was computed again")
	}
	third := &behind{past: second.now}
	if rec, code, err = l.run(book, lookups, func(o *executor.Options) {
		o.Progress = third
		o.ExtraVars.Set("missing", "here now")
	}); err != nil || code != 0 || strings.Contains(ran(rec), "last@") {
		t.Errorf("a run that goes on from one that went on: exit %d, %v, ran %s", code, err, ran(rec))
	}
}

// TestNothingSecretIsKept: outcomes with secrets are not kept, and their tasks run again.
func TestNothingSecretIsKept(t *testing.T) {
	kept := &behind{}
	reg := &secret.Registry{}
	reg.Add("s3cr3t-value")
	rec, code, err := newLab(t, nil).run(`
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: fact, set_fact: {token: s3cr3t-value}}
    - {name: quiet, copy: {dest: /tmp/x, content: "y"}, no_log: true}
    - {name: open, copy: {dest: /tmp/z, content: "y"}}
`, func(o *executor.Options) { o.Progress, o.Secrets = kept, reg })
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	if len(kept.now) != 1 {
		t.Errorf("kept %v", kept.now)
	}
	for _, d := range kept.now {
		if d.Name != "open" {
			t.Errorf("kept %s", d.Name)
		}
	}
}
