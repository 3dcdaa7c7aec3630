//go:build linux

package journal_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// TestProgramsOfTheDeadAreWaitedFor kills a process whose program still writes: what it wrote is seen, and taken back.
func TestProgramsOfTheDeadAreWaitedFor(t *testing.T) {
	h := newHost(t)
	h.write("etc/motd", "before\n")
	first := h.tree()
	s := h.process()
	h.begin(s, "run1")
	dying := &mortal{System: h.sys, at: 1, when: beforeIt}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.with(s.Task(ref("run1", 1)), dying, "copy", map[string]any{"dest": "/etc/motd", "content": "after\n"})
	}()
	<-done
	program := exec.CommandContext(t.Context(), "/bin/sh", "-c", `read -r _; echo after >"$0"`, filepath.Join(h.dir, "etc/motd"))
	held := h.place().Hold()
	program.ExtraFiles = append(program.ExtraFiles, held)
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.Die()
	go func() {
		_, _ = in.Write([]byte("go\n"))
		_ = program.Wait()
	}()
	next := h.process()
	recovered := h.begin(next, "run2")
	h.undo(next, "run1", journal.How{})
	if now := h.tree(); now != first || len(recovered) != 1 {
		t.Errorf("recovered %v:\n%s", recovered, modulestest.Difference(first, now))
	}
}

// TestProgramsHoldAFile: a program of a change keeps the file open, a command's does not.
func TestProgramsHoldAFile(t *testing.T) {
	h := newHost(t)
	s := h.process()
	h.begin(s, "run1")
	for _, c := range []struct {
		entry modules.Entry
		want  bool
	}{
		{modules.Entry{Module: "group", From: []byte("{}"), To: []byte("{}")}, true},
		{modules.Entry{Module: "command"}, false},
	} {
		task, machine := s.Task(ref("run1", 1)), &watched{System: h.sys}
		if _, err := task.Before(t.Context(), c.entry); err != nil {
			t.Fatal(err)
		}
		if _, err := task.System(machine).Run(t.Context(), sys.Command{Argv: []string{"true"}}); err != nil {
			t.Fatal(err)
		}
		if machine.held != c.want {
			t.Errorf("%s: held %v", c.entry.Module, machine.held)
		}
	}
}

// watched is a machine that only looks at what it is to run.
type watched struct {
	sys.System
	held bool
}

func (w *watched) Run(_ context.Context, c sys.Command) (sys.Output, error) {
	w.held = c.Hold != nil
	return sys.Output{}, nil
}
