package executor_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/assess"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

const gated = `- name: roll
  hosts: a1
  gather_facts: false
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
  gate:
    before_restore:
      - {name: looped, assert: {that: item == 0}, loop: [1]}
      - {name: broken condition, fail: {msg: no}, when: nobody.knows}
      - {name: inner, include_tasks: inner.yml}
      - block:
          - {name: really, copy: {dest: /srv/a, content: a}, check_mode: false}
        check_mode: true
    after_restore:
      - {name: late, fail: {msg: no}}
`

// TestGateInCheckMode: a gate's tasks are skipped without a look at their conditions, those without check mode really run,
// includes are followed; nothing of it is part of what a check run can or cannot tell.
func TestGateInCheckMode(t *testing.T) {
	l := newLab(t, map[string]string{"inner.yml": "- {name: included, fail: {msg: no}}\n- {name: included too, copy: {dest: /srv/b, content: b}, check_mode: false}\n"})
	rec, code, err := l.run(gated, func(o *executor.Options) { o.Check = true })
	if err != nil || code != executor.ExitOK {
		t.Fatal(code, err, rec.story())
	}
	want := "GATE a1\nTASK looped\n  a1 skipped\nTASK broken condition\n  a1 skipped\nTASK inner\n  a1 ok\n  included inner.yml: a1\nTASK included\n  a1 skipped\nTASK included too\n  a1 changed\nTASK really\n  a1 changed\nGATE a1\nTASK late\n  a1 skipped\n"
	if got := rec.story(); !strings.Contains(got, want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
	}
	l.expect("a1", map[string]string{"srv/x": "-", "srv/a": "a", "srv/b": "b"})
	run := assess.NewRun(func(string) modules.Shape { return modules.ShapeAction })
	for _, e := range rec.events {
		f, ok := run.Handle(e)
		if ok && f.Applies && f.Result.Status == event.Skipped {
			t.Errorf("%s counts as something that could have been assessed", f.Task.Name)
		}
	}
}

// TestGateWithCheckMode: a gate's task may look in check mode where the play itself changes hosts.
func TestGateWithCheckMode(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.run(`- name: roll
  hosts: a1
  gather_facts: false
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
  gate:
    - {name: as it should be, copy: {dest: /srv/x, content: y}, check_mode: true, register: same, failed_when: same is changed}
`)
	if err != nil || code != executor.ExitFailed {
		t.Fatal(code, err, rec.story())
	}
}
