package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/playbook"
)

// stateDir is where muster keeps what outlives a run.
func (s *streams) stateDir() (string, error) {
	if dir := s.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "muster"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "muster"), nil
}

// historyPlace is where the run store is; "" when it is off.
func (w *workbench) historyPlace() (string, error) {
	switch place := w.settings.History; place {
	case "off":
		return "", nil
	case "":
		dir, err := w.io.stateDir()
		return filepath.Join(dir, "history.db"), err
	default:
		return place, nil
	}
}

// recording is a run on its way into the store.
type recording struct {
	store    *history.Store
	recorder *history.Recorder
	limits   history.Limits
}

// record opens the store for a run and returns nil when there is to be none. A store that cannot be opened is a warning:
// the run goes on without it.
func (w *workbench) record(ctx context.Context, command string, opts executor.Options, books []*playbook.Playbook) *recording {
	place, err := w.historyPlace()
	if err == nil && (place == "" || w.flags.noHistory) {
		return nil
	}
	var store *history.Store
	if err == nil {
		store, err = history.Open(ctx, place)
	}
	if err == nil {
		var r *recording
		if r, err = w.begin(ctx, store, w.describeRun(command, opts, books)); err == nil {
			return r
		}
		err = errors.Join(err, store.Close())
	}
	w.warn("this run is not recorded: %v", err)
	return nil
}

// begin opens the run. The recorder outlives an interrupt of ctx: what was done is recorded in any case.
func (w *workbench) begin(ctx context.Context, store *history.Store, run history.Run) (*recording, error) {
	dir := w.io.dir
	if len(run.Playbooks) > 0 {
		dir = filepath.Dir(filepath.Join(dir, run.Playbooks[0]))
		if filepath.IsAbs(run.Playbooks[0]) {
			dir = filepath.Dir(run.Playbooks[0])
		}
	}
	rec, err := store.Begin(context.WithoutCancel(ctx), run, func(ctx context.Context) history.Git { return history.GitOf(ctx, dir) })
	if err != nil {
		return nil, err
	}
	return &recording{store: store, recorder: rec, limits: historyLimits(w.settings)}, nil
}

// describeRun is what the store keeps of a run before it starts.
func (w *workbench) describeRun(command string, opts executor.Options, books []*playbook.Playbook) history.Run {
	host, _ := os.Hostname() //nolint:errcheck // an empty name says as much
	r := history.Run{
		ID: opts.RunID, Command: command, User: invokingUser(w.io), Controller: host, Dir: w.io.dir, Args: w.flags.shown,
		Playbooks: []string{}, Sources: opts.Sources, Limit: opts.Limit, Tags: opts.Tags, SkipTags: opts.SkipTags,
		Parent: w.parent, Check: opts.Check, Diff: opts.Diff, Version: opts.Version, Start: opts.Now(),
	}
	for _, b := range books {
		if b.File != "" && command != "exec" {
			r.Playbooks = append(r.Playbooks, b.File)
		}
	}
	return r
}

// invokingUser is who runs the program, before sudo.
func invokingUser(io *streams) string {
	me := userName()
	if who := io.getenv("SUDO_USER"); who != "" && me == "root" {
		return who
	}
	return me
}

// finish closes the run and the store, and removes what is too old. Errors are warnings: the run itself is over.
func (r *recording) finish(ctx context.Context, warn func(format string, args ...any)) {
	if r == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := r.recorder.Close(); err != nil {
		warn("not all of this run was recorded: %v", err)
	} else if _, err := r.store.Prune(ctx, r.limits); err != nil {
		warn("old runs could not be removed: %v", err)
	}
	if err := r.store.Close(); err != nil {
		warn("history: %v", err)
	}
}

// sink hands events to a view and to the recorder. Secrets reach the view only when the settings, or a command that shows
// what it is asked for, want them there; they never reach the recorder.
func (r *recording) sink(view event.Sink, secrets, masking *secret.Registry) event.Sink {
	view = secret.Sink{Next: view, Secrets: masking}
	if r == nil {
		return view
	}
	return both{view, secret.Sink{Next: r.recorder, Secrets: secrets}}
}

// both hands every event to two sinks.
type both struct{ first, second event.Sink }

// Handle passes an event on.
func (b both) Handle(e event.Event) {
	b.first.Handle(e)
	b.second.Handle(e)
}
