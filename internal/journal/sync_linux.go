package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData makes what was written durable, together with the file's size.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err != unix.EINTR {
			return err
		}
	}
}

// reserve claims room behind the end of a file, so that records which close an entry find a place on a full disk. Where the
// file system cannot, it does nothing.
func reserve(f *os.File, from, size int64) error {
	err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, from, size)
	if noSpace(err) {
		return &os.PathError{Op: "reserve", Path: f.Name(), Err: err}
	}
	return nil
}
