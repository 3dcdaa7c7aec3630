package executor_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// keysOf runs a playbook and returns the keys of its tasks and the digests of their arguments on a1, by name.
func keysOf(t *testing.T, files map[string]string, book string) (keys, args map[string]string) {
	t.Helper()
	rec, code, err := newLab(t, files).run(book, func(o *executor.Options) { o.Digests = true })
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	keys, args = map[string]string{}, map[string]string{}
	names := map[int]string{}
	for _, e := range rec.events {
		switch e := e.(type) {
		case event.TaskStart:
			name := e.Name
			for keys[name] != "" {
				name += "'"
			}
			keys[name], names[e.ID] = e.Key, name
		case event.TaskResult:
			if e.Host == "a1" {
				args[names[e.Task]] = e.Args
			}
		}
	}
	return keys, args
}

// TestKeysStay: a task has the same key when lines move and other tasks come and go, and a key of its own among equals.
func TestKeysStay(t *testing.T) {
	const before = `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: one, copy: {dest: /tmp/f, content: "1"}}
    - {name: twin, debug: {msg: a}}
    - {name: twin, debug: {msg: b}}
    - {name: more, include_tasks: more.yml}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: [1, 2]}
`
	const after = `
# moved
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: new, debug: {msg: new}}
    - {name: twin, debug: {msg: a}}
    - {name: twin, debug: {msg: b}}
    - {name: one, copy: {dest: /tmp/f, content: "2"}}

    - {name: more, include_tasks: more.yml}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: [1, 3]}
`
	files := map[string]string{"more.yml": "- {name: included, debug: {msg: x}}\n"}
	keys, args := keysOf(t, files, before)
	moved, changed := keysOf(t, files, after)
	seen := map[string]string{}
	for name, key := range keys {
		if moved[name] != key {
			t.Errorf("%s had the key %s, now %s", name, key, moved[name])
		}
		if len(key) != 16 || seen[key] != "" {
			t.Errorf("%s has the key %q, as %q has", name, key, seen[key])
		}
		seen[key] = name
	}
	var differ []string
	for _, name := range []string{"included", "loop", "one", "twin", "twin'"} {
		if args[name] == "" {
			t.Errorf("%s has no digest", name)
		}
		if args[name] != changed[name] {
			differ = append(differ, name)
		}
	}
	if got := strings.Join(differ, " "); got != "loop one" {
		t.Errorf("other arguments have: %s", got)
	}
}
