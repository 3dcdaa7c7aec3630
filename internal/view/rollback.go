package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// rollout writes what follows a batch's tasks: gates, restore and rollbacks.
func (t *Text) rollout(e event.Event) {
	switch e := e.(type) {
	case event.PhaseStart:
		t.title(fmt.Sprintf("%s [%s]", strings.ToUpper(e.Phase), e.Play))
		if e.Check && e.Phase == "gate" {
			t.line(colorSkip, "gate: not asked in check mode, as nothing was changed; tasks with check_mode: false are")
		}
	case event.RollbackStart:
		t.rollback(e)
	case event.Undone:
		t.undone(e)
	case event.RollbackEnd:
		t.rollbackEnd(e)
	case event.NotRolledBack:
		t.line(colorWarn, fmt.Sprintf("\nnot rolled back: [%s]: the run was interrupted and %s left\nroll them back with: %s",
			strings.Join(e.Hosts, ", "), plural(e.Changes, "change is", "changes are"), e.Command))
	case event.NotStarted:
		t.title("PLAY [" + e.Play + "]")
		t.line(colorSkip, fmt.Sprintf("not started: it needs %s, which did not hold", strings.Join(e.Needs, ", ")))
	}
}

// isRollout reports whether rollout writes the event.
func isRollout(e event.Event) bool {
	switch e.(type) {
	case event.PhaseStart, event.RollbackStart, event.Undone, event.RollbackEnd, event.NotRolledBack, event.NotStarted:
		return true
	}
	return false
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func (t *Text) rollback(e event.RollbackStart) {
	what := e.Play
	if what == "" {
		what = e.Run
	}
	mark := ""
	if e.Check && t.o.CheckMarks {
		mark = " [CHECK MODE]"
	}
	t.wouldUndo = e.Check
	t.title(fmt.Sprintf("ROLLBACK [%s]%s", what, mark))
	var why []string
	if e.Of > 1 {
		why = append(why, fmt.Sprintf("batch %d of %d", e.Batch+1, e.Of))
	}
	if e.Reason != "" {
		why = append(why, e.Reason)
	}
	if len(why) > 0 {
		t.line(colorSkip, strings.Join(why, ", "))
	}
	t.banner = 0
}

// undone writes a line for one change: what became of it, where, and what it was.
func (t *Text) undone(e event.Undone) {
	what := undoneWhat(e)
	line := fmt.Sprintf("[%s] => (%s)", hostLabel(e.Host, e.Delegated), what)
	if e.Diff != nil {
		t.line("", t.diffText(e.Diff))
	}
	switch e.Status {
	case event.UndoDone:
		done := "undone: "
		if t.wouldUndo {
			done = "would be undone: "
		}
		t.line(colorChanged, withMessage(done+line, e.Msg))
	case event.UndoSame:
		t.line(colorOK, "ok: "+line)
	case event.UndoRepeated:
		t.line(colorChanged, "again: "+line)
	case event.UndoConflict:
		t.failedLine(colorError, withMessage("conflict: "+line, e.Msg))
	case event.UndoLasting:
		t.line(colorWarn, withMessage("not undone: "+line, orElse(e.Msg, "nothing takes it back but a rollback handler, and it has none")))
	case event.UndoUnreachable:
		t.failedLine(colorUnreachable, withMessage("unreachable: "+line, e.Msg))
	default:
		t.failedLine(colorError, withMessage("failed: "+line, e.Msg))
	}
}

// undoneWhat names a change: the module and what it changed, or the task's name where the journal knows no more.
func undoneWhat(e event.Undone) string {
	what := e.What
	if what == e.Module {
		what = e.Name
	}
	return orElse(strings.TrimSpace(e.Module+" "+what), e.Name)
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func withMessage(line, msg string) string {
	if msg == "" {
		return line
	}
	return line + ": " + msg
}

// rollbackEnd says what is left on which hosts and how to finish it.
func (t *Text) rollbackEnd(e event.RollbackEnd) {
	if e.Complete {
		return
	}
	t.line("", "")
	for _, h := range slices.Sorted(maps.Keys(e.Hosts)) {
		if l := e.Hosts[h]; !l.Whole() {
			t.line(colorError, fmt.Sprintf("not rolled back: [%s]: %s", h, leftText(l)))
		}
	}
	if e.Command != "" {
		t.line(colorWarn, "finish with: "+e.Command)
	}
}

func leftText(l event.Left) string {
	var parts []string
	if l.Pending > 0 {
		parts = append(parts, strings.TrimPrefix(withMessage("", orElse(l.Why, "not come to")), ": ")+", "+plural(l.Pending, "change is left", "changes are left"))
	}
	if l.Conflicts > 0 {
		parts = append(parts, plural(l.Conflicts, "conflict", "conflicts")+" left alone")
	}
	if l.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", l.Failed))
	}
	return strings.Join(parts, ", ")
}
