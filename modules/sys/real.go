package sys

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Real is the machine that this process runs on. It holds no state.
func Real() System { return real{} }

type real struct{}

func (real) Root() string { return "/" }

func (real) Lstat(path string) (Stat, error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return Stat{}, err
	}
	return statOf(path, fi), nil
}

func (real) Stat(path string) (Stat, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return Stat{}, err
	}
	return statOf(path, fi), nil
}

func (real) Open(path string) (io.ReadCloser, error)    { return os.Open(path) }
func (real) ReadFile(path string) ([]byte, error)       { return os.ReadFile(path) }
func (real) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (real) Readlink(path string) (string, error)       { return os.Readlink(path) }
func (real) Xattr(path, name string) ([]byte, error)    { return getXattr(path, name) }
func (real) FileVersion(path string) (uint32, error)    { return fileVersion(path) }
func (real) FileFlags(path string) (uint32, error)      { return fileFlags(path) }
func (real) Access(path string, mode uint32) bool       { return access(path, mode) }
func (real) Getuid() int                                { return os.Getuid() }
func (real) Environ() []string                          { return os.Environ() }
func (real) Umask() uint32                              { return umask() }
func (real) ListXattr(path string) ([]string, error)    { return listXattr(path) }

// sbinFolders are searched after PATH, as administrators' programs live there and a plain user's PATH lacks them.
var sbinFolders = [...]string{"/sbin", "/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/bin"}

func (real) LookPath(name string) (string, error) {
	full, err := exec.LookPath(name)
	if err == nil || strings.Contains(name, "/") {
		return full, err
	}
	for _, dir := range sbinFolders {
		if full, err := exec.LookPath(dir + "/" + name); err == nil {
			return full, nil
		}
	}
	return "", err
}

func (r real) Query(ctx context.Context, c Command) (Output, error) {
	return r.Run(unwatched(ctx), c)
}

func (r real) Run(ctx context.Context, c Command) (Output, error) {
	return execute(ctx, c, os.Environ(), r.LookPath)
}

func (real) WriteFile(path string, content io.Reader, o WriteOptions) error {
	return writeFile(path, content, o, (*os.File).Chown)
}

func (real) Mkdir(path string, perm uint32) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return chmodFolder(path, perm)
}

func (real) Remove(path string) error                    { return os.Remove(path) }
func (real) RemoveAll(path string) error                 { return os.RemoveAll(path) }
func (real) Rename(from, to string) error                { return os.Rename(from, to) }
func (real) Symlink(target, path string) error           { return os.Symlink(target, path) }
func (real) Link(old, path string) error                 { return os.Link(old, path) }
func (real) Mknod(p string, mode uint32, d uint64) error { return mknod(p, mode, d) }
func (real) Chmod(path string, perm uint32) error        { return chmod(path, perm) }
func (real) Lchown(path string, uid, gid int) error      { return lchown(path, uid, gid) }

func (real) Chtimes(path string, atime, mtime time.Time) error { return lutimes(path, atime, mtime) }
func (real) SetXattr(path, name string, data []byte) error     { return setXattr(path, name, data) }
func (real) RemoveXattr(path, name string) error               { return removeXattr(path, name) }
func (real) SetFileFlags(path string, flags uint32) error      { return setFileFlags(path, flags) }

func (real) TempFile(dir, pattern string) (string, error) { return tempFile(dir, pattern) }
func (real) TempDir(dir, pattern string) (string, error)  { return os.MkdirTemp(dir, pattern) }

func tempFile(dir, pattern string) (string, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func lchown(path string, uid, gid int) error { return os.Lchown(path, uid, gid) }

// writeFile is the atomic write that WriteOptions describe. Where no temporary file can be made beside the target,
// or it cannot be renamed, Unsafe writes in place.
//
// Owner and mode are given to the open file: the folder may belong to somebody who puts a link in the place of its name.
func writeFile(path string, content io.Reader, o WriteOptions, chown func(*os.File, int, int) error) error {
	temp, err := writeTemp(path, content, o, chown)
	if temp == "" {
		if o.Unsafe && renameRefused(err) {
			return writeInPlace(path, content)
		}
		return err
	}
	err = os.Rename(temp, path)
	if err == nil {
		return nil
	}
	defer func() { _ = os.Remove(temp) }() // what matters is whether the content arrives
	if !o.Unsafe || !renameRefused(err) {
		return err
	}
	written, err := os.Open(temp)
	if err != nil {
		return err
	}
	defer written.Close()
	return writeInPlace(path, written)
}

func writeInPlace(path string, content io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// writeTemp writes the content to a temporary file beside path; on an error nothing is left and temp is "".
func writeTemp(path string, content io.Reader, o WriteOptions, chown func(*os.File, int, int) error) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), temporaryPrefix)
	if err != nil {
		return "", err
	}
	temp = f.Name()
	if err = fillTemp(f, path, content, o, chown); err != nil {
		return "", errors.Join(err, os.Remove(temp))
	}
	return temp, nil
}

func fillTemp(f *os.File, path string, content io.Reader, o WriteOptions, chown func(*os.File, int, int) error) (err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	temp := f.Name()
	if o.UID >= 0 || o.GID >= 0 {
		if err = chown(f, o.UID, o.GID); err != nil && !(o.OwnerIfPermitted && errors.Is(err, fs.ErrPermission)) {
			return err
		}
	}
	if _, err = io.Copy(f, content); err != nil { // before the mode: a plain user's write takes setuid and setgid away
		return err
	}
	if err = keepACL(path, temp); err != nil {
		return err
	}
	if err = fchmod(f, o.Perm); err != nil { // with an access list, the group's bits are its mask
		return err
	}
	return keepContext(path, temp)
}

// keepACL carries the access list of a file over to the one that replaces it.
func keepACL(old, replacement string) error {
	const list = "system.posix_acl_access"
	acl, err := getXattr(old, list)
	if err != nil || len(acl) == 0 {
		return nil // no list, or no file yet
	}
	if err := setXattr(replacement, list, acl); err != nil && !errors.Is(err, ErrNotSupported) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// keepContext carries the SELinux label of a file over to the one that replaces it.
func keepContext(old, replacement string) error {
	label, err := getXattr(old, "security.selinux")
	if err != nil || len(label) == 0 {
		return nil // no label, or no file yet
	}
	if has, err := getXattr(replacement, "security.selinux"); err == nil && string(has) == string(label) {
		return nil
	}
	if err := setXattr(replacement, "security.selinux", label); err != nil && !errors.Is(err, ErrNotSupported) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
