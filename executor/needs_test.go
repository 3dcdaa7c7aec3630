package executor_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

const sideBySide = `- name: left
  hosts: a1
  gather_facts: false
  needs: []
  tasks:
    - {name: meet, debug: {msg: "{{ lookup('pipe', 'left') }}"}}
- name: right
  hosts: a2
  gather_facts: false
  needs: []
  tasks:
    - {name: meet, debug: {msg: "{{ lookup('pipe', 'right') }}"}}
- name: both
  hosts: b1
  gather_facts: false
  needs: [left, right]
  tasks:
    - {name: after, debug: {msg: c}}
`

// TestIndependentPlays has two plays wait for each other: they end only because they run side by side. What they say
// comes one play after the other.
func TestIndependentPlays(t *testing.T) {
	var meet sync.WaitGroup
	meet.Add(2)
	rendezvous := asking(func() {
		meet.Done()
		meet.Wait()
	})
	l := newLab(t, nil)
	rec, code, err := l.run(sideBySide, func(o *executor.Options) {
		o.Forks = 4
		o.Lookups = rendezvous.around(o.Lookups)
	})
	if err != nil || code != 0 {
		t.Fatal(code, err)
	}
	got := rec.story()
	left := "PLAY left: a1\nTASK meet\n  a1 ok: asked\n"
	right := "PLAY right: a2\nTASK meet\n  a2 ok: asked\n"
	rest := "PLAY both: b1\nTASK after\n  b1 ok: c\n= a1 ok=1\n= a2 ok=1\n= b1 ok=1\n"
	if got != left+right+rest && got != right+left+rest {
		t.Errorf("got:\n%s", got)
	}
}

func TestNeeds(t *testing.T) {
	play(t, []scene{
		{name: "a gate that does not hold keeps dependants back, and them only", book: `- name: db
  hosts: a1
  gather_facts: false
  tasks:
    - {name: db, debug: {msg: a}}
  gate:
    - {name: well, fail: {msg: broken}}
- name: web
  hosts: a2
  gather_facts: false
  needs: [db]
  tasks:
    - {name: never, debug: {msg: b}}
- name: other
  hosts: b1
  gather_facts: false
  needs: []
  tasks:
    - {name: other, debug: {msg: c}}
- name: last
  hosts: b1
  gather_facts: false
  tasks:
    - {name: never, debug: {msg: d}}
`, code: 2, want: `
PLAY db: a1
TASK db
  a1 ok: a
GATE a1
TASK well
  a1 failed: broken
PLAY other: b1
TASK other
  b1 ok: c
NOT STARTED web: needs db
NOT STARTED last: needs db, web
= a1 ok=1 failed=1
= b1 ok=1`},
		{name: "a later play may be needed", book: `- {name: second, hosts: a1, gather_facts: false, needs: [first], tasks: [{name: two, debug: {msg: b}}]}
- {name: first, hosts: a1, gather_facts: false, needs: [], tasks: [{name: one, debug: {msg: a}}]}
`, want: `
PLAY first: a1
TASK one
  a1 ok: a
PLAY second: a1
TASK two
  a1 ok: b
= a1 ok=2`},
	})
}

// TestNeedsInterrupted: an interrupt starts no further play.
func TestNeedsInterrupted(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.runWith(sideBySide, func(x *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if _, ok := e.(event.TaskStart); ok {
				x.Stop()
			}
		}
	}, func(o *executor.Options) { o.Lookups = asking(func() {}).around(o.Lookups) })
	if err != nil || code != executor.ExitInterrupted {
		t.Fatal(code, err)
	}
	if strings.Contains(rec.story(), "PLAY both") {
		t.Errorf("got:\n%s", rec.story())
	}
}
