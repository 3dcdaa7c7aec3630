package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Holder describes who works on a host.
type Holder struct {
	Run   string    `json:"run"`
	Who   string    `json:"who"` // the person and the controller
	PID   int       `json:"pid"` // of a runner on this host
	Since time.Time `json:"since"`
}

// LockedError says that another run works on the host.
type LockedError struct{ Holder Holder }

func (e *LockedError) Error() string {
	who := e.Holder.Who
	if who == "" {
		who = "another run"
	}
	return fmt.Sprintf("the host is locked by %s: run %s has been working on it since %s (its runner is process %d). "+
		"Wait for that run to end, or end it. A run whose controller is gone lets go by itself within a minute",
		who, e.Holder.Run, e.Holder.Since.Local().Format("2006-01-02 15:04:05"), e.Holder.PID)
}

// hostLock is held by every process of one run, and by one run at a time. The kernel lets go of it when a process ends,
// whatever ended it.
type hostLock struct{ f *os.File }

// patience is how long a lock is waited for: the runner of a run that has just ended may still be closing its journal.
const patience = 5 * time.Second

// acquire takes the host's lock for a run, or joins it; *LockedError when another run holds it and keeps it.
func (p Place) acquire(h Holder) (*hostLock, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		lock, err := p.tryAcquire(h)
		var taken *LockedError
		if !errors.As(err, &taken) || time.Now().After(deadline) {
			return lock, err
		}
	}
}

// tryAcquire is one attempt.
//
// The file lock is shared between the processes of a run. Whoever gets it exclusively knows that nobody holds it, and
// describes itself in it; a short exclusive lock on the file mutex keeps others out meanwhile.
func (p Place) tryAcquire(h Holder) (*hostLock, error) {
	mutex, err := p.mutex()
	if err != nil {
		return nil, err
	}
	defer func() { _ = mutex.Close() }()
	f, err := os.OpenFile(filepath.Join(p.Runtime, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := enter(f, h); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &hostLock{f: f}, nil
}

// mutex holds the short lock until the file is closed.
func (p Place) mutex() (*os.File, error) {
	if _, err := private(p.Runtime); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(p.Runtime, "mutex"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := flock(f, true, true); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func enter(f *os.File, h Holder) error {
	free, err := flock(f, true, false)
	if err != nil {
		return err
	}
	if free {
		if err := describe(f, h); err != nil {
			return err
		}
	} else if other := holderIn(f); other.Run != h.Run {
		return &LockedError{Holder: other}
	}
	shared, err := flock(f, false, false)
	if err == nil && !shared {
		err = fmt.Errorf("%s: the lock cannot be shared", f.Name())
	}
	return err
}

func describe(f *os.File, h Holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	return err
}

// holderIn never fails: an unreadable description is one that says nothing.
func holderIn(f *os.File) (h Holder) {
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 64<<10))
	if err == nil {
		_ = json.Unmarshal(data, &h)
	}
	return h
}

func (l *hostLock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}

// lives reports whether a process writes to a log. It asks under the mutex, so that nobody who recovers is misled.
func (p Place) lives(log string) bool {
	mutex, err := p.mutex()
	if err != nil {
		return false
	}
	defer func() { _ = mutex.Close() }()
	f, err := os.Open(log)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	free, err := flock(f, false, false)
	return err == nil && !free
}

func sizeOf(path string) int64 {
	i, err := os.Lstat(path)
	if err != nil {
		return 0
	}
	return i.Size()
}
