package executor_test

import (
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

func TestGates(t *testing.T) {
	play(t, []scene{
		{name: "order of a batch, and the gate ends the rollout", book: `- hosts: web
  gather_facts: false
  serial: 1
  pre_tasks:
    - {name: drain, debug: {msg: drained}}
  tasks:
    - {name: update, debug: {msg: updated}, changed_when: true, notify: restart}
  post_tasks:
    - {name: after, debug: {msg: post}}
  gate:
    - {name: well, assert: {that: "inventory_hostname != 'a1'", quiet: true}}
    - {name: more, debug: {msg: never}}
  restore:
    - {name: enable, debug: {msg: back}}
  handlers:
    - {name: restart, debug: {msg: restarted}}
- hosts: db
  gather_facts: false
  tasks:
    - {name: never, debug: {msg: x}}
`, code: 2, want: `
PLAY web: a1
TASK drain
  a1 ok: drained
TASK update
  a1 changed: updated
HANDLER restart
  a1 ok: restarted
TASK after
  a1 ok: post
GATE a1
TASK well
  a1 failed: Assertion failed
RESTORE a1
TASK enable
  a1 ok: back
= a1 ok=5 changed=1 failed=1`},
		{name: "both gates, and the next batch", book: `- hosts: web
  gather_facts: false
  serial: 1
  tasks:
    - {name: update, debug: {msg: updated}}
  gate:
    before_restore:
      - {name: drained, debug: {msg: a}}
    after_restore:
      - {name: live, debug: {msg: b}}
  restore:
    - {name: enable, debug: {msg: back}}
`, want: `
PLAY web: a1
TASK update
  a1 ok: updated
GATE a1
TASK drained
  a1 ok: a
RESTORE a1
TASK enable
  a1 ok: back
GATE a1
TASK live
  a1 ok: b
PLAY web: a2
TASK update
  a2 ok: updated
GATE a2
TASK drained
  a2 ok: a
RESTORE a2
TASK enable
  a2 ok: back
GATE a2
TASK live
  a2 ok: b
= a1 ok=4
= a2 ok=4`},
		{name: "restore is owed to failed and unreachable hosts, but not to those that were not begun on", files: map[string]string{
			"hosts.ini": "[web]\na1\na2\ngone1\n"}, book: `- hosts: web
  gather_facts: false
  serial: [2, 1]
  max_fail_percentage: 80
  pre_tasks:
    - {name: look, stat: {path: /etc}}
  tasks:
    - {name: bad, fail: {msg: broken}, when: inventory_hostname == 'a1'}
  gate:
    - {name: well, debug: {msg: fine}}
  restore:
    - {name: enable, debug: {msg: back}}
`, code: 4, want: `
PLAY web: a1 a2
TASK look
  a1 ok
  a2 ok
TASK bad
  a1 failed: broken
  a2 skipped
GATE a2
TASK well
  a2 ok: fine
RESTORE a1 a2
TASK enable
  a1 ok: back
  a2 ok: back
PLAY web: gone1
TASK look
  gone1 unreachable: gone1: connection refused
NO MORE HOSTS
RESTORE gone1
TASK enable
  gone1 ok: back
= a1 ok=2 failed=1
= a2 ok=3 skipped=1
= gone1 ok=1 unreachable=1`},
		{name: "gates and restore run whatever tags say", with: func(o *executor.Options) { o.Tags = []string{"some"} }, book: `- hosts: a1
  gather_facts: false
  tasks:
    - {name: some, debug: {msg: a}, tags: some}
    - {name: other, debug: {msg: b}}
  gate:
    - {name: gate, debug: {msg: c}}
  restore:
    - {name: restore, debug: {msg: d}}
- hosts: a1
  gather_facts: false
  tasks:
    - {name: other, debug: {msg: b}}
  gate:
    - {name: no gate, debug: {msg: c}}
`, want: `
PLAY a1: a1
TASK some
  a1 ok: a
GATE a1
TASK gate
  a1 ok: c
RESTORE a1
TASK restore
  a1 ok: d
PLAY a1: a1
= a1 ok=3`},
	})
}

// TestInterruptedRestore interrupts a rollout between draining and restoring: restore runs all the same.
func TestInterruptedRestore(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.runWith(`- hosts: a1
  gather_facts: false
  tasks:
    - {name: drain, debug: {msg: a}}
    - {name: never, debug: {msg: b}}
  restore:
    - {name: enable, debug: {msg: back}}
    - {name: really, debug: {msg: enabled}}
`, func(x *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			switch e := e.(type) {
			case event.TaskStart:
				if e.Name == "drain" && x.Stop() {
					t.Error("nothing was guarded yet")
				}
				if e.Name == "enable" && !x.Stop() {
					t.Error("restore did not say that it goes on")
				}
			}
		}
	})
	if err != nil || code != executor.ExitInterrupted {
		t.Fatal(code, err)
	}
	want := "PLAY a1: a1\nTASK drain\n  a1 ok: a\nRESTORE a1\nTASK enable\n  a1 ok: back\nTASK really\n  a1 ok: enabled\n= a1 ok=3\n"
	if got := rec.story(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
