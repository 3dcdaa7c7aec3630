package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// lockPatience is how long another program may keep the account files locked.
const lockPatience = 15 * time.Second

// lockAccounts takes the lock files that useradd and its relatives take: FILE.lock, a link to a file that holds the
// owner's process id. A throw-away machine needs none.
func lockAccounts(ctx context.Context, s sys.System, files []string) (unlock func() error, err error) {
	var held []string
	unlock = func() error {
		var errs []error
		for _, lock := range held {
			errs = append(errs, s.Remove(lock))
		}
		return errors.Join(errs...)
	}
	if s.Root() != "/" {
		return unlock, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for _, file := range files {
		if _, err := s.Stat(file); err != nil {
			continue
		}
		if err := lockFile(ctx, s, file); err != nil {
			return nil, errors.Join(err, unlock())
		}
		held = append(held, file+".lock")
	}
	return unlock, nil
}

func lockFile(ctx context.Context, s sys.System, file string) error {
	own := fmt.Sprintf("%s.%d", file, os.Getpid())
	if err := s.WriteFile(own, strings.NewReader(strconv.Itoa(os.Getpid())+"\x00"), sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1}); err != nil {
		return fmt.Errorf("lock %s: %w", file, err)
	}
	defer func() { _ = s.Remove(own) }()
	for {
		err := s.Link(own, file+".lock")
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("lock %s: %w", file, err)
		}
		owner := lockOwner(s, file+".lock")
		if owner == 0 {
			if err := s.Remove(file + ".lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("lock %s: remove a stale lock: %w", file, err)
			}
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lock %s: process %d holds %s.lock: %w", file, owner, file, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lockOwner is the living process that a lock names, 0 if there is none.
func lockOwner(r sys.Reader, lock string) int {
	data, err := r.ReadFile(lock)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimRight(string(data), "\x00\n"))
	if err != nil {
		return 0
	}
	if _, err := r.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
		return 0
	}
	return pid
}
