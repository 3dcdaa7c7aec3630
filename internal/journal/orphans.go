package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// programs is the file that the programs of changes keep open, locked. A program that outlives a killed process still holds
// the lock, and whoever recovers waits for it: what it does would come after the look at the machine.
const programs = "programs"

// hold opens the file for a program that is about to start. Without a place for it nothing is held.
func (p Place) hold() *os.File {
	if _, err := private(p.Runtime); err != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(p.Runtime, programs), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	if held, err := flock(f, false, false); err != nil || !held {
		_ = f.Close()
		return nil
	}
	return f
}

// longest is how long the programs of killed processes are waited for. Installing a package may take it.
const longest = 30 * time.Second

// outlast waits until the programs of killed processes have ended, but not for ever: a service that such a program started
// may hold the file for good. Later programs then get another one.
func (p Place) outlast(ctx context.Context) error {
	path := filepath.Join(p.Runtime, programs)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(longest)
	defer late.Stop()
	for {
		if free, err := flock(f, true, false); err != nil || free {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return os.Remove(path)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
