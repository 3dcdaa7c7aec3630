package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/schedule"
	"github.com/musterhq/muster/internal/serve/worker"
)

// plan turns the times that are due into runs.
func (d *Daemon) plan(ctx context.Context) error {
	now := d.o.Now()
	var errs []error
	for _, j := range d.File().Jobs {
		d.mu.Lock()
		next, known := d.next[j.Name]
		d.mu.Unlock()
		if j.Schedule == nil || j.Paused || known && now.Before(next) {
			continue
		}
		planned, err := d.queue.Plan(ctx, j.Name, patience(j), func(handled time.Time) ([]queue.Run, time.Time) {
			return dueRuns(j, handled, now)
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("job %s: %w", j.Name, err))
			continue
		}
		d.mu.Lock()
		d.next[j.Name] = j.Schedule.Next(now)
		d.mu.Unlock()
		for _, r := range planned {
			d.o.Log.Info("a run is due", "run", r.ID, "job", r.Job, "due", r.Due, "state", r.State, "note", r.Note)
			d.announce()
		}
	}
	return errors.Join(errs...)
}

// patience is how many runs of a job may wait: all of them only where every missed time is to be made up for.
func patience(j *jobfile.Job) queue.Patience {
	switch {
	case j.Overlap == jobfile.OverlapSkip:
		return queue.WaitNone
	case j.Missed == schedule.MissedAll:
		return queue.WaitAll
	}
	return queue.WaitOne
}

// dueRuns are the runs of a job's schedule that are due. A job that is new starts with the next time.
func dueRuns(j *jobfile.Job, handled, now time.Time) ([]queue.Run, time.Time) {
	if handled.IsZero() {
		return nil, now
	}
	times, last := j.Schedule.Due(handled, now, grace, j.Missed)
	var list []queue.Run
	for _, at := range times {
		list = append(list, queue.Run{
			ID: queue.NewID(at), Job: j.Name, Slot: fmt.Sprintf("%s@%d", j.Name, at.Unix()), Cause: "schedule", Mode: string(j.Mode),
			Attempt: 1, Due: at, NotBefore: at.Add(schedule.Jitter(j.Name, at, j.Jitter)),
		})
	}
	return list, last
}

// Request is a run that somebody or something asks for.
type Request struct {
	Job   string
	Cause string
	By    string
	Mode  string         // "" is the job's own
	Limit string         // hosts, within the job's
	Vars  map[string]any // data, never templates
	Slot  string         // what makes the request one of a kind; "" for one that always is
}

// Ask puts a run into the queue. It returns a run that is skipped when one of the job is open.
func (d *Daemon) Ask(ctx context.Context, q Request) (queue.Run, error) {
	j := d.Job(q.Job)
	if j == nil {
		return queue.Run{}, fmt.Errorf("there is no job %q", q.Job)
	}
	now := d.o.Now()
	r := queue.Run{ID: queue.NewID(now), Job: j.Name, Cause: q.Cause, By: q.By, Mode: string(j.Mode), Limit: q.Limit, Attempt: 1, Due: now, NotBefore: now}
	if q.Mode != "" {
		r.Mode = q.Mode
	}
	if r.Slot = q.Slot; r.Slot == "" {
		r.Slot = r.ID
	}
	if len(q.Vars) > 0 {
		text, err := json.Marshal(q.Vars)
		if err != nil {
			return queue.Run{}, err
		}
		r.Vars = string(text)
	}
	added, ok, err := d.queue.Add(ctx, r, patience(j))
	switch {
	case err != nil:
		return queue.Run{}, err
	case !ok:
		return queue.Run{}, ErrTwice
	}
	d.o.Log.Info("a run was asked for", "run", added.ID, "job", added.Job, "cause", added.Cause, "by", added.By, "state", added.State, "note", added.Note)
	d.announce()
	d.Wake()
	return added, nil
}

// ErrTwice says that the same run was asked for before.
var ErrTwice = errors.New("this was asked for before")

// start takes runs that wait and starts their processes.
func (d *Daemon) start(ctx context.Context) error {
	now := d.o.Now()
	mine, err := d.queue.Mine(ctx, d.owner)
	if err != nil {
		return err
	}
	room := d.File().Parallel - len(mine)
	if room <= 0 {
		return nil
	}
	open, err := d.queue.Open(ctx)
	if err != nil {
		return err
	}
	waiting := false
	for _, r := range open {
		waiting = waiting || r.State == queue.Waiting && !r.NotBefore.After(now)
	}
	if !waiting {
		return nil
	}
	claimed, err := d.queue.Claim(ctx, d.owner, now, lease, room)
	for _, r := range claimed {
		d.launch(ctx, r)
		d.announce()
	}
	return err
}

// launch starts the process of a run. One that cannot be started is over.
func (d *Daemon) launch(ctx context.Context, r queue.Run) {
	d.tried[r.ID] = d.o.Now()
	err := d.prepare(r)
	if err == nil {
		err = worker.Start(d.o.Program, d.Folder(r.ID), d.runEnv())
	}
	if err != nil {
		r.Note = "it could not be started: " + err.Error()
		d.finish(ctx, r, queue.Broken, worker.Status{})
		return
	}
	d.o.Log.Info("a run starts", "run", r.ID, "job", r.Job, "mode", r.Mode, "cause", r.Cause, "attempt", r.Attempt)
}

// runEnv is the environment of runs: the daemon's own, with the store that they report to. Its limits are the daemon's
// affair.
func (d *Daemon) runEnv() []string {
	env := append([]string{}, d.o.Env...)
	return append(env, "MUSTER_HISTORY="+d.o.Store, "MUSTER_HISTORY_DAYS=0", "MUSTER_HISTORY_RUNS=0", "MUSTER_HISTORY_MEGABYTES=0",
		"XDG_STATE_HOME="+d.o.State, "NOTIFY_SOCKET=")
}

// prepare writes what a run is to do into its folder.
func (d *Daemon) prepare(r queue.Run) error {
	j := d.Job(r.Job)
	if j == nil {
		return errors.New("the jobs file has no such job any more")
	}
	if err := j.Missing(); err != nil && r.Mode != Rollback { // which reads none of them but the inventory
		return err
	}
	dir := d.Folder(r.ID)
	args, err := commandLine(j, r, dir)
	if err != nil {
		return err
	}
	if err := worker.Prepare(dir, worker.Spec{Args: args, Dir: j.Dir, Timeout: j.Timeout}); err != nil {
		return err
	}
	files := map[string]string{varsFile: r.Vars}
	if len(r.Limit) > longLimit {
		files[limitFile] = strings.ReplaceAll(r.Limit, ",", "\n") + "\n"
	}
	if hosts := gone(r); len(hosts) > 0 {
		files[goneFile] = "[gone]\n" + strings.Join(hosts, "\n") + "\n"
	}
	for name, text := range files {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// The files of a run's folder that are the daemon's.
const (
	varsFile   = "vars.json"
	reportFile = "report.json"
	limitFile  = "hosts"    // of a run whose limit is too long for a command line
	goneFile   = "gone.ini" // the inventory of hosts that an event is about and that are gone
)

// Rollback is the mode of a run that undoes what another one changed; its only variable, run, names that one.
const Rollback = "rollback"

// Begun are the ids in the run store of a run that goes on here.
func (d *Daemon) Begun(id string) []string {
	s, err := worker.Look(d.Folder(id))
	if err != nil {
		return nil
	}
	return s.Runs
}

// undoes is the run that a rollback undoes.
func undoes(r queue.Run) (string, error) {
	var v struct{ Run string }
	if err := json.Unmarshal([]byte(r.Vars), &v); err != nil || v.Run == "" || strings.HasPrefix(v.Run, "-") {
		return "", errors.New("the rollback does not say of which run")
	}
	return v.Run, nil
}

// commandLine is the command line of muster for a run.
func commandLine(j *jobfile.Job, r queue.Run, dir string) ([]string, error) {
	var args []string
	targets := j.Playbooks
	switch jobfile.Mode(r.Mode) {
	case Rollback:
		run, err := undoes(r)
		if err != nil {
			return nil, err
		}
		args, targets = []string{"rollback", "--output", "json"}, []string{run}
	case jobfile.Run:
		args = []string{"run", "--output", "json"}
	case jobfile.Detect, jobfile.Correct:
		args = []string{"drift", "--job", j.Name, "--output", "json", "--report", filepath.Join(dir, reportFile)}
		if r.Limit == "" {
			args = append(args, "--whole")
		}
	default:
		return nil, fmt.Errorf("there is no mode %q", r.Mode)
	}
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				args = append(args, flag+"="+v)
			}
		}
	}
	add("--inventory", j.Inventory...)
	if len(gone(r)) > 0 {
		add("--inventory", filepath.Join(dir, goneFile))
	}
	for flag, pattern := range limits(j, r, dir) {
		add(flag, pattern)
	}
	if r.Mode != Rollback {
		add("--tags", j.Tags...)
		add("--skip-tags", j.SkipTags...)
	}
	for _, f := range j.VarsFiles {
		add("--extra-vars", "@"+f)
	}
	add("--vault-password-file", j.VaultFile)
	add("--become-password-file", j.BecomeFile)
	add("--connection-password-file", j.PasswordFile)
	add("--private-key", j.Key)
	if r.Vars != "" && r.Mode != Rollback {
		add("--data-vars", filepath.Join(dir, varsFile))
	}
	if jobfile.Mode(r.Mode) == jobfile.Correct {
		args = append(args, "--correct", "--rollback")
		if j.All {
			args = append(args, "--all")
		}
		add("--max-hosts", j.Max.String())
		add("--window", j.Window.String())
		if j.Window.String() != "" && j.Schedule != nil {
			add("--timezone", j.Schedule.Zone().String())
		}
		add("--serial", j.Serial)
	}
	args = append(args, j.Args...)
	return append(append(args, "--"), targets...), nil
}

// longLimit is how long a limit on the command line may be; a longer one lies in a file.
const longLimit = 1000

// limits are the flags for the hosts of a run: those that the run names, within those of the job. The hosts of an event were
// sought within the job's before, and those that are gone are not there any more.
func limits(j *jobfile.Job, r queue.Run, dir string) map[string]string {
	run := r.Limit
	if len(run) > longLimit {
		run = "@" + filepath.Join(dir, limitFile)
	}
	switch {
	case run == "":
		return map[string]string{"--limit": j.Limit}
	case j.Limit == "" || r.Cause == "prometheus":
		return map[string]string{"--limit": run}
	}
	return map[string]string{"--limit": j.Limit, "--within": run}
}

// watch looks after the daemon's runs: those whose process ended are over, those that were never begun are started.
func (d *Daemon) watch(ctx context.Context) error {
	mine, err := d.queue.Mine(ctx, d.owner)
	if err != nil {
		return err
	}
	for _, r := range mine {
		s, err := worker.Look(d.Folder(r.ID))
		switch {
		case err != nil:
			return err
		case s.Alive:
			if err := d.passOn(ctx, r); err != nil {
				return err
			}
		case s.Exit != nil:
			d.finish(ctx, r, queue.Done, s)
		case s.Started:
			r.Note = "its process was killed"
			d.finish(ctx, r, queue.Broken, s)
		case d.o.Now().Sub(d.tried[r.ID]) > restart:
			d.launch(ctx, r) // the daemon ended between taking the run and starting it
		}
	}
	return nil
}

// Cancel asks a run to end, whichever daemon it belongs to. One that waits is skipped.
func (d *Daemon) Cancel(ctx context.Context, id, by string) error {
	err := d.queue.Stop(ctx, id, by, d.o.Now())
	if database.Full(err) { // what cannot be noted can still be done
		if r, getErr := d.queue.Get(ctx, id); getErr == nil && r.State == queue.Running && r.Owner == d.owner {
			err = worker.Stop(d.Folder(id))
		}
	}
	if err != nil {
		return err
	}
	d.o.Log.Info("a run is cancelled", "run", id, "by", by)
	d.announce()
	d.Wake()
	return nil
}

// passOn tells the process of a run that people want it to end: once as an interrupt does, for each further time that
// somebody asked once more. A process that has not begun yet, or just ended, is left to the next look.
func (d *Daemon) passOn(ctx context.Context, r queue.Run) error {
	if r.StopsSent >= r.StopsAsked {
		return nil
	}
	if err := worker.Stop(d.Folder(r.ID)); err != nil {
		d.o.Log.Warn("a run cannot be told to end yet", "run", r.ID, "job", r.Job, "error", err)
		return nil
	}
	return d.queue.Told(ctx, r)
}
