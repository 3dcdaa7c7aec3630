// Package serve is the daemon: it starts runs when they are due or asked for, watches them, tells people what is new, and
// keeps order in the store. Runs are processes of their own (package worker), so they go on when the daemon ends, however
// it ends; what is due and what became of it lies in the queue, so nothing is lost or done twice.
package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/worker"
)

// Options are everything a daemon needs.
type Options struct {
	File    *jobfile.File
	History *history.Store
	Program string   // muster itself
	Env     []string // of runs
	Store   string   // where the store is, for runs
	State   string   // folder of the runs' files
	Log     *slog.Logger
	Now     func() time.Time
	Sender  *notify.Sender
}

// How the daemon keeps time.
const (
	tick      = time.Second
	lease     = 30 * time.Second
	abandoned = 5 * time.Minute // a daemon without a sign of life for so long is gone for good
	grace     = time.Minute     // how late a time may be noticed without counting as missed
	restart   = 15 * time.Second
)

// Daemon is a running daemon. Its methods may be called concurrently.
type Daemon struct {
	o       Options
	queue   *queue.Queue
	reports *drift.Store
	owner   string
	release func()

	mu      sync.Mutex
	file    *jobfile.File
	next    map[string]time.Time // when a job's schedule has to be looked at
	tried   map[string]time.Time // when a run's process was started last
	renewed time.Time
	swept   time.Time
	stamp   time.Time // of the jobs file that was read last
	broken  error     // why the jobs file that is there now is not in use
	tallies map[tallyKey]Tally
	trouble map[string]complaint // by what fails at present
	moved   time.Time            // when the daemon began the step that it is at
	changed chan struct{}

	watchers []*watched // nil: to be made of the jobs file

	wake    chan struct{}
	sending sync.WaitGroup
	looking sync.WaitGroup
}

// New opens the tables and the folder of a daemon. At most one daemon works in a folder.
func New(ctx context.Context, o Options) (*Daemon, error) {
	if err := os.MkdirAll(o.State, 0o700); err != nil {
		return nil, err
	}
	release, ok, err := worker.Exclusive(filepath.Join(o.State, "daemon.lock"))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s: another muster serve works in this folder; give each its own state", o.State)
	}
	d := &Daemon{o: o, release: release, file: o.File, next: map[string]time.Time{}, tried: map[string]time.Time{}, tallies: map[tallyKey]Tally{}, trouble: map[string]complaint{}, wake: make(chan struct{}, 1), changed: make(chan struct{})}
	if st, err := os.Stat(o.File.Path); err == nil {
		d.stamp = st.ModTime()
	}
	d.moved = o.Now()
	if d.owner, err = identity(o.State); err != nil {
		return nil, err
	}
	if d.queue, err = queue.Open(ctx, o.History.Database()); err != nil {
		return nil, err
	}
	if d.reports, err = drift.OpenStore(ctx, o.History.Database()); err != nil {
		return nil, err
	}
	return d, nil
}

// identity names the daemon of a folder: the same after a restart, and another for every folder.
func identity(state string) (string, error) {
	path := filepath.Join(state, "identity")
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	host, _ := os.Hostname() //nolint:errcheck // the rest of the name is enough
	name := host + "-" + rand.Text()[:8]
	return name, os.WriteFile(path, []byte(name+"\n"), 0o600)
}

// Queue is what is to run and what runs.
func (d *Daemon) Queue() *queue.Queue { return d.queue }

// Reports are the reports on drift.
func (d *Daemon) Reports() *drift.Store { return d.reports }

// History is the run store.
func (d *Daemon) History() *history.Store { return d.o.History }

// File is the jobs file in use.
func (d *Daemon) File() *jobfile.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file
}

// Job is the job of a name; nil when there is none.
func (d *Daemon) Job(name string) *jobfile.Job {
	for _, j := range d.File().Jobs {
		if j.Name == name {
			return j
		}
	}
	return nil
}

// Broken is why the jobs file that is there now is not in use; nil when it is.
func (d *Daemon) Broken() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}

// Now is the daemon's clock.
func (d *Daemon) Now() time.Time { return d.o.Now() }

// Owner is the daemon's name.
func (d *Daemon) Owner() string { return d.owner }

// Folder is the folder of a run.
func (d *Daemon) Folder(id string) string { return filepath.Join(d.o.State, "runs", id) }

// Changes is closed at the next change of a run.
func (d *Daemon) Changes() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

func (d *Daemon) announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

// Reload reads the jobs file again. One with mistakes is not used: the one before goes on.
func (d *Daemon) Reload() diag.List {
	path := d.File().Path
	st, statErr := os.Stat(path)
	f, found := jobfile.Load(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if statErr == nil {
		d.stamp = st.ModTime()
	}
	if err := found.Err(); err != nil {
		d.broken = err
		d.o.Log.Error("the jobs file has mistakes; the one before stays in use", "file", path, "error", err)
		return found
	}
	f.Store, f.State = cmp.Or(f.Store, d.o.Store), cmp.Or(f.State, d.o.State)
	if f.Listen != d.file.Listen || f.Store != d.file.Store || f.State != d.file.State {
		d.o.Log.Warn("listen, store and state are taken over at the next start")
	}
	d.file, d.broken = f, nil
	d.next, d.watchers = map[string]time.Time{}, nil
	d.o.Log.Info("the jobs file was read", "file", path, "jobs", len(f.Jobs))
	return found
}

// reloadChanged reads the jobs file again when it changed.
func (d *Daemon) reloadChanged() {
	st, err := os.Stat(d.File().Path)
	d.mu.Lock()
	same := err != nil || st.ModTime().Equal(d.stamp)
	d.mu.Unlock()
	if !same {
		_ = d.Reload() // which logs the mistakes
	}
}

// Run works until ctx ends. Runs go on after it. An error of one step is logged and the step tried again; only a folder or
// store that cannot be used at all is an error.
func (d *Daemon) Run(ctx context.Context) error {
	defer d.release()
	defer d.sending.Wait()
	defer d.looking.Wait()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		d.step(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-d.wake:
		}
	}
}

// Wake makes the daemon look at once.
func (d *Daemon) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// step does everything that is to be done now.
func (d *Daemon) step(ctx context.Context) {
	d.reloadChanged()
	for _, s := range []struct {
		name string
		do   func(context.Context) error
	}{{"leases", d.keep}, {"watching", d.watch}, {"planning", d.plan}, {"events", d.look}, {"starting", d.start}, {"news", d.deliver}, {"retention", d.sweep}} {
		d.mu.Lock()
		d.moved = d.o.Now()
		d.mu.Unlock()
		err := s.do(ctx)
		if ctx.Err() != nil {
			return
		}
		d.complain(s.name, err, "a step failed and is tried again", "step", s.name)
	}
}

// stuck is how long a step may take before the daemon counts as hung; removing what is old from a large store takes a while.
const stuck = 10 * time.Minute

// Hung reports that the daemon has been at one step for so long that only a new start helps; runs survive that.
func (d *Daemon) Hung() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.o.Now().Sub(d.moved) > stuck
}

// keep renews the daemon's leases, and ends the runs of daemons that are gone for good.
func (d *Daemon) keep(ctx context.Context) error {
	now := d.o.Now()
	if now.Sub(d.renewed) < lease/3 && d.Trouble() == nil {
		return nil
	}
	if err := d.queue.Renew(ctx, d.owner, now.Add(lease)); err != nil {
		return err
	}
	d.renewed = now
	gone, err := d.queue.Abandoned(ctx, now, abandoned)
	for _, r := range gone {
		d.o.Log.Error("a run was given up", "run", r.ID, "job", r.Job, "reason", r.Note)
		d.announce()
	}
	return err
}

// sweep removes what is older than jobs want to keep, once an hour.
func (d *Daemon) sweep(ctx context.Context) error {
	now := d.o.Now()
	if now.Sub(d.swept) < time.Hour {
		return nil
	}
	d.swept = now
	var longest time.Duration
	for _, j := range d.File().Jobs {
		if j.Keep == 0 {
			longest = 0
			continue
		}
		longest = max(longest, j.Keep)
		ids, err := d.queue.Prune(ctx, j.Name, now.Add(-j.Keep))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := os.RemoveAll(d.Folder(id)); err != nil {
				return err
			}
		}
		if err := d.reports.Prune(ctx, j.Name, now.Add(-j.Keep)); err != nil {
			return err
		}
	}
	if err := d.o.History.Sweep(ctx); err != nil || longest == 0 {
		return err
	}
	_, err := d.o.History.Prune(ctx, history.Limits{Age: longest})
	return err
}
