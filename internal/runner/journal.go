package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
)

// newStore is the door to the journal of this process' user. It touches nothing until a request is journalled.
func (s *server) newStore() *journal.Store {
	place := journal.PlaceOf(s.System, s.me.Username, s.me.HomeDir)
	return journal.New(place, journal.Machine{Sys: s.System, Lookup: s.Lookup, Slim: s.Slim})
}

// journalled is what a request needs to be recorded.
type journalled struct {
	task     *journal.Task
	warnings []any  // of what was found when the journal was opened, for the first result
	done     func() // the request is over
}

// openJournal prepares a request to be recorded: the host's lock is taken, what an earlier run left is recovered, and a
// watchdog watches where one is asked for. Requests that only look are not recorded.
func (s *server) openJournal(t *task, m modules.Module) (journalled, error) {
	j := journalled{done: func() {}}
	ref := t.req.Journal
	if ref == nil || t.req.Check || modules.ReadOnly(m) || t.req.Module == ops.Module {
		return j, nil
	}
	if !t.detached {
		recovered, err := s.store.Begin(t.ctx, ref)
		for _, r := range recovered {
			j.warnings = append(j.warnings, journal.Note(r))
		}
		if err != nil {
			return j, err
		}
	}
	j.task = s.store.Task(ref)
	if ref.Confirm != nil {
		var over func()
		j.task.Watch(func() (err error) {
			over, err = s.store.Arm(ref, func(w journal.Watch) error { return s.startGuard(t.ctx, w) })
			return err
		})
		j.done = func() {
			if over != nil {
				over()
				over = nil
			}
		}
	}
	return j, nil
}

// book adds to an item's result what its journal says, and returns the entries that it made.
func (j *journalled) book(result modules.Result) []string {
	if j.task == nil {
		return nil
	}
	if len(j.warnings) > 0 {
		have, _ := result["warnings"].([]any)
		result["warnings"] = append(j.warnings, have...)
		j.warnings = nil
	}
	return j.task.Take()
}

// startGuard starts the watchdog as a process of its own, as background jobs are.
func (s *server) startGuard(ctx context.Context, w journal.Watch) error {
	if s.Background != nil {
		return s.guardInside(w)
	}
	if len(s.Self) == 0 {
		return errors.New("this runner cannot start a watchdog")
	}
	cmd := exec.Command(s.Self[0], append(append([]string{}, s.Self[1:]...), "guard", s.Version)...)
	cmd.SysProcAttr = ownSession()
	return launch(ctx, cmd, func(in io.Writer) error {
		data, err := json.Marshal(w)
		if err == nil {
			_, err = in.Write(data)
		}
		return err
	})
}

// guardInside watches within this process, where there is no program to start: hosts of a simulation.
func (s *server) guardInside(w journal.Watch) error {
	ready := make(chan error, 1)
	s.Background(func(ctx context.Context) {
		began := false
		err := s.newStore().Guard(ctx, w, func() error { began = true; ready <- nil; return nil })
		if !began {
			ready <- err
		}
	})
	return <-ready
}

// RunGuard is the life of a watchdog's process: read what to watch from in, say so on out, and end when it is confirmed or
// undone. detached is called when nothing of the starting process is needed any more.
func RunGuard(ctx context.Context, in io.Reader, out io.Writer, o Options, detached func() error) error {
	var w journal.Watch
	data, err := io.ReadAll(in)
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err != nil {
		return tell(out, fmt.Errorf("read what to watch: %w", err))
	}
	s := &server{Options: o, me: currentUser()}
	began := false
	err = s.newStore().Guard(ctx, w, func() error {
		began = true
		_, err := fmt.Fprintln(out, jobStarted)
		return errors.Join(err, detached())
	})
	if err != nil && !began {
		return tell(out, err)
	}
	return err
}
