package plan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

func shapes(action string) modules.Shape {
	return map[string]modules.Shape{"copy": modules.ShapeState, "command": modules.ShapeAction, "stat": modules.ShapeQuery}[action]
}

type object = map[string]any

// collected is the plan of a check run on a, b and c: c differs, b is unreachable for the last task.
func collected(t *testing.T, change func(*event.TaskResult)) *Plan {
	t.Helper()
	var remarks []string
	c := NewCollector(shapes, func(m event.Message) { remarks = append(remarks, m.Text) })
	result := func(task int, host, action string, st event.Status, r object) {
		e := event.TaskResult{Task: task, Host: host, Action: action, Status: st, Args: "args-" + host, Result: r}
		if change != nil {
			change(&e)
		}
		c.Handle(e)
	}
	start := func(id int, name, action, undo string) {
		c.Handle(event.TaskStart{ID: id, Play: 1, Key: "key-" + name, Name: name, Action: action, Undo: undo, Check: true, Pos: diag.Pos{File: "/p/site.yml", Line: id}})
	}
	c.Handle(event.RunStart{Run: "r", Time: time.Unix(0, 0)})
	c.Handle(event.PlayStart{ID: 1, Name: "p", Hosts: []string{"a", "b", "c"}})
	start(1, "file", "copy", "full")
	diff := func(after string) object {
		return object{"changed": true, "dest": "/f", "diff": object{"before": "x\n", "after": after}}
	}
	result(1, "b", "copy", event.Changed, diff("y\n"))
	result(1, "a", "copy", event.Changed, diff("y\n"))
	result(1, "c", "copy", event.Changed, diff("z\n"))
	start(2, "run it", "command", "handlers")
	for _, h := range []string{"c", "a", "b"} {
		result(2, h, "command", event.Skipped, object{"skipped": true, "msg": "check mode"})
	}
	start(3, "look", "stat", "")
	result(3, "a", "stat", event.OK, object{"changed": false})
	start(4, "not here", "command", "none")
	result(4, "a", "command", event.Skipped, object{"_ansible_false_condition": "x"})
	start(5, "loop", "copy", "full")
	c.Handle(event.ItemResult{Task: 5, Host: "a", Status: event.Changed, Label: "one", Result: object{"changed": true, "diff": object{"before": object{"mode": "0600"}, "after": object{"mode": "0644"}}}})
	c.Handle(event.ItemResult{Task: 5, Host: "a", Status: event.OK, Label: "two", Result: object{"changed": false}})
	c.Handle(event.TaskResult{Task: 5, Host: "a", Action: "copy", Status: event.Changed, Loop: true, Result: object{"changed": true}})
	c.Handle(event.TaskResult{Task: 5, Host: "b", Action: "copy", Status: event.Unreachable, Result: object{"msg": "gone"}})
	start(6, "hidden", "copy", "full")
	c.Handle(event.TaskResult{Task: 6, Host: "c", Action: "copy", Status: event.Changed, NoLog: true, Result: object{"changed": true}})
	c.Handle(event.Message{Level: "warning", Text: "careful"})
	c.Handle(event.RunEnd{Exit: 4})
	if !slices.Equal(remarks, []string{"careful"}) {
		t.Errorf("remarks %q", remarks)
	}
	return c.Plan()
}

const wanted = `~ file (copy)  [reversible]  site.yml:1
    a, b
      --- before: /f
      +++ after
      @@ -1 +1 @@
      -x
      +y
    c
      --- before: /f
      +++ after
      @@ -1 +1 @@
      -x
      +z

~ loop (copy)  [reversible]  site.yml:5
    a
      item one
      mode: 0600 -> 0644

~ hidden (copy)  [reversible]  site.yml:6
    c
      (no_log hides what changes)

Not assessed:
  ? run it (command)  [compensated]  site.yml:2: it cannot be foreseen without running it
    a, b, c

b is unreachable: gone

Plan: 5 changes by 3 tasks, on 3 of 3 hosts.
Tasks that change something: 3 reversible.
5 of 8 tasks on hosts could be assessed (62%).
`

func TestText(t *testing.T) {
	var b strings.Builder
	if err := (Text{Width: 80, Dir: "/p"}).Write(&b, collected(t, nil)); err != nil {
		t.Fatal(err)
	}
	if b.String() != wanted {
		t.Errorf("got\n%s", b.String())
	}
}

func TestSaveAndStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.plan")
	p := collected(t, nil)
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	back, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if stale := back.Stale(p); len(stale) > 0 {
		t.Errorf("a plan differs from itself: %q", stale)
	}
	for _, c := range []struct {
		change func(*event.TaskResult)
		want   string
	}{
		{func(e *event.TaskResult) {
			if e.Host == "a" && e.Task == 1 {
				e.Args = "other"
			}
		}, "a: file (/p/site.yml:1) asks for something else"},
		{func(e *event.TaskResult) {
			if e.Host == "c" && e.Task == 1 {
				e.Result["diff"] = object{"before": "by hand\n", "after": "z\n"}
			}
		}, "c: file (/p/site.yml:1) finds the host changed since the plan"},
		{func(e *event.TaskResult) {
			if e.Host == "a" && e.Task == 2 {
				e.Result["_ansible_false_condition"] = "x"
			}
		}, "a: run it (/p/site.yml:2) no longer applies"},
		{func(e *event.TaskResult) {
			if e.Host == "a" && e.Task == 4 {
				delete(e.Result, "_ansible_false_condition")
			}
		}, "a: not here (/p/site.yml:4) was not part of the plan"},
	} {
		if got := back.Stale(collected(t, c.change)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if err := os.WriteFile(path, []byte(`{"version": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("got %v", err)
	}
}

func TestInputsChanged(t *testing.T) {
	then := Inputs{Files: map[string]string{"a": "1", "b": "1"}, Hosts: map[string]string{"h": "1"}, Vars: map[string]string{"v": "1"}}
	now := Inputs{Files: map[string]string{"a": "2", "c": "1"}, Hosts: map[string]string{"h": "1"}}
	want := []string{"the file a changed", "the file b is gone", "the file c is new", "the extra variable v is gone"}
	if got := then.Changed(now); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
