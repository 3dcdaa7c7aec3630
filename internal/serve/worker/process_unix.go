//go:build unix

package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// detached puts a process into a session of its own, so that signals for the daemon do not reach it.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// lock takes the lock of a run; free is false when another process holds it. Children do not inherit it.
func lock(path string) (unlock func(), free bool, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, false, f.Close()
	case err != nil:
		return nil, false, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, true, nil // closing lets go
}

// held reports whether a process holds the lock of a run.
func held(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // closing lets go of the lock that was tried
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func interrupt(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil || n < 2 {
		return fmt.Errorf("%q is no process", pid)
	}
	return syscall.Kill(n, syscall.SIGTERM)
}

func interruptSelf() error { return syscall.Kill(os.Getpid(), syscall.SIGTERM) }

// Exclusive takes a lock that one process at a time can have, for as long as it lives; ok is false when another has it.
func Exclusive(path string) (release func(), ok bool, err error) { return lock(path) }
