// Package worker runs muster in processes of their own that outlive the daemon which started them. A run has a folder:
// the daemon writes what is to be done into it, the process what became of it, and a lock that the process holds tells
// whether it lives, whatever became of the daemon. A run is started at most once, however often somebody tries.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The files of a run's folder.
const (
	specFile    = "run.json"
	lockFile    = "lock"
	startedFile = "started" // it is there once the work began: nobody begins again
	runsFile    = "runs"    // the ids of its runs in the run store, one a line
	exitFile    = "exit.json"
	OutFile     = "out.log"
	ErrFile     = "err.log"
)

// Command is the hidden command of muster that works on a run's folder.
const Command = "serve-run"

// Spec is what a process is to do.
type Spec struct {
	Args    []string      `json:"args"` // of muster
	Dir     string        `json:"dir"`  // the working folder
	Timeout time.Duration `json:"timeout_ns"`
}

// Exit is how a process ended.
type Exit struct {
	Code     int       `json:"exit"`
	TimedOut bool      `json:"timed_out,omitempty"`
	Time     time.Time `json:"time"`
}

// Status is how far a run is.
type Status struct {
	Started bool
	Alive   bool
	Exit    *Exit    // nil while it runs, and when its process was killed
	Runs    []string // ids in the run store
}

// Prepare makes a run's folder. It may be called again as long as the run was not started.
func Prepare(dir string, s Spec) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, specFile), append(text, '\n'))
}

// writeFile puts a file in place whole and durable.
func writeFile(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Start starts a process for a prepared folder, detached from this one. env is its environment.
func Start(program, dir string, env []string) error {
	cmd, err := launch(program, dir, env)
	if err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // the folder tells how it ended
	return nil
}

func launch(program, dir string, env []string) (*exec.Cmd, error) {
	out, err := os.OpenFile(filepath.Join(dir, OutFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close() //nolint:errcheck // the process has it
	errs, err := os.OpenFile(filepath.Join(dir, ErrFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer errs.Close() //nolint:errcheck // the process has it
	cmd := exec.Command(program, Command, dir)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, out, errs
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd, nil
}

// Look says how far the run of a folder is.
func Look(dir string) (Status, error) {
	var s Status
	alive, err := held(filepath.Join(dir, lockFile))
	if err != nil {
		return s, err
	}
	s.Alive = alive // looked at first: who ends now has written everything when the lock is free
	if _, err := os.Stat(filepath.Join(dir, startedFile)); err == nil {
		s.Started = true
	}
	if text, err := os.ReadFile(filepath.Join(dir, runsFile)); err == nil {
		s.Runs = strings.Fields(string(text))
	}
	text, err := os.ReadFile(filepath.Join(dir, exitFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return s, err
	}
	var e Exit
	if err := json.Unmarshal(text, &e); err != nil {
		return s, fmt.Errorf("%s: %w", filepath.Join(dir, exitFile), err)
	}
	s.Exit = &e
	return s, nil
}

// Stop asks the process of a folder to end as an interrupt does: running tasks finish. Asked again, it cancels them.
func Stop(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, startedFile))
	if err != nil {
		return errors.New("the run has not begun")
	}
	if alive, err := held(filepath.Join(dir, lockFile)); err != nil || !alive {
		return errors.Join(err, errors.New("the run is over"))
	}
	return interrupt(strings.TrimSpace(string(text)))
}

// Run is the process's side: it does the work of a folder once and returns the exit code. execute runs a command line of
// muster in a working folder; it calls began with the id of every run that it opens in the run store.
func Run(ctx context.Context, dir string, execute func(ctx context.Context, s Spec, began func(id string)) int) (int, error) {
	unlock, free, err := patientLock(ctx, filepath.Join(dir, lockFile))
	if err != nil {
		return 1, err
	}
	if !free {
		return 0, nil // another process works on it
	}
	defer unlock()
	started := filepath.Join(dir, startedFile)
	if _, err := os.Stat(started); err == nil {
		return 0, nil // it was begun before, and is never begun again
	}
	text, err := os.ReadFile(filepath.Join(dir, specFile))
	if err != nil {
		return 1, err
	}
	var s Spec
	if err := json.Unmarshal(text, &s); err != nil {
		return 1, fmt.Errorf("%s: %w", filepath.Join(dir, specFile), err)
	}
	if err := reserve(dir); err != nil {
		return 1, err
	}
	if err := writeFile(started, fmt.Appendf(nil, "%d\n", os.Getpid())); err != nil {
		return 1, err
	}
	late := expire(s.Timeout)
	code := execute(ctx, s, func(id string) { remember(dir, id) })
	e := Exit{Code: code, TimedOut: late(), Time: time.Now().UTC()}
	if text, err = json.Marshal(e); err != nil {
		return 1, err
	}
	return code, conclude(dir, append(text, '\n'))
}

// reservedFile takes the place on the disk that the end of a run needs, so that a disk which fills up meanwhile cannot make a
// run that did its work look like one that was killed.
const reservedFile = ".exit"

func reserve(dir string) error {
	return writeFile(filepath.Join(dir, reservedFile), make([]byte, 4096))
}

// conclude puts the end of a run into the place that was reserved for it.
func conclude(dir string, text []byte) error {
	reserved := filepath.Join(dir, reservedFile)
	f, err := os.OpenFile(reserved, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Truncate(int64(len(text))), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(reserved, filepath.Join(dir, exitFile)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// patientLock takes the lock of a run. Somebody who looks whether it is held holds it for a moment.
func patientLock(ctx context.Context, path string) (unlock func(), free bool, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		if unlock, free, err = lock(path); free || err != nil {
			return unlock, free, err
		}
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-tick.C:
		}
	}
	return nil, false, nil
}

// remember adds the id of a run to the folder.
func remember(dir, id string) {
	f, err := os.OpenFile(filepath.Join(dir, runsFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	fmt.Fprintln(f, id)
	_ = f.Close() // the id is of use to people only
}

// patience is how long a run that is out of time may take for each step of its end.
const patience = 30 * time.Second

// expire interrupts this process after a time: first running tasks may finish, then they are cancelled, then it ends. The
// function stops that, and reports whether time was up.
func expire(after time.Duration) func() bool {
	if after <= 0 {
		return func() bool { return false }
	}
	done, gone, late := make(chan struct{}), make(chan struct{}), false
	go func() {
		defer close(gone)
		timer := time.NewTimer(after)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
				late = true
				fmt.Fprintf(os.Stderr, "muster: the run's time of %s is up\n", after)
				_ = interruptSelf() // there is always this process
				timer.Reset(patience)
			}
		}
	}()
	return func() bool {
		close(done)
		<-gone
		return late
	}
}
