package runner

import (
	"os"

	"golang.org/x/sys/unix"
)

// leash makes the kernel continue this process when the other end of a pipe or socket closes, and when something arrives through
// it: a runner that somebody has stopped would outlive its connection for ever. To one that runs the signal means nothing.
// What cannot be put on a leash goes without.
func leash(f *os.File) {
	i, err := f.Stat()
	if err != nil || i.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return
	}
	fd := f.Fd()
	flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil {
		return
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETOWN, os.Getpid()); err != nil {
		return
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(unix.SIGCONT)); err != nil {
		return
	}
	_, _ = unix.FcntlInt(fd, unix.F_SETFL, flags|unix.O_ASYNC)
}

// unleash lets the process go on that started this one as another user: sudo stops itself when what it started is stopped, and would
// stay so. Continuing needs no right within a session.
func unleash() {
	if parent := os.Getppid(); parent > 1 {
		_ = unix.Kill(parent, unix.SIGCONT)
	}
}
