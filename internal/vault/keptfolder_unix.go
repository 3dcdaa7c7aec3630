//go:build unix

package vault

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepable says that the platform can tell whose a file is.
const keepable = true

// private reports that a file is this user's, and closed to all others.
func private(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}

const (
	lockTries = 50
	lockPause = 10 * time.Millisecond
)

var errBusy = errors.New("another process is writing")

// lock takes the folder's lock, which ends with the returned file. It waits half a second at most.
func (f *keptFolder) lock() (*os.File, error) {
	file, err := f.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for range lockTries {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			break
		}
		err = errBusy
		time.Sleep(lockPause)
	}
	return nil, errors.Join(err, file.Close())
}
