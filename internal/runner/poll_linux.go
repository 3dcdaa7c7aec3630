package runner

import (
	"os"
	"syscall"
)

// pollable makes reads and writes of a pipe or socket wait in the poller, which wakes the reader without another thread.
// Input and output may be one socket, as sshd makes it: then both must be made so.
func pollable(f *os.File) *os.File {
	i, err := f.Stat()
	if err != nil || i.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return f
	}
	fd := int(f.Fd())
	if syscall.SetNonblock(fd, true) != nil {
		return f
	}
	return os.NewFile(uintptr(fd), f.Name())
}
