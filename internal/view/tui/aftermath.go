package tui

import (
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// aftermath folds what follows a batch's own tasks: gates, restores and rollbacks.
func (s *State) aftermath(e event.Event) {
	switch e := e.(type) {
	case event.PhaseStart:
		s.Phase = strings.ToUpper(e.Phase)
	case event.RollbackStart:
		s.rollbackStart(e)
	case event.Undone:
		s.undone(e)
	case event.RollbackEnd:
		s.rollbackEnd(e)
	}
}

func (s *State) rollbackStart(e event.RollbackStart) {
	s.Phase = "ROLLING BACK"
	text := "rolling back " + strings.TrimSpace(e.Play) + " on " + shortList(e.Hosts, 60)
	if e.Check {
		s.Phase, text = "ROLLING BACK (CHECK)", "would roll back on "+shortList(e.Hosts, 60)
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	s.say(Message{Level: "info", Text: text})
	for _, name := range e.Hosts {
		s.take(name)
	}
}

// undone books what became of one change: the letter of the task that made it, and a line of the host's.
func (s *State) undone(e event.Undone) {
	h := s.take(e.Host)
	r := &Record{Host: h, Column: s.column(e.Task), Name: "undo " + strings.TrimSpace(e.Module+" "+e.What), Cell: undoCell(e.Status), Delegated: e.Delegated, Start: s.Latest, End: s.Latest}
	result := map[string]any{"undo": string(e.Status)}
	if e.Name != "" {
		result["task"] = e.Name
	}
	if e.Msg != "" {
		result["msg"] = e.Msg
	}
	if e.Diff != nil {
		result["diff"] = e.Diff
	}
	h.Records = append(h.Records, r)
	h.Began = true
	h.set(r.Column, r.Cell)
	s.details.keep(r, event.TaskResult{Result: result})
	if r.Cell == CellFailed || r.Cell == CellUnreachable {
		s.Failures = append(s.Failures, r)
	}
}

// undoCell is the cell of a change that a rollback came to.
func undoCell(status event.UndoStatus) Cell {
	switch status {
	case event.UndoDone, event.UndoSame, event.UndoRepeated:
		return CellUndone
	case event.UndoLasting:
		return CellChanged
	case event.UndoUnreachable:
		return CellUnreachable
	}
	return CellFailed
}

// rollbackEnd tells how the hosts stand: rolled back where nothing is left that could be undone.
func (s *State) rollbackEnd(e event.RollbackEnd) {
	s.Phase = ""
	var open []string
	for _, name := range slices.Sorted(maps.Keys(e.Hosts)) {
		h := s.take(name)
		if !e.Hosts[name].Whole() {
			open = append(open, name)
			h.Began, h.Status = true, Failed
			continue
		}
		if !e.Check {
			h.Began, h.Status = true, RolledBack
		}
	}
	if e.Complete || e.Check {
		s.say(Message{Level: "info", Text: "rolled back on " + hostCount(len(e.Hosts)-len(open))})
		return
	}
	text := "not everything could be undone on " + shortList(open, 60)
	if e.Command != "" {
		text += "; finish with: " + e.Command
	}
	s.say(Message{Level: "error", Text: text})
}
