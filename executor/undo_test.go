package executor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// journalling makes hosts record what changes.
func journalling(o *executor.Options) { o.Journal, o.RunID, o.Forks = true, "r1", 1 }

// putOn writes a file of a host before the run.
func (l *lab) putOn(host, name, text string) { l.write(filepath.Join("machines", host, name), text) }

// on returns a file of a host; "-" when there is none.
func (l *lab) on(host, name string) string {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join(l.root(host), name))
	if err != nil {
		return "-"
	}
	return string(text)
}

// rollout is a play of two batches whose second fails at its gate.
const rollout = `- name: roll
  hosts: web
  gather_facts: false
  serial: 1
  rollback: SCOPE
  tasks:
    - name: version
      copy: {dest: /srv/version, content: "2"}
      notify: load
    - name: new file
      copy: {dest: /srv/new, content: "n"}
  gate:
    - name: well
      assert: {that: inventory_hostname != 'a2', quiet: true}
  handlers:
    - name: load
      debug: {msg: loaded}
`

func (l *lab) expect(host string, files map[string]string) {
	l.t.Helper()
	for name, want := range files {
		if got := l.on(host, name); got != want {
			l.t.Errorf("%s: %s is %q, want %q", host, name, got, want)
		}
	}
}

func TestRollbackOfABatch(t *testing.T) {
	l := newLab(t, nil)
	for _, h := range []string{"a1", "a2"} {
		l.putOn(h, "srv/version", "1")
	}
	rec, code, err := l.run(strings.ReplaceAll(rollout, "SCOPE", "true"), journalling)
	if err != nil || code != executor.ExitRolledBack {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/version": "2", "srv/new": "n"})
	l.expect("a2", map[string]string{"srv/version": "1", "srv/new": "-"})
	want := `PLAY roll: a2
TASK version
  a2 changed
TASK new file
  a2 changed
HANDLER load
  a2 ok: loaded
GATE a2
TASK well
  a2 failed: Assertion failed
ROLLBACK batch: a2 (the gate did not hold)
  a2 undone: copy /srv/new
  a2 undone: copy /srv/version
HANDLER load
  a2 ok: loaded
ROLLBACK END complete
= a1 ok=4 changed=2
= a2 ok=4 changed=2 failed=1 rolledback=2
`
	if got := rec.story(); !strings.HasSuffix(got, want) {
		t.Errorf("got:\n%s\nwant at its end:\n%s", got, want)
	}
}

func TestRollbackOfTheRun(t *testing.T) {
	l := newLab(t, nil)
	for _, h := range []string{"a1", "a2"} {
		l.putOn(h, "srv/version", "1")
	}
	rec, code, err := l.run(strings.ReplaceAll(rollout, "SCOPE", "{scope: run}"), journalling)
	if err != nil || code != executor.ExitRolledBack {
		t.Fatal(code, err)
	}
	for _, h := range []string{"a1", "a2"} {
		l.expect(h, map[string]string{"srv/version": "1", "srv/new": "-"})
	}
	if got := rec.story(); strings.Index(got, "ROLLBACK run: a1") < strings.Index(got, "ROLLBACK run: a2") {
		t.Errorf("the batches are not undone newest first:\n%s", got)
	}
}

func TestRollbackOfHosts(t *testing.T) {
	l := newLab(t, nil)
	_, code, err := l.run(`- hosts: web
  gather_facts: false
  rollback: {scope: host}
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
    - {name: bad, fail: {msg: broken}, when: inventory_hostname == 'a1'}
    - {name: more, copy: {dest: /srv/y, content: y}}
`, journalling)
	if err != nil || code != executor.ExitRolledBack {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/x": "-", "srv/y": "-"})
	l.expect("a2", map[string]string{"srv/x": "x", "srv/y": "y"})
}

// TestRollbackHandlers sees handlers run newest first, at their place, with their variables as they were.
func TestRollbackHandlers(t *testing.T) {
	play(t, []scene{{name: "loops, registered results, blocks and the play", with: journalling, code: 6, book: `- name: p
  hosts: a1
  gather_facts: false
  vars: {word: before}
  rollback:
    handlers:
      - {name: "play {{ word }}", debug: {msg: last}}
  tasks:
    - name: block
      when: inventory_hostname == 'a1' and gone is not defined
      block:
        - {name: first, copy: {dest: /srv/first, content: x}}
        - name: "migrate"
          debug: {msg: "{{ item }}"}
          changed_when: item != 'same'
          register: out
          loop: [one, same, two]
          vars: {own: "own {{ item }}"}
          rollback:
            - {name: "back {{ item }}", debug: {msg: "{{ out.msg }} {{ own }} {{ word }}"}, register: gone}
            - {name: then, debug: {msg: "{{ gone.msg }}"}}
      rollback:
        - {name: block back, debug: {msg: block}}
    - {name: change, set_fact: {word: after, gone: 1}}
    - {name: second, copy: {dest: /srv/second, content: x}}
    - {name: bad, fail: {msg: broken}}
`, want: `
PLAY p: a1
TASK first
  a1 changed
TASK migrate
  a1 (one) changed: one
  a1 (same) ok: same
  a1 (two) changed: two
TASK change
  a1 ok
TASK second
  a1 changed
TASK bad
  a1 failed: broken
ROLLBACK batch: a1 (hosts failed)
  a1 undone: copy /srv/second
HANDLER back two
  a1 ok: two own two before
HANDLER then
  a1 ok: two own two before
HANDLER back one
  a1 ok: one own one before
HANDLER then
  a1 ok: one own one before
HANDLER block back
  a1 ok: block
  a1 undone: copy /srv/first
HANDLER play before
  a1 ok: last
ROLLBACK END complete
= a1 ok=10 changed=3 failed=1 rolledback=6`},
		{name: "a handler that fails is told and the rest goes on", with: journalling, code: 2, book: `- hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - {name: first, copy: {dest: /srv/first, content: x}}
    - {name: migrate, debug: {msg: x}, changed_when: true, rollback: [{name: back, fail: {msg: no way back}}, {name: never, debug: {msg: x}}]}
    - {name: bad, fail: {msg: broken}}
`, want: `
PLAY a1: a1
TASK first
  a1 changed
TASK migrate
  a1 changed: x
TASK bad
  a1 failed: broken
ROLLBACK batch: a1 (hosts failed)
HANDLER back
  a1 failed: no way back
  a1 undone: copy /srv/first
ROLLBACK END: muster rollback r1 -l a1
= a1 ok=2 changed=2 failed=2 rolledback=1`},
		{name: "a failure that is rescued fails no other host", with: journalling, book: `- hosts: web
  gather_facts: false
  rollback: true
  tasks:
    - {name: first, copy: {dest: /srv/first, content: x}}
    - block:
        - {name: bad, fail: {msg: broken}, when: inventory_hostname == 'a1'}
      rescue:
        - {name: saved, debug: {msg: saved}}
      always:
        - {name: tidy, debug: {msg: tidy}}
    - {name: last, debug: {msg: last}}
`, want: `
PLAY web: a1 a2
TASK first
  a1 changed
  a2 changed
TASK bad
  a1 failed: broken
  a2 skipped
TASK saved
  a1 ok: saved
TASK tidy
  a1 ok: tidy
  a2 ok: tidy
TASK last
  a1 ok: last
  a2 ok: last
= a1 ok=4 changed=1 rescued=1
= a2 ok=3 changed=1 skipped=1`},
		{name: "a task that failed has registered nothing", with: journalling, code: 2, book: `- hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - {name: migrate, debug: {msg: x}, changed_when: true, failed_when: true, rollback: [{name: never, debug: {msg: x}}]}
`, want: `
PLAY a1: a1
TASK migrate
  a1 failed: x
= a1 failed=1`}})
}

// TestRescuedUnderFree: a failure that is rescued takes no host along, and nothing back.
func TestRescuedUnderFree(t *testing.T) {
	for _, strategy := range []string{"free", "host_pinned"} {
		t.Run(strategy, func(t *testing.T) {
			rec, code, err := newLab(t, nil).run(`- hosts: web
  gather_facts: false
  strategy: `+strategy+`
  rollback: true
  tasks:
    - {name: first, copy: {dest: /srv/first, content: x}}
    - block:
        - {name: bad, fail: {msg: broken}, when: inventory_hostname == 'a1'}
      rescue:
        - {name: saved, debug: {msg: saved}}
    - {name: last, debug: {msg: last}}
`, journalling)
			if err != nil || code != 0 {
				t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
			}
			story := rec.story()
			for _, line := range []string{"a1 ok: saved", "a1 ok: last", "a2 ok: last"} {
				if !strings.Contains(story, line) {
					t.Errorf("%q is missing", line)
				}
			}
			for _, line := range []string{"a2 ok: saved", "ROLLBACK"} {
				if strings.Contains(story, line) {
					t.Errorf("%q must not come", line)
				}
			}
			if t.Failed() {
				t.Log(story)
			}
		})
	}
}

func TestRollbackConflict(t *testing.T) {
	l := newLab(t, nil)
	l.putOn("a1", "srv/version", "1")
	rec, code, err := l.runWith(`- hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - {name: version, copy: {dest: /srv/version, content: "2"}, notify: load}
    - {name: other, copy: {dest: /srv/other, content: "2"}}
    - {name: bad, fail: {msg: broken}}
  handlers:
    - {name: load, debug: {msg: loaded}}
`, func(_ *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if s, ok := e.(event.TaskStart); ok && s.Name == "bad" {
				l.putOn("a1", "srv/version", "3, by hand")
			}
		}
	}, journalling)
	if err != nil || code != executor.ExitFailed {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/version": "3, by hand", "srv/other": "-"})
	want := "ROLLBACK batch: a1 (hosts failed)\n  a1 undone: copy /srv/other\n  a1 conflict: copy /srv/version\nROLLBACK END: muster rollback r1 -l a1\n"
	if got := rec.story(); !strings.Contains(got, want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
	}
}

// TestRollbackLeavesHandlersAlone: a handler does not overwrite what somebody else made of its own work.
func TestRollbackLeavesHandlersAlone(t *testing.T) {
	l := newLab(t, nil)
	_, code, err := l.runWith(`- hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - {name: version, copy: {dest: /srv/version, content: "2"}, notify: load}
    - {meta: flush_handlers}
    - {name: bad, fail: {msg: broken}}
  handlers:
    - {name: load, copy: {dest: /srv/loaded, content: "by handler"}}
`, func(_ *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if s, ok := e.(event.TaskStart); ok && s.Name == "bad" {
				l.putOn("a1", "srv/loaded", "by hand")
			}
		}
	}, journalling)
	if err != nil || code != executor.ExitFailed {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/version": "-", "srv/loaded": "by hand"})
}

// TestRollbackElsewhere has two hosts change one file of a third, by turns: what they did is undone newest first.
// TestRollbackMeetsNoService is a service that came with what is taken back: its handler has nothing to restart.
func TestRollbackMeetsNoService(t *testing.T) {
	for _, module := range []string{"service", "sysvinit"} {
		l := newLab(t, nil)
		rec, code, err := l.runWith(`- name: service
  hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - copy: {dest: /srv/redis.conf, content: x}
      notify: restart
    - fail: {msg: no}
  handlers:
    - name: restart
      `+module+`: {name: redis, state: restarted}
`, func(*executor.Executor, *record) {}, journalling)
		if err != nil || code != executor.ExitRolledBack {
			t.Errorf("%s: exit code %d, %v\n%s", module, code, err, rec.story())
		}
		l.expect("a1", map[string]string{"srv/redis.conf": "-"})
	}
}

func TestRollbackElsewhere(t *testing.T) {
	for _, strategy := range []string{"linear", "free", "host_pinned"} {
		t.Run(strategy, func(t *testing.T) {
			l := newLab(t, nil)
			l.putOn("b1", "srv/list", "start\n")
			_, code, err := l.run(`- hosts: web
  gather_facts: false
  strategy: `+strategy+`
  rollback: true
  tasks:
    - {name: add, lineinfile: {path: /srv/list, line: "{{ inventory_hostname }} {{ item }}"}, delegate_to: b1, loop: [1, 2]}
    - {name: own, copy: {dest: /srv/own, content: x}}
    - {name: once, lineinfile: {path: /srv/list, line: once}, delegate_to: b1, run_once: true}
    - {name: bad, fail: {msg: broken}, when: inventory_hostname == 'a2'}
`, journalling)
			if err != nil || code != executor.ExitRolledBack {
				t.Fatal(code, err)
			}
			l.expect("b1", map[string]string{"srv/list": "start\n"})
			for _, h := range []string{"a1", "a2"} {
				l.expect(h, map[string]string{"srv/own": "-"})
			}
		})
	}
}

// TestInterruptedRollout: the batch stays as it is, and the user learns how to take it back; on_interrupt takes it back.
func TestInterruptedRollout(t *testing.T) {
	for policy, want := range map[string]string{"true": "x", "{on_interrupt: true}": "-"} {
		l := newLab(t, nil)
		rec, code, err := l.runWith(`- hosts: a1
  gather_facts: false
  rollback: `+policy+`
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
    - {name: next, debug: {msg: never}}
`, func(x *executor.Executor, r *record) {
			r.saw = func(e event.Event) {
				switch e.(type) {
				case event.TaskStart:
					x.Stop()
				case event.RollbackStart:
					go x.Stop()
				}
			}
		}, journalling)
		if err != nil || code != executor.ExitInterrupted {
			t.Fatal(code, err)
		}
		l.expect("a1", map[string]string{"srv/x": want})
		told := strings.Contains(rec.story(), "NOT ROLLED BACK a1: 1: muster rollback r1 -l a1")
		if told != (want == "x") {
			t.Errorf("%s:\n%s", policy, rec.story())
		}
	}
}

// TestCheckModeRollsNothingBack: in check mode a gate that would not hold is not asked, and the play goes on to its end.
func TestCheckModeRollsNothingBack(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.run(strings.ReplaceAll(rollout, "SCOPE", "true"), journalling, func(o *executor.Options) { o.Check = true })
	if err != nil || code != executor.ExitOK || strings.Contains(rec.story(), "ROLLBACK") {
		t.Errorf("%d %v\n%s", code, err, rec.story())
	}
	if want := "TASK well\n  a2 skipped"; !strings.Contains(rec.story(), want) {
		t.Errorf("%q is not in:\n%s", want, rec.story())
	}
}

// TestRollbackOfALostHost: a host that is gone is listed with the command that finishes it; the others are rolled back.
func TestRollbackOfALostHost(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.runWith(`- hosts: web
  gather_facts: false
  rollback: true
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
    - {name: next, copy: {dest: /srv/y, content: y}}
  restore:
    - {name: enable, debug: {msg: back}}
`, func(_ *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if s, ok := e.(event.TaskStart); ok && s.Name == "next" {
				l.cut("a1")
			}
		}
	}, journalling)
	if err != nil || code != executor.ExitUnreachable {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/x": "x"})
	l.expect("a2", map[string]string{"srv/x": "-", "srv/y": "-"})
	story := rec.story()
	for _, want := range []string{"  a1 unreachable: copy /srv/x\n", "  a2 undone: copy /srv/x\n", "ROLLBACK END: muster rollback r1 -l a1\n", "RESTORE a1 a2\n"} {
		if !strings.Contains(story, want) {
			t.Errorf("%q is not in:\n%s", want, story)
		}
	}
}

// TestRollbackAfterTheLateGate: what was put back into service leaves it again with the rollback, and restore is run anew.
func TestRollbackAfterTheLateGate(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.run(`- hosts: a1
  gather_facts: false
  rollback: true
  tasks:
    - {name: file, copy: {dest: /srv/x, content: x}}
  restore:
    - {name: enable, copy: {dest: /srv/live, content: yes}}
  gate:
    after_restore:
      - {name: live, fail: {msg: errors}}
`, journalling)
	if err != nil || code != executor.ExitRolledBack {
		t.Fatal(code, err)
	}
	l.expect("a1", map[string]string{"srv/x": "-", "srv/live": "True"})
	want := "ROLLBACK batch: a1 (the gate did not hold)\n  a1 undone: copy /srv/live\n  a1 undone: copy /srv/x\nROLLBACK END complete\nRESTORE a1\nTASK enable\n  a1 changed\n"
	if got := rec.story(); !strings.Contains(got, want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", got, want)
	}
}

// byHand is a run of two plays, the first of them in two batches.
const byHand = `- name: roll
  hosts: web
  gather_facts: false
  serial: 1
  tasks:
    - {name: version, copy: {dest: /srv/version, content: "2"}}
    - {name: watched, debug: {msg: now}}
    - {name: new, copy: {dest: /srv/new, content: n}}
- name: then
  hosts: db
  gather_facts: false
  tasks:
    - {name: other, copy: {dest: /srv/other, content: o}}
`

// TestRollbackByHand undoes a run that somebody watches, wherever it is: amid a batch, after the last task of one, and in
// another play. Hosts are as they were before and the exit code says so.
func TestRollbackByHand(t *testing.T) {
	for name, c := range map[string]struct{ host, task, ends string }{
		"amid the first batch":  {"a1", "version", "ROLLBACK run: a1 (asked for by hand)"},
		"amid the second batch": {"a2", "watched", "ROLLBACK run: a1 (asked for by hand)"},
		"after the first batch": {"a1", "new", "ROLLBACK run: a1 (asked for by hand)"},
		"in the last task":      {"b1", "other", "ROLLBACK run: a1 (asked for by hand)"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, nil)
			for _, h := range []string{"a1", "a2"} {
				l.putOn(h, "srv/version", "1")
			}
			control := executor.NewControl()
			names := map[int]string{}
			made := func(x *executor.Executor, r *record) {
				r.saw = func(e event.Event) {
					switch e := e.(type) {
					case event.TaskStart:
						names[e.ID] = e.Name
					case event.TaskResult:
						if e.Host == c.host && names[e.Task] == c.task {
							control.RollBack()
							x.Stop()
						}
					}
				}
			}
			rec, code, err := l.runWith(byHand, made, journalling, func(o *executor.Options) { o.Control = control })
			story := rec.story()
			if err != nil || code != executor.ExitRolledBack {
				t.Fatalf("exit code %d, %v\n%s", code, err, story)
			}
			for _, h := range []string{"a1", "a2"} {
				if l.on(h, "srv/version") != "-" { // a host that was not reached has no machine
					l.expect(h, map[string]string{"srv/version": "1"})
				}
				l.expect(h, map[string]string{"srv/new": "-"})
			}
			l.expect("b1", map[string]string{"srv/other": "-"})
			if at := strings.LastIndex(story, "ROLLBACK run: "); at < 0 || !strings.HasPrefix(story[at:], c.ends) {
				t.Errorf("the oldest batch is not undone last:\n%s", story)
			}
			if end := rec.events[len(rec.events)-1].(event.RunEnd); end.Exit != code {
				t.Errorf("the end says %d, the run %d", end.Exit, code)
			}
		})
	}
}

// TestRollbackByHandOfNothing is an interrupted run.
func TestRollbackByHandOfNothing(t *testing.T) {
	l := newLab(t, nil)
	control := executor.NewControl()
	made := func(x *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if _, ok := e.(event.TaskStart); ok {
				control.RollBack()
				x.Stop()
			}
		}
	}
	rec, code, err := l.runWith("- {hosts: web, gather_facts: false, tasks: [{ping: {}}, {ping: {}}]}\n", made, journalling, func(o *executor.Options) { o.Control = control })
	if err != nil || code != executor.ExitInterrupted {
		t.Fatalf("exit code %d, %v\n%s", code, err, rec.story())
	}
}

// TestRollbackByHandMeetsAConflict leaves alone what somebody else changed since, and does not claim to have undone the run.
func TestRollbackByHandMeetsAConflict(t *testing.T) {
	l := newLab(t, nil)
	control := executor.NewControl()
	made := func(x *executor.Executor, r *record) {
		r.saw = func(e event.Event) {
			if res, ok := e.(event.TaskResult); ok && res.Host == "b1" {
				l.putOn("a2", "srv/version", "mine")
				control.RollBack()
				x.Stop()
			}
		}
	}
	rec, code, err := l.runWith(byHand, made, journalling, func(o *executor.Options) { o.Control = control })
	if err != nil || code != executor.ExitInterrupted {
		t.Fatalf("exit code %d, %v\n%s", code, err, rec.story())
	}
	l.expect("a2", map[string]string{"srv/version": "mine", "srv/new": "-"})
	l.expect("a1", map[string]string{"srv/version": "-", "srv/new": "-"})
}
