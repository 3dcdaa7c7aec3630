package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
)

// How says how an undo is done.
type How struct {
	Force  bool // overwrite what somebody else changed since
	Check  bool // only say what would happen
	Diff   bool
	Holder string // for the log that the undo itself makes
}

// Undo takes entries of a run back, in the order given; without ids everything that stands, newest first. One outcome is
// returned for each. The host's lock must be held, but in check mode.
func (s *Store) Undo(ctx context.Context, run string, ids []string, how How) ([]ops.Undone, error) {
	logs, err := s.place.load(run)
	if err != nil {
		return nil, err
	}
	if len(logs.logs) == 0 {
		return nil, fmt.Errorf("%s has no record of run %s: it changed nothing as %s, or its record was removed because of its age or size",
			s.place.Folder, run, s.place.User)
	}
	chosen, err := logs.choose(ids)
	if err != nil {
		return nil, err
	}
	if err := s.machine.knows(chosen); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.undoAll(ctx, logs, chosen, how)
}

// knows returns elsewhere.Err where a slim runner lacks the module of a change.
func (m Machine) knows(entries []*entry) error {
	for _, e := range entries {
		if _, ok := m.Lookup(e.Module); !ok && m.Slim && !e.note() {
			return fmt.Errorf("%s: %w", e.Module, elsewhere.Err)
		}
	}
	return nil
}

// undoAll takes entries back one after the other. The caller holds the mutex.
func (s *Store) undoAll(ctx context.Context, logs *runLogs, chosen []*entry, how How) ([]ops.Undone, error) {
	out := make([]ops.Undone, 0, len(chosen))
	for _, e := range chosen {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		out = append(out, s.undo(ctx, logs, e, how))
	}
	return out, nil
}

// choose finds entries by their ids, or all that stand.
func (r *runLogs) choose(ids []string) ([]*entry, error) {
	var chosen []*entry
	if len(ids) == 0 {
		for i := len(r.entries) - 1; i >= 0; i-- {
			if e := r.entries[i]; !e.note() && e.stands() {
				chosen = append(chosen, e)
			}
		}
		return chosen, nil
	}
	for _, id := range ids {
		e := r.byID[id]
		if e == nil {
			return nil, fmt.Errorf("run %s has no entry %q in this journal", r.run, id)
		}
		chosen = append(chosen, e)
	}
	return chosen, nil
}

// stands reports that a change was made and not taken back.
func (e *entry) stands() bool {
	return e.state == ops.StateDone || e.state == ops.StateConflict || e.state == ops.StateOpen
}

// undo takes one entry back.
func (s *Store) undo(ctx context.Context, logs *runLogs, e *entry, how How) ops.Undone {
	u := ops.Undone{ID: e.id, Name: e.Name, Module: e.Module, What: what(e), Again: e.again()}
	switch {
	case e.note():
		u.Note, u.Msg = true, e.Module+" has no inverse; only a rollback handler can take it back"
		return u
	case !e.stands():
		u.Msg = "nothing to undo: it is " + string(e.state)
		return u
	}
	if e.state == ops.StateOpen && !how.Check {
		return s.undoOpen(ctx, logs, e, how, u)
	}
	m, ok := s.machine.Lookup(e.Module)
	undoer, can := m.(modules.Undoer)
	if !ok || !can {
		u.Failed, u.Msg = true, fmt.Sprintf("this runner cannot undo changes of %s", e.Module)
		return u
	}
	if !how.Check {
		s.note(logs.run, how.Holder, kindUndoing, verdict{ID: e.id, Time: time.Now()}, true)
	}
	machine := s.machine.Sys
	if !how.Check {
		machine = s.undoing(logs.run, how.Holder, e)
	}
	call := &modules.Call{Sys: machine, Content: logs.contents, Check: how.Check, Diff: how.Diff}
	resultOf(&u, undoer.Undo(ctx, call, e.journalled(), e.post, how.Force))
	u.Again = u.Again && !u.Changed // what the change itself had started has been stopped
	if !how.Check {
		v := verdict{ID: e.id, Time: time.Now(), State: string(outcome(u, e)), Msg: u.Msg}
		s.note(logs.run, how.Holder, kindUndone, v, false)
		e.judge(v)
	}
	return u
}

// undoOpen takes back a change that was begun and never finished: recovery decides what it became, and what is whole is
// undone like any other.
func (s *Store) undoOpen(ctx context.Context, logs *runLogs, e *entry, how How, u ops.Undone) ops.Undone {
	v := s.decide(ctx, e, logs.contents)
	if v.State == "" {
		u.Failed, u.Msg = true, v.Msg
		return u
	}
	s.note(logs.run, how.Holder, kindRecovered, v, false)
	e.judge(v)
	if e.state == ops.StateDone {
		return s.undo(ctx, logs, e, how)
	}
	u.Changed, u.Msg = true, "it was interrupted; it is as before the task"
	return u
}

// outcome is the entry's state after an undo.
func outcome(u ops.Undone, e *entry) ops.State {
	switch {
	case u.Conflict:
		return ops.StateConflict
	case u.Failed:
		return e.state
	default:
		return ops.StateUndone
	}
}

// note records what happens to an entry. An undo goes on without its record: on a full disk it is what makes room again, and
// an entry that was undone without a record is found as before when it is undone once more.
func (s *Store) note(run, holder string, kind byte, v verdict, sync bool) {
	w, err := s.writer(run, holder)
	if err == nil {
		err = w.append(kind, v)
	}
	if err == nil && sync {
		_ = w.sync()
	}
}

// resultOf reads a module's answer.
func resultOf(u *ops.Undone, r modules.Result) {
	u.Changed = r.Changed()
	u.Failed = r.Failed()
	u.Conflict, _ = r["conflict"].(bool)
	if u.Conflict {
		u.Failed = false
	}
	u.Msg, _ = r["msg"].(string)
	u.Diff = r["diff"]
	if u.Failed || u.Conflict {
		u.Changed = false
	}
}

// Again reloads or restarts once more what entries reloaded or restarted.
func (s *Store) Again(ctx context.Context, run string, ids []string, check bool) ([]ops.Undone, error) {
	logs, err := s.place.load(run)
	if err != nil {
		return nil, err
	}
	chosen, err := logs.choose(ids)
	if err != nil {
		return nil, err
	}
	if err := s.machine.knows(chosen); err != nil {
		return nil, err
	}
	return s.repeat(ctx, chosen, check), nil
}

func (s *Store) repeat(ctx context.Context, chosen []*entry, check bool) []ops.Undone {
	var out []ops.Undone
	for _, e := range chosen {
		if !e.again() {
			continue
		}
		u := ops.Undone{ID: e.id, Name: e.Name, Module: e.Module, What: what(e), Again: true}
		m, ok := s.machine.Lookup(e.Module)
		var args map[string]any
		if err := json.Unmarshal(e.Params, &args); err != nil || !ok {
			u.Failed, u.Msg = true, fmt.Sprintf("%s cannot be repeated by this runner", e.Module)
		} else {
			resultOf(&u, m.Run(ctx, &modules.Call{Sys: s.machine.Sys, Args: args, Check: check}))
		}
		out = append(out, u)
	}
	return out
}
