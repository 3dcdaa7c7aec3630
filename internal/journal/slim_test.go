package journal_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
)

// slim is a process of a runner without some modules.
func (h *host) slim(without ...string) *journal.Store {
	lookup := func(name string) (modules.Module, bool) {
		if slices.Contains(without, name) {
			return nil, false
		}
		return h.mods.Get(name)
	}
	return journal.New(h.place(), journal.Machine{Sys: h.sys, Lookup: lookup, Slim: true})
}

// TestSlimRunnerUndoesNothingByHalves has a run whose newest change a slim runner could undo, but not the one before: it must
// leave both to a full one.
func TestSlimRunnerUndoesNothingByHalves(t *testing.T) {
	h := newHost(t)
	h.write("etc/motd", "welcome\n")
	h.write("etc/issue", "hello\n")
	first := h.tree()
	s := h.process()
	h.begin(s, "run1")
	h.must(s, "run1", "lineinfile", map[string]any{"path": "/etc/motd", "line": "to all"})
	h.must(s, "run1", "copy", map[string]any{"dest": "/etc/issue", "content": "bye\n"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	changed := h.tree()

	slim := h.slim("lineinfile")
	h.begin(slim, "back")
	if _, err := slim.Undo(t.Context(), "run1", nil, journal.How{}); !errors.Is(err, elsewhere.Err) {
		t.Fatalf("a slim runner without lineinfile: %v", err)
	}
	ctx, asked := elsewhere.Watch(t.Context())
	ask := &modules.Call{Sys: h.sys, Args: map[string]any{"op": ops.OpUndo, "body": []byte(`{"run": "run1"}`)}}
	if r := slim.Module(ref("back", 0)).Run(ctx, ask); !r.Failed() || !asked() {
		t.Errorf("the controller is not sent elsewhere: %v", r)
	}
	if now := h.tree(); now != changed {
		t.Fatalf("it undid some of it:\n%s", modulestest.Difference(changed, now))
	}
	if err := slim.Close(); err != nil {
		t.Fatal(err)
	}

	full := h.process()
	h.begin(full, "back")
	if done := h.undo(full, "run1", journal.How{}); len(done) != 2 {
		t.Errorf("%+v", done)
	}
	if now := h.tree(); now != first {
		t.Errorf("not restored:\n%s", modulestest.Difference(first, now))
	}
}

// TestSlimRunnerLeavesRecoveryToAFullOne kills a change of a module that the next process lacks.
func TestSlimRunnerLeavesRecoveryToAFullOne(t *testing.T) {
	h := furnished(t)
	first := h.tree()
	s := h.process()
	h.begin(s, "run1")
	if _, failed := h.perform(s, &mortal{System: h.sys, at: 2, when: amidIt}, "run1", 0); failed != nil {
		t.Fatal(failed)
	}
	s.Die()
	open := h.entries("run1")
	left := h.tree()

	slim := h.slim(open[len(open)-1].Module)
	if _, err := slim.Begin(t.Context(), ref("run2", 0)); !errors.Is(err, elsewhere.Err) {
		t.Fatalf("a slim runner without %s: %v", open[len(open)-1].Module, err)
	}
	if now := h.tree(); now != left {
		t.Fatalf("it touched something:\n%s", modulestest.Difference(left, now))
	}
	full := h.process()
	if got := h.begin(full, "run2"); len(got) != 1 || got[0].State == ops.StateOpen {
		t.Errorf("the full runner recovered %+v", got)
	}
	h.undo(full, "run1", journal.How{})
	if now := h.tree(); now != first {
		t.Errorf("not restored:\n%s", modulestest.Difference(first, now))
	}
}
