package assess

import (
	"testing"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

func shape(action string) modules.Shape {
	return map[string]modules.Shape{"copy": modules.ShapeState, "command": modules.ShapeAction, "stat": modules.ShapeQuery}[action]
}

// TestFindings: what is told of a task, what is not and why, and when a host is out of the play.
func TestFindings(t *testing.T) {
	condition := map[string]any{"_ansible_false_condition": "x"}
	item := func(status event.Status, result map[string]any) event.ItemResult {
		return event.ItemResult{Task: 1, Host: "a", Status: status, Result: result}
	}
	for _, c := range []struct {
		about   string
		action  string
		start   event.TaskStart
		result  event.TaskResult
		items   []event.ItemResult
		applies bool
		why     string
		problem string
	}{
		{about: "a state", action: "copy", result: event.TaskResult{Status: event.Changed}, applies: true},
		{about: "a question", action: "stat", result: event.TaskResult{Status: event.OK}},
		{about: "of the controller", action: "debug", result: event.TaskResult{Status: event.OK}},
		{about: "a command", action: "command", result: event.TaskResult{Status: event.Skipped}, applies: true, why: "it cannot be foreseen without running it"},
		{about: "creates: is there", action: "command", result: event.TaskResult{Status: event.OK}, applies: true},
		{about: "left out", action: "command", result: event.TaskResult{Status: event.Skipped, Result: condition}},
		{about: "an empty loop", action: "copy", result: event.TaskResult{Status: event.Skipped, Result: map[string]any{"skipped_reason": "No items in the list"}}},
		{about: "all items left out", action: "copy", result: event.TaskResult{Status: event.Skipped, Loop: true, Result: map[string]any{"results": []any{condition}}}},
		{about: "one item left out, one unforeseen", action: "command", result: event.TaskResult{Status: event.Skipped, Loop: true, Result: map[string]any{"results": []any{condition, map[string]any{}}}}, applies: true, why: "it cannot be foreseen without running it"},
		{about: "some items of a command are unforeseen", action: "command", result: event.TaskResult{Status: event.OK, Loop: true}, items: []event.ItemResult{item(event.OK, nil), item(event.Skipped, nil)}, applies: true, why: "some of its items cannot be foreseen without running them"},
		{about: "some items of a command are left out", action: "command", result: event.TaskResult{Status: event.OK, Loop: true}, items: []event.ItemResult{item(event.OK, nil), item(event.Skipped, condition)}, applies: true},
		{about: "really ran", action: "copy", start: event.TaskStart{Name: "real"}, result: event.TaskResult{Status: event.Changed}, applies: true, why: "it really ran: check_mode is off for it"},
		{about: "failed", action: "copy", result: event.TaskResult{Status: event.Failed, Result: map[string]any{"msg": "no"}}, applies: true, why: "it failed: no", problem: "task: no"},
		{about: "failed, rescued", action: "copy", result: event.TaskResult{Status: event.Failed, Rescued: true}, applies: true, why: "it failed: "},
		{about: "failed, ignored", action: "copy", result: event.TaskResult{Status: event.Failed, Ignored: true}, applies: true, why: "it failed: "},
		{about: "unreachable", action: "copy", result: event.TaskResult{Status: event.Unreachable, Result: map[string]any{"msg": " no route\n"}}, problem: "no route"},
		{about: "unreachable, ignored", action: "copy", result: event.TaskResult{Status: event.Unreachable, Ignored: true}, applies: true, why: "it failed: "},
	} {
		r := NewRun(shape)
		if c.start.Name == "" {
			c.start = event.TaskStart{Name: "task", Check: true}
		}
		c.start.ID, c.result.Task, c.result.Host, c.result.Action = 1, 1, "a", c.action
		r.Handle(c.start)
		for _, i := range c.items {
			r.Handle(i)
		}
		f, ok := r.Handle(c.result)
		if !ok || f.Applies != c.applies || f.Why != c.why || f.Problem != c.problem || len(f.Items) != len(c.items) || f.Task.Name != c.start.Name {
			t.Errorf("%s: %+v", c.about, f)
		}
		if again, _ := r.Handle(c.result); len(again.Items) > 0 {
			t.Errorf("%s: items are kept", c.about)
		}
	}
}
