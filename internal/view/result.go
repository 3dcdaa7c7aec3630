package view

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

func hostLabel(host, delegated string) string {
	if delegated == "" || delegated == host || strings.HasPrefix(delegated, host+"(") {
		return host
	}
	return host + " -> " + delegated
}

// shortAction is an action's name without the collections that are always there.
func shortAction(action string) string {
	return strings.TrimPrefix(strings.TrimPrefix(action, "ansible.builtin."), "ansible.legacy.")
}

func isInclude(action string) bool {
	switch shortAction(action) {
	case "include", "include_tasks", "include_role":
		return true
	}
	return false
}

// showsItems reports whether a loop's items told everything: under no_log they did not.
func showsItems(e event.TaskResult) bool { return e.Loop && !e.NoLog }

// itemLabel is what stands for an item; as in Ansible nothing does under no_log.
func itemLabel(e event.ItemResult) string {
	if e.NoLog {
		return "None"
	}
	return e.Label
}

// result writes a task's outcome on a host.
func (t *Text) result(e event.TaskResult) {
	switch e.Status {
	case event.Unreachable:
		t.needBanner(e.Task)
		name, _, _ := strings.Cut(e.Delegated, "(") // Ansible knows no address of a host that it has not reached
		t.failedLine(colorUnreachable, fmt.Sprintf("fatal: [%s]: UNREACHABLE! => %s", hostLabel(e.Host, name), t.dump(e.Result, e.NoLog)))
		t.ignoring(e.Ignored)
	case event.Failed:
		t.failed(e)
	case event.Skipped:
		t.skipped(e)
	default:
		t.success(e)
	}
}

func (t *Text) failed(e event.TaskResult) {
	r := clean(e.Action, e.Result)
	t.needBanner(e.Task)
	t.exception(r)
	t.warnings(e.Result, e.Loop)
	if _, items := r["results"]; !showsItems(e) || !items { // what debug shows has no results left
		if task, ok := t.tasks[e.Task]; ok && t.o.PathOnFail && t.o.Verbosity < 2 {
			t.taskPath(task)
		}
		t.failedLine(colorError, fmt.Sprintf("fatal: [%s]: FAILED! => %s", hostLabel(e.Host, e.Delegated), t.dump(without(r, warningKeys...), e.NoLog)))
	}
	t.ignoring(e.Ignored)
}

func (t *Text) skipped(e event.TaskResult) {
	if t.o.HideSkipped {
		return
	}
	t.needBanner(e.Task)
	r := clean(e.Action, e.Result)
	if showsItems(e) {
		r = without(r, "results")
	}
	t.line(colorSkip, t.verbose("skipping: ["+e.Host+"]", r, e.NoLog))
}

func (t *Text) success(e event.TaskResult) {
	t.diffs(e)
	if isInclude(e.Action) {
		t.needBanner(e.Task)
		return
	}
	word, color := "ok", colorOK
	if e.Status == event.Changed {
		word, color = "changed", colorChanged
	} else if t.o.HideOK {
		return
	}
	t.needBanner(e.Task)
	t.warnings(e.Result, e.Loop)
	if showsItems(e) {
		return
	}
	r := without(clean(e.Action, e.Result), warningKeys...)
	t.line(color, t.verbose(fmt.Sprintf("%s: [%s]", word, hostLabel(e.Host, e.Delegated)), r, e.NoLog))
}

func (t *Text) ignoring(ignored bool) {
	if ignored {
		t.line(colorSkip, "...ignoring")
	}
}

// exception shows a module's stack trace, or its last line.
func (t *Text) exception(r map[string]any) {
	text, ok := r["exception"].(string)
	if !ok {
		return
	}
	if t.o.Verbosity < 3 {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		text = "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: " + lines[len(lines)-1]
	} else {
		text = "The full traceback is:\n" + text
	}
	t.failedLine(colorError, text)
}

// item writes one loop item's outcome.
func (t *Text) item(e event.ItemResult) {
	if isInclude(e.Action) && e.Status != event.Failed && e.Status != event.Unreachable && e.Status != event.Skipped {
		return
	}
	label := hostLabel(e.Host, e.Delegated)
	r := clean(e.Action, e.Result)
	switch e.Status {
	case event.Failed, event.Unreachable:
		t.needBanner(e.Task)
		t.exception(r)
		t.warnings(e.Result, false)
		t.failedLine(colorError, fmt.Sprintf("failed: [%s] (item=%s) => %s", label, itemLabel(e), t.dump(without(r, warningKeys...), e.NoLog)))
	case event.Skipped:
		if t.o.HideSkipped {
			return
		}
		t.needBanner(e.Task)
		t.line(colorSkip, t.verbose(fmt.Sprintf("skipping: [%s] => (item=%s) ", e.Host, itemLabel(e)), r, e.NoLog))
	default:
		if e.Diff && !e.NoLog {
			t.diffOf(e.Task, e.Host, e.Result)
		}
		word, color := "ok", colorOK
		if e.Status == event.Changed {
			word, color = "changed", colorChanged
		} else if t.o.HideOK {
			return
		}
		t.needBanner(e.Task)
		t.line(color, t.verbose(fmt.Sprintf("%s: [%s] => (item=%s)", word, label, itemLabel(e)), r, e.NoLog))
	}
}
