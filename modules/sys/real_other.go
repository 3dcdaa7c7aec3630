//go:build !linux

package sys

import (
	"io/fs"
	"os"
	"os/exec"
	"time"
)

// Off Linux the controller compiles and runs; modules on a local connection get what the os package offers.

func statOf(path string, fi fs.FileInfo) Stat {
	perm := uint32(fi.Mode().Perm())
	if fi.Mode()&fs.ModeSetuid != 0 {
		perm |= 0o4000
	}
	if fi.Mode()&fs.ModeSetgid != 0 {
		perm |= 0o2000
	}
	if fi.Mode()&fs.ModeSticky != 0 {
		perm |= 0o1000
	}
	return Stat{Path: path, Mode: fi.Mode(), Perm: perm, Size: fi.Size(), Nlink: 1,
		Atime: fi.ModTime(), Mtime: fi.ModTime(), Ctime: fi.ModTime()}
}

func access(path string, _ uint32) bool { _, err := os.Stat(path); return err == nil }

func chmod(path string, perm uint32) error {
	mode := fs.FileMode(perm & 0o777)
	if perm&0o4000 != 0 {
		mode |= fs.ModeSetuid
	}
	if perm&0o2000 != 0 {
		mode |= fs.ModeSetgid
	}
	if perm&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	return os.Chmod(path, mode)
}

func fchmod(f *os.File, perm uint32) error       { return chmod(f.Name(), perm) }
func chmodFolder(path string, perm uint32) error { return chmod(path, perm) }

func lutimes(path string, atime, mtime time.Time) error { return os.Chtimes(path, atime, mtime) }

func notSupported(op, path string) error {
	return &fs.PathError{Op: op, Path: path, Err: ErrNotSupported}
}

func mknod(path string, _ uint32, _ uint64) error { return notSupported("mknod", path) }
func getXattr(path, _ string) ([]byte, error)     { return nil, notSupported("getxattr", path) }
func setXattr(path, _ string, _ []byte) error     { return notSupported("setxattr", path) }
func removeXattr(path, _ string) error            { return notSupported("removexattr", path) }
func fileFlags(path string) (uint32, error)       { return 0, notSupported("ioctl", path) }
func setFileFlags(path string, _ uint32) error    { return notSupported("ioctl", path) }
func renameRefused(_ error) bool                  { return false }
func ownGroup(_ *exec.Cmd)                        {}
func exitCode(p *os.ProcessState) int             { return p.ExitCode() }

func umask() uint32                        { return 0o022 }
func listXattr(_ string) ([]string, error) { return nil, nil }

func fileVersion(path string) (uint32, error) { return 0, notSupported("ioctl", path) }

func keepOpen(*exec.Cmd, *os.File) {}
