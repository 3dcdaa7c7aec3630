package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
)

// recover finishes or reverts what processes that died left open, in the order in which it was begun, newest first within a
// log. Logs of processes that live are left alone. The caller holds the store's mutex and the host's lock.
func (s *Store) recover(ctx context.Context) ([]ops.Recovered, error) {
	mutex, err := s.place.mutex() // one process recovers at a time; another of the same run waits for it
	if err != nil {
		return nil, err
	}
	defer func() { _ = mutex.Close() }()
	dir := filepath.Join(s.place.Folder, "open")
	left, err := names(dir)
	if err != nil {
		return nil, err
	}
	var all []ops.Recovered
	for _, name := range left {
		found, err := s.recoverLog(ctx, filepath.Join(dir, name))
		if err != nil {
			return all, fmt.Errorf("recover %s: %w", name, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// recoverLog does that for one log. A log that lives, or is gone, has nothing to recover.
func (s *Store) recoverLog(ctx context.Context, path string) ([]ops.Recovered, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if dead, err := flock(f, true, false); err != nil || !dead {
		return nil, errors.Join(err, f.Close())
	}
	if err := s.place.outlast(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	run, _, _ := strings.Cut(filepath.Base(path), "~")
	logs, err := s.place.load(run)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, l := range logs.logs {
		if l.path != path {
			continue
		}
		w, err := resume(s.place, f, l)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return s.finishLog(ctx, w, logs, l)
	}
	return nil, errors.Join(errors.New("the log vanished"), f.Close())
}

// finishLog recovers the entries of one dead log and moves it to the finished ones; while something is undecided it stays.
func (s *Store) finishLog(ctx context.Context, w *writer, logs *runLogs, l *logFile) (all []ops.Recovered, err error) {
	left := interrupted(logs, l)
	if err := s.machine.knows(left); err != nil {
		return nil, errors.Join(err, w.f.Close())
	}
	undecided := false
	for _, e := range left {
		v := s.decide(ctx, e, logs.contents)
		if v.State == "" {
			undecided = true
		} else if err := w.append(kindRecovered, v); err != nil && !noSpace(err) { // found again next time
			return all, errors.Join(err, w.f.Close())
		}
		state := ops.State(v.State)
		if state == "" {
			state = ops.StateOpen
		}
		all = append(all, ops.Recovered{ID: e.id, Name: e.Name, What: what(e), State: state, Msg: v.Msg})
	}
	if undecided {
		return all, errors.Join(w.sync(), w.f.Close())
	}
	return all, w.close()
}

// interrupted are the entries that a dead log left open, and those of any log whose undo it left unfinished; newest first.
func interrupted(logs *runLogs, l *logFile) []*entry {
	var found []*entry
	for i := len(logs.entries) - 1; i >= 0; i-- {
		e := logs.entries[i]
		if e.state == ops.StateOpen && owns(l, e) || e.undoing && l.began(e.id) {
			found = append(found, e)
		}
	}
	return found
}

func owns(l *logFile, e *entry) bool {
	for _, have := range l.entries {
		if have == e {
			return true
		}
	}
	return false
}

// began reports that the undo of an entry was begun in this log.
func (l *logFile) began(id string) bool {
	for _, v := range l.verdict {
		if v.ID == id && v.State == stateUndoing {
			return true
		}
	}
	return false
}

// decide looks at the machine and finishes or reverts one entry. A verdict without a state could not be reached.
func (s *Store) decide(ctx context.Context, e *entry, c *contents) verdict {
	v := verdict{ID: e.id}
	defer func() { v.Time = time.Now() }()
	if e.note() {
		v.State, v.Post = string(ops.StateDone), []byte(`{"changed":true}`)
		v.Msg = "interrupted while it ran; it may have changed something"
		v.Time = time.Now()
		return v
	}
	m, ok := s.machine.Lookup(e.Module)
	r, can := m.(modules.Recoverer)
	if !ok || !can {
		v.Msg = fmt.Sprintf("this runner cannot recover changes of %s", e.Module)
		return v
	}
	s.sweep(e)
	call := &modules.Call{Sys: s.machine.Sys, Content: c}
	var err error
	if e.undoing {
		v.State, v.Msg, err = finishUndo(ctx, r, call, e)
	} else {
		v.State, v.Msg, v.Post, err = finishChange(ctx, r, call, e)
	}
	if err != nil {
		v.State, v.Msg = "", err.Error()
	}
	v.Time = time.Now()
	return v
}

func finishChange(ctx context.Context, r modules.Recoverer, c *modules.Call, e *entry) (state, msg string, post []byte, err error) {
	post, err = r.Recover(ctx, c, e.journalled())
	if err != nil || post != nil {
		return string(ops.StateDone), "interrupted, and found whole", post, err
	}
	return string(ops.StateNever), "interrupted; it is as before the task", nil, nil
}

func finishUndo(ctx context.Context, r modules.Recoverer, c *modules.Call, e *entry) (state, msg string, err error) {
	undone, err := r.FinishUndo(ctx, c, e.journalled(), e.post)
	if err != nil || undone {
		return string(ops.StateUndone), "its undo was interrupted and is finished now", err
	}
	return string(ops.StateDone), "its undo was interrupted before it began", nil
}

// journalled is the entry as the module made it.
func (e *entry) journalled() modules.Entry {
	return modules.Entry{Module: e.Module, Params: e.Params, From: e.From, To: e.To}
}

// Note tells people what became of an interrupted change.
func Note(r ops.Recovered) string {
	title := r.What
	if r.Name != "" {
		title = fmt.Sprintf("%s (task %q)", r.What, r.Name)
	}
	if r.State == ops.StateOpen {
		return fmt.Sprintf("an interrupted change could not be finished or taken back: %s: %s", title, r.Msg)
	}
	return fmt.Sprintf("an earlier run was interrupted: %s: %s", title, r.Msg)
}
