package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport/wire"
)

// Machine is what recovery and undo act on.
type Machine struct {
	Sys    sys.System
	Lookup func(name string) (modules.Module, bool)
	// Slim says that a module which Lookup does not know may be one of a full runner: entries of such modules are answered
	// with elsewhere.Err, and nothing is touched.
	Slim bool
}

// Store is one process' door to a journal. Its methods may be called concurrently. Nothing is opened or made before the
// first change.
type Store struct {
	place   Place
	machine Machine

	mu      sync.Mutex
	locks   map[string]*hostLock // by run; normally one
	writers map[string]*writer   // by run
	bounds  bounds
}

// New returns the door to the journal at a place.
func New(p Place, m Machine) *Store {
	return &Store{place: p, machine: m, locks: map[string]*hostLock{}, writers: map[string]*writer{}}
}

// Begin takes the host's lock for the run of ref, unless this process has it already, and recovers what dead runs left open.
// The error is *LockedError when another run works on the host.
func (s *Store) Begin(ctx context.Context, ref *wire.JournalRef) ([]ops.Recovered, error) {
	if err := validRun(ref.Run); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bounds = boundsOf(ref)
	if s.locks[ref.Run] != nil {
		return nil, nil
	}
	lock, err := s.place.acquire(Holder{Run: ref.Run, Who: ref.Holder, PID: os.Getpid(), Since: time.Now()})
	if err != nil {
		return nil, err
	}
	recovered, err := s.recover(ctx)
	if err == nil {
		err = s.revertAbandoned(ctx, ref.Run)
	}
	if err != nil {
		return recovered, errors.Join(err, lock.release())
	}
	s.locks[ref.Run] = lock
	return recovered, nil
}

// holds reports that this process has the host's lock for a run.
func (s *Store) holds(run string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locks[run] != nil
}

// End gives a run's lock back and finishes its log.
func (s *Store) End(run string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if w := s.writers[run]; w != nil {
		errs = append(errs, w.close())
		delete(s.writers, run)
		if _, err := s.place.prune(s.bounds); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, s.locks[run].release())
	delete(s.locks, run)
	return errors.Join(errs...)
}

// Close ends all runs.
func (s *Store) Close() error {
	s.mu.Lock()
	var runs []string
	for run := range s.locks {
		runs = append(runs, run)
	}
	for run := range s.writers {
		if s.locks[run] == nil {
			runs = append(runs, run)
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, run := range runs {
		errs = append(errs, s.End(run))
	}
	return errors.Join(errs...)
}

// writer returns the log of a run, made on first need. The caller holds the mutex.
func (s *Store) writer(run, holder string) (*writer, error) {
	if w := s.writers[run]; w != nil {
		return w, nil
	}
	w, err := newWriter(s.place, run, holder)
	if err != nil {
		return nil, err
	}
	s.writers[run] = w
	return w, nil
}

// Task is the journal of one request. It is a modules.Journal, used by one goroutine.
type Task struct {
	s    *Store
	ref  *wire.JournalRef
	ids  []string
	undo func(module string) modules.Undo // the kind of undo of a module, by its name
	// watch starts the watchdog of the request, once, before the first change.
	watch   func() error
	open    string  // the entry that was begun and not finished
	change  bool    // it is a change, not a note
	machine *noting // what System returned; nil without
}

// Watch has f called before the first change of the request is recorded; its error refuses the change.
func (t *Task) Watch(f func() error) { t.watch = f }

// Task returns the journal of one request; Begin must have been called for its run.
func (s *Store) Task(ref *wire.JournalRef) *Task {
	return &Task{s: s, ref: ref, undo: func(name string) modules.Undo {
		if m, ok := s.machine.Lookup(name); ok {
			return m.Info().Undo
		}
		return modules.UndoNone
	}}
}

// Take returns the ids of the entries made since the last call, oldest first.
func (t *Task) Take() []string {
	ids := t.ids
	t.ids = nil
	return ids
}

// Keep stores content.
func (t *Task) Keep(ctx context.Context, r io.Reader) (string, error) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	w, err := t.s.writer(t.ref.Run, t.ref.Holder)
	if err != nil {
		return "", t.s.refusal(err)
	}
	sum, err := w.keep(ctx, r)
	return sum, t.s.refusal(err)
}

// Open opens content that the run kept.
func (t *Task) Open(ctx context.Context, sum string) (io.ReadCloser, error) {
	t.s.mu.Lock()
	c := contents{blobs: filepath.Join(t.s.place.runFolder(t.ref.Run), "blobs"), inline: map[string]location{}}
	if w := t.s.writers[t.ref.Run]; w != nil {
		if l, ok := w.kept[sum]; ok {
			c.inline[sum] = l
		}
	}
	t.s.mu.Unlock()
	return c.Open(ctx, sum)
}

// Before records an entry. It is durable when Before returns, unless it is a note, which only has to outlive the process.
func (t *Task) Before(_ context.Context, e modules.Entry) (string, error) {
	if t.watch != nil {
		if err := t.watch(); err != nil {
			return "", err
		}
		t.watch = nil
	}
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	w, err := t.s.writer(t.ref.Run, t.ref.Holder)
	if err != nil {
		return "", t.s.refusal(err)
	}
	e = e.Without(t.ref.Withheld)
	b := before{N: w.last + 1, Time: time.Now(), Play: t.ref.Play, Batch: t.ref.Batch, Task: t.ref.Task, Name: t.ref.Name,
		Module: e.Module, Undo: string(t.undo(e.Module)), Params: e.Params, From: e.From, To: e.To}
	if t.ref.Confirm != nil {
		b.Token = t.ref.Confirm.Token
	}
	if err := w.open(b); err != nil {
		return "", t.s.refusal(err)
	}
	id := w.id(b.N)
	t.ids = append(t.ids, id)
	t.open, t.change = id, !b.note()
	if t.machine != nil {
		clear(t.machine.seen)
	}
	return id, nil
}

// After closes an entry. post is nil when nothing changed after all; the entry then does not count.
func (t *Task) After(_ context.Context, id string, post []byte) error {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	w := t.s.writers[t.ref.Run]
	n, ok := 0, false
	if w != nil {
		n, ok = w.number(id)
	}
	if !ok {
		return fmt.Errorf("no entry %q is open", id)
	}
	t.open, t.change = "", false
	if post == nil {
		t.forget(id)
	}
	return w.append(kindAfter, after{N: n, Time: time.Now(), Post: json.RawMessage(post)})
}

func (t *Task) forget(id string) {
	for i, have := range t.ids {
		if have == id {
			t.ids = append(t.ids[:i], t.ids[i+1:]...)
			return
		}
	}
}

// refusal explains why a change is not made.
func (s *Store) refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case noSpace(err):
		return fmt.Errorf("the change was not made: there is no space left in %s to record what it replaces (%w). "+
			"Free some space there, remove old records with `muster journal HOST --prune`, or run with --no-journal, which cannot be undone",
			s.place.Folder, err)
	default:
		return fmt.Errorf("the change was not made: what it replaces cannot be recorded: %w", err)
	}
}
