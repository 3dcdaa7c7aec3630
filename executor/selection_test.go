package executor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
)

// choice is a selection by the names of tasks.
type choice struct {
	names   map[string]string // of tasks, by key
	applied map[string]string // hosts by task
	held    string            // a task
	works   map[int]string    // hosts by the line of plays
}

func (c choice) Works(host string, play diag.Pos) bool {
	return strings.Contains(c.works[play.Line], host)
}
func (c choice) Applies(host, key string) bool {
	return strings.Contains(c.applied[c.names[key]], host)
}
func (c choice) Withholds(_, key string) bool { return c.names[key] == c.held }

const selected = `
- hosts: web
  gather_facts: false
  tasks:
    - {name: one, copy: {dest: /tmp/one, content: "1"}, register: one, notify: reload}
    - {name: two, copy: {dest: /tmp/two, content: "2"}, notify: reload}
    - {name: loop, copy: {dest: "/tmp/{{ item }}", content: x}, loop: [l1, l2], notify: never}
    - {name: uses what was registered, assert: {that: one.changed}}
    - {name: really, check_mode: false, copy: {dest: /tmp/really, content: x}}
  handlers:
    - {name: reload, copy: {dest: /tmp/reloaded, content: x}}
    - {name: never, copy: {dest: /tmp/never, content: x}}
`

// TestSelect: tasks that are not selected on a host change nothing there and notify nobody, but register what they would do.
func TestSelect(t *testing.T) {
	l := newLab(t, nil)
	keys := map[string]string{}
	rec, _, err := l.run(selected, func(o *executor.Options) { o.Check = true })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rec.events {
		if s, ok := e.(event.TaskStart); ok {
			keys[s.Key] = s.Name
		}
	}
	rec, code, err := l.run(selected, func(o *executor.Options) {
		o.Serial = "1"
		o.Selection = choice{names: keys, applied: map[string]string{"two": "a1"}}
	})
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	for host, want := range map[string]string{"a1": "really reloaded two", "a2": "really"} {
		var there []string
		for _, name := range []string{"l1", "l2", "never", "one", "really", "reloaded", "two"} {
			if _, err := os.Stat(filepath.Join(l.root(host), "tmp", name)); err == nil {
				there = append(there, name)
			}
		}
		if got := strings.Join(there, " "); got != want {
			t.Errorf("%s has %q, want %q", host, got, want)
		}
	}
	story := rec.story()
	if strings.Count(story, "PLAY web: a") != 2 || !strings.Contains(story, "= a1 ok=4 changed=2 skipped=2") {
		t.Errorf("story\n%s", story)
	}
}

const drained = `- name: first
  hosts: web
  gather_facts: false
  serial: 1
  pre_tasks:
    - {name: drain, copy: {dest: /srv/first, content: drained}}
  tasks:
    - {name: one, copy: {dest: /srv/one, content: x}}
  gate:
    - {name: asked, copy: {dest: /srv/asked, content: x}}
  restore:
    - {name: enable, copy: {dest: /srv/first, content: enabled}}
- name: second
  hosts: web
  gather_facts: false
  pre_tasks:
    - {name: drain too, copy: {dest: /srv/second, content: drained}}
    - {name: held, copy: {dest: /srv/held, content: x}}
  tasks:
    - {name: prepare, copy: {dest: /srv/prepared, content: x}, tags: always}
    - {name: two, copy: {dest: /srv/two, content: x}}
    - {name: once, copy: {dest: /srv/once, content: x}, run_once: true}
  post_tasks:
    - {name: after, copy: {dest: /srv/after, content: x}}
`

// TestSelectedPlays: where a play really works, what surrounds its tasks does, but not what is withheld; elsewhere nothing of
// it happens, neither its gate nor restore. Hosts on which it works come first, and run_once goes to one that it applies to.
func TestSelectedPlays(t *testing.T) {
	l := newLab(t, nil)
	keys := map[string]string{}
	rec, _, err := l.run(drained, func(o *executor.Options) { o.Check = true })
	if err != nil {
		t.Fatal(err)
	}
	plays := map[string]int{}
	for _, e := range rec.events {
		switch e := e.(type) {
		case event.TaskStart:
			keys[e.Key] = e.Name
		case event.PlayStart:
			plays[e.Name] = e.Pos.Line
		}
	}
	rec, code, err := l.run(drained, func(o *executor.Options) {
		o.Selection = choice{
			names: keys, held: "held", applied: map[string]string{"one": "a2", "two": "a1", "once": "a2"},
			works: map[int]string{plays["first"]: "a2", plays["second"]: "a1 a2"},
		}
	})
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	l.expect("a1", map[string]string{"srv/first": "-", "srv/one": "-", "srv/asked": "-", "srv/second": "drained", "srv/held": "-", "srv/prepared": "x", "srv/two": "x", "srv/once": "-", "srv/after": "x"})
	l.expect("a2", map[string]string{"srv/first": "enabled", "srv/one": "x", "srv/asked": "x", "srv/second": "drained", "srv/held": "-", "srv/prepared": "x", "srv/two": "-", "srv/once": "x", "srv/after": "x"})
	first, second := strings.Index(rec.story(), "PLAY first: a2"), strings.Index(rec.story(), "PLAY first: a1")
	if first < 0 || second < first {
		t.Errorf("the canary is not a host that is worked on:\n%s", rec.story())
	}
}
