package sys

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func statOf(path string, fi fs.FileInfo) Stat {
	st := Stat{Path: path, Mode: fi.Mode(), Size: fi.Size(), Mtime: fi.ModTime()}
	if s, ok := fi.Sys().(*syscall.Stat_t); ok {
		st.Perm = s.Mode & 0o7777
		st.UID, st.GID = int(s.Uid), int(s.Gid)
		st.Dev, st.Inode, st.Nlink, st.Rdev = uint64(s.Dev), s.Ino, uint64(s.Nlink), uint64(s.Rdev) //nolint:unconvert // widths differ between architectures
		st.Blocks, st.BlkSize = s.Blocks, int64(s.Blksize)                                          //nolint:unconvert // likewise
		st.Atime = time.Unix(int64(s.Atim.Sec), int64(s.Atim.Nsec))                                 //nolint:unconvert // likewise
		st.Ctime = time.Unix(int64(s.Ctim.Sec), int64(s.Ctim.Nsec))                                 //nolint:unconvert // likewise
	}
	return st
}

func access(path string, mode uint32) bool { return unix.Access(path, mode) == nil }

func chmod(path string, perm uint32) error {
	if err := syscall.Chmod(path, perm); err != nil {
		return &fs.PathError{Op: "chmod", Path: path, Err: err}
	}
	return nil
}

func fchmod(f *os.File, perm uint32) error {
	if err := syscall.Fchmod(int(f.Fd()), perm); err != nil {
		return &fs.PathError{Op: "chmod", Path: f.Name(), Err: err}
	}
	return nil
}

// chmodFolder follows no link that somebody puts in the place of a new folder.
func chmodFolder(path string, perm uint32) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	return fchmod(f, perm)
}

func lutimes(path string, atime, mtime time.Time) error {
	ts := []unix.Timespec{omit(atime), omit(mtime)}
	err := unix.UtimesNanoAt(unix.AT_FDCWD, path, ts, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.EPERM) && isNow(atime) && isNow(mtime) { // who may write but is not the owner may set the present
		now := unix.Timespec{Nsec: unix.UTIME_NOW}
		err = unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{now, now}, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return &fs.PathError{Op: "utimes", Path: path, Err: err}
	}
	return nil
}

// isNow allows for the time that a task takes between reading the clock and setting the time.
func isNow(t time.Time) bool {
	age := time.Since(t)
	return age >= 0 && age < time.Minute
}

func omit(t time.Time) unix.Timespec {
	if t.IsZero() {
		return unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return unix.NsecToTimespec(t.UnixNano())
}

func mknod(path string, mode uint32, dev uint64) error {
	if err := unix.Mknod(path, mode, int(dev)); err != nil {
		return &fs.PathError{Op: "mknod", Path: path, Err: err}
	}
	return nil
}

func getXattr(path, name string) ([]byte, error) {
	buf := make([]byte, 256)
	for {
		n, err := unix.Lgetxattr(path, name, buf)
		switch {
		case err == nil:
			return buf[:n], nil
		case errors.Is(err, unix.ERANGE):
			n, err = unix.Lgetxattr(path, name, nil)
			if err != nil {
				return nil, xattrError("getxattr", path, err)
			}
			buf = make([]byte, n+64)
		default:
			return nil, xattrError("getxattr", path, err)
		}
	}
}

func setXattr(path, name string, data []byte) error {
	return xattrError("setxattr", path, unix.Lsetxattr(path, name, data, 0))
}

func removeXattr(path, name string) error {
	return xattrError("removexattr", path, unix.Lremovexattr(path, name))
}

func xattrError(op, path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOTSUP):
		return &fs.PathError{Op: op, Path: path, Err: ErrNotSupported}
	case errors.Is(err, unix.ENODATA):
		return &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
	default:
		return &fs.PathError{Op: op, Path: path, Err: err}
	}
}

func fileFlags(path string) (uint32, error) {
	var flags int
	err := withFile(path, func(fd int) (err error) {
		flags, err = unix.IoctlGetInt(fd, unix.FS_IOC_GETFLAGS)
		return err
	})
	return uint32(flags), err
}

// getVersion is FS_IOC_GETVERSION, _IOR('v', 1, long), whose number depends on the size of a long; 0x2000 and 0x4000 are
// the direction bits of mips, ppc and sparc, which muster does not run on.
const getVersion = 2<<30 | 'v'<<8 | 1 | (4<<(^uintptr(0)>>63))<<16

func fileVersion(path string) (uint32, error) {
	var version int
	err := withFile(path, func(fd int) (err error) {
		version, err = unix.IoctlGetInt(fd, getVersion)
		return err
	})
	return uint32(version), err
}

func setFileFlags(path string, flags uint32) error {
	return withFile(path, func(fd int) error { return unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, int(flags)) })
}

// withFile opens regular files and folders only: opening a device or a pipe could block or act.
func withFile(path string, use func(fd int) error) error {
	fi, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() && !fi.IsDir() {
		return &fs.PathError{Op: "ioctl", Path: path, Err: ErrNotSupported}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	err = use(int(f.Fd()))
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		err = ErrNotSupported
	}
	if err != nil {
		return &fs.PathError{Op: "ioctl", Path: path, Err: err}
	}
	return nil
}

// renameRefused reports the errors after which writing in place may still work.
func renameRefused(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EXDEV, unix.EACCES, unix.ETXTBSY, unix.EBUSY} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func keepOpen(cmd *exec.Cmd, f *os.File) {
	if f != nil {
		cmd.ExtraFiles = []*os.File{f}
	}
}

func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func exitCode(p *os.ProcessState) int {
	if ws, ok := p.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -int(ws.Signal())
	}
	return p.ExitCode()
}

// umask reads the mask without setting it, which would race with other goroutines.
func umask() uint32 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0o022
	}
	_, rest, ok := strings.Cut(string(b), "\nUmask:")
	if !ok {
		return 0o022
	}
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(strings.TrimSpace(line), 8, 32)
	if err != nil {
		return 0o022
	}
	return uint32(n)
}

func listXattr(path string) ([]string, error) {
	n, err := unix.Llistxattr(path, nil)
	if errors.Is(err, unix.ENOTSUP) || err == nil && n == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, xattrError("listxattr", path, err)
	}
	buf := make([]byte, n+256)
	if n, err = unix.Llistxattr(path, buf); err != nil {
		return nil, xattrError("listxattr", path, err)
	}
	return strings.Split(strings.TrimRight(string(buf[:n]), "\x00"), "\x00"), nil
}
