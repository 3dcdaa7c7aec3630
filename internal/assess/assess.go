// Package assess says what a check run tells of hosts, task by task: whether a task would change something there, what, and
// why some tasks tell nothing. Plans and reports on drift stand on it.
package assess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

// Run follows the events of a check run. It is used by one goroutine at a time.
type Run struct {
	shape func(action string) modules.Shape
	tasks map[int]event.TaskStart
	items map[onHost][]event.ItemResult
}

type onHost struct {
	task int
	host string
}

// NewRun follows a run from its start. shape is that of an action, "" for those that only the controller knows.
func NewRun(shape func(action string) modules.Shape) *Run {
	return &Run{shape: shape, tasks: map[int]event.TaskStart{}, items: map[onHost][]event.ItemResult{}}
}

// Finding is what the result of a task on a host tells.
type Finding struct {
	Task    event.TaskStart
	Result  event.TaskResult
	Items   []event.ItemResult // of its loop
	Problem string             // why the host is out of the play because of it; "" when it is not
	Applies bool               // the task changes hosts when it runs, and its conditions do not leave this one out
	Why     string             // why nothing can be told of what it would do; "" when it can
}

// Handle takes an event. For the result of a task it returns what that tells, and ok is true.
func (r *Run) Handle(e event.Event) (f Finding, ok bool) {
	switch e := e.(type) {
	case event.TaskStart:
		r.tasks[e.ID] = e
	case event.ItemResult:
		k := onHost{e.Task, e.Host}
		r.items[k] = append(r.items[k], e)
	case event.TaskResult:
		k := onHost{e.Task, e.Host}
		f = Finding{Task: r.tasks[e.Task], Result: e, Items: r.items[k]}
		delete(r.items, k)
		f.judge(r.shape(e.Action))
		return f, true
	}
	return f, false
}

func (f *Finding) judge(shape modules.Shape) {
	e := f.Result
	switch {
	case e.Ignored || e.Status == event.Failed && e.Rescued:
	case e.Status == event.Unreachable:
		f.Problem = Text(e.Result["msg"])
	case e.Status == event.Failed:
		f.Problem = f.Task.Name + ": " + Text(e.Result["msg"])
	}
	if shape != modules.ShapeState && shape != modules.ShapeAction || e.Status == event.Unreachable && !e.Ignored || leftOut(e) {
		return
	}
	f.Applies, f.Why = true, f.unassessed(shape)
}

// unassessed says why the outcome of a task tells nothing of what it would do; "" when it does.
func (f *Finding) unassessed(shape modules.Shape) string {
	e := f.Result
	switch {
	case !f.Task.Check:
		return "it really ran: check_mode is off for it"
	case e.Status == event.Failed || e.Status == event.Unreachable:
		return "it failed: " + Text(e.Result["msg"])
	case e.Status == event.Skipped:
		return "it cannot be foreseen without running it"
	case shape == modules.ShapeAction && !f.Task.Handler && e.Status == event.OK && e.Loop && slices.ContainsFunc(f.Items, unforeseen):
		return "some of its items cannot be foreseen without running them"
	}
	return ""
}

// unforeseen reports that an item was skipped, and not by its own condition.
func unforeseen(i event.ItemResult) bool {
	_, condition := i.Result["_ansible_false_condition"]
	return i.Status == event.Skipped && !condition
}

// leftOut reports that the task's own conditions leave the host out, or that its loop is empty.
func leftOut(e event.TaskResult) bool {
	if e.Status != event.Skipped {
		return false
	}
	_, condition := e.Result["_ansible_false_condition"]
	_, empty := e.Result["skipped_reason"]
	if condition || empty {
		return true
	}
	list, ok := e.Result["results"].([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool {
		m, _ := item.(map[string]any)
		_, condition := m["_ansible_false_condition"]
		return !condition
	})
}

// Text is a value of a result as one text.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	}
	return fmt.Sprint(v)
}
