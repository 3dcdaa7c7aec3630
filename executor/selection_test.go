package executor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

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
		o.Select = func(host, key string) bool { return host == "a1" && keys[key] == "two" }
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
