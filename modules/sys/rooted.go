package sys

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// CommandFunc runs a command for a machine that is not the real one.
type CommandFunc func(ctx context.Context, c Command) (Output, error)

// RootedOption changes what Rooted makes.
type RootedOption func(*rooted)

// WithCommands lets f run the commands of the throw-away machine; LookPath then finds what find finds.
// Without it only programs inside the root run: nothing may act on the real machine by accident.
func WithCommands(f CommandFunc, find func(name string) (string, error)) RootedOption {
	return func(r *rooted) { r.run, r.find = f, find }
}

// WithEnviron replaces the environment of the throw-away machine.
func WithEnviron(env []string) RootedOption { return func(r *rooted) { r.env = env } }

// Rooted is a throw-away machine whose root is a folder. Paths, and links wherever they point, stay inside it.
// Its user is root: where the process may not change owners, they are remembered for the life of the returned
// System (as fakeroot does) and files of the process' own user appear as root's. Extended attributes and file flags
// go to the real files, so that they may be not supported.
func Rooted(dir string, opts ...RootedOption) System {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	r := &rooted{resolver: resolver{dir: dir}, fake: os.Geteuid() != 0, owners: map[fileID]owner{}}
	r.env = []string{"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "LANG=C.UTF-8",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	r.run, r.find = r.runInside, r.findInside
	for _, o := range opts {
		o(r)
	}
	return r
}

type fileID struct{ dev, inode uint64 }

type owner struct{ uid, gid int }

type rooted struct {
	resolver
	fake   bool
	env    []string
	run    CommandFunc
	find   func(name string) (string, error)
	mu     sync.Mutex
	owners map[fileID]owner // what chown was told, where it could not be done
}

func (r *rooted) Root() string { return r.dir }

// stat adds the remembered owner.
func (r *rooted) stat(path string, fi fs.FileInfo) Stat {
	st := statOf(path, fi)
	if !r.fake {
		return st
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if o, ok := r.owners[fileID{st.Dev, st.Inode}]; ok {
		st.UID, st.GID = o.uid, o.gid
		return st
	}
	if st.UID == os.Geteuid() {
		st.UID = 0
	}
	if st.GID == os.Getegid() {
		st.GID = 0
	}
	return st
}

func (r *rooted) Lstat(path string) (Stat, error) {
	full, err := r.real(path, false)
	if err != nil {
		return Stat{}, err
	}
	fi, err := os.Lstat(full)
	if err != nil {
		return Stat{}, r.inside(path, err)
	}
	return r.stat(path, fi), nil
}

func (r *rooted) Stat(path string) (Stat, error) {
	full, err := r.real(path, true)
	if err != nil {
		return Stat{}, err
	}
	fi, err := os.Lstat(full)
	if err != nil {
		return Stat{}, r.inside(path, err)
	}
	return r.stat(path, fi), nil
}

func (r *rooted) Open(path string) (io.ReadCloser, error) {
	full, err := r.real(path, true)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(full)
	if err != nil {
		return nil, r.inside(path, err)
	}
	return f, nil
}

func (r *rooted) ReadFile(path string) ([]byte, error) {
	full, err := r.real(path, true)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(full)
	return b, r.inside(path, err)
}

func (r *rooted) ReadDir(path string) ([]fs.DirEntry, error) {
	full, err := r.real(path, true)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(full)
	return list, r.inside(path, err)
}

func (r *rooted) Readlink(path string) (string, error) {
	full, err := r.real(path, false)
	if err != nil {
		return "", err
	}
	target, err := os.Readlink(full)
	return target, r.inside(path, err)
}

func (r *rooted) Xattr(path, name string) ([]byte, error) {
	full, err := r.real(path, false)
	if err != nil {
		return nil, err
	}
	b, err := getXattr(full, name)
	return b, r.inside(path, err)
}

func (r *rooted) ListXattr(path string) ([]string, error) {
	full, err := r.real(path, false)
	if err != nil {
		return nil, err
	}
	names, err := listXattr(full)
	return names, r.inside(path, err)
}

func (r *rooted) FileFlags(path string) (uint32, error) {
	full, err := r.real(path, false)
	if err != nil {
		return 0, err
	}
	flags, err := fileFlags(full)
	return flags, r.inside(path, err)
}

func (r *rooted) FileVersion(path string) (uint32, error) {
	full, err := r.real(path, false)
	if err != nil {
		return 0, err
	}
	version, err := fileVersion(full)
	return version, r.inside(path, err)
}

func (r *rooted) Access(path string, mode uint32) bool {
	full, err := r.real(path, true)
	return err == nil && access(full, mode)
}

func (r *rooted) Getuid() int       { return 0 }
func (r *rooted) Umask() uint32     { return 0o022 }
func (r *rooted) Environ() []string { return append([]string{}, r.env...) }

func (r *rooted) LookPath(name string) (string, error) { return r.find(name) }

func (r *rooted) Query(ctx context.Context, c Command) (Output, error) { return r.run(ctx, c) }
func (r *rooted) Run(ctx context.Context, c Command) (Output, error)   { return r.run(ctx, c) }

func (r *rooted) WriteFile(path string, content io.Reader, o WriteOptions) error {
	full, err := r.real(path, false)
	if err != nil {
		return err
	}
	r.forget(full)
	return r.inside(path, writeFile(full, content, o, func(f *os.File, uid, gid int) error { return r.chown(f.Name(), uid, gid) }))
}

func (r *rooted) Mkdir(path string, perm uint32) error {
	return r.with(path, func(full string) error { return real{}.Mkdir(full, perm) })
}

// with runs an operation on the path itself, links not followed.
func (r *rooted) with(path string, do func(full string) error) error {
	full, err := r.real(path, false)
	if err != nil {
		return err
	}
	return r.inside(path, do(full))
}

func (r *rooted) Remove(path string) error {
	return r.with(path, func(full string) error {
		r.forget(full)
		return os.Remove(full)
	})
}

func (r *rooted) RemoveAll(path string) error {
	return r.with(path, func(full string) error {
		if full == r.dir {
			return &fs.PathError{Op: "remove", Path: path, Err: fs.ErrInvalid}
		}
		_ = filepath.WalkDir(full, func(p string, _ fs.DirEntry, err error) error {
			if err == nil {
				r.forget(p)
			}
			return nil
		})
		return os.RemoveAll(full)
	})
}

func (r *rooted) Rename(from, to string) error {
	target, err := r.real(to, false)
	if err != nil {
		return err
	}
	return r.with(from, func(full string) error { return os.Rename(full, target) })
}

func (r *rooted) Symlink(target, path string) error {
	return r.with(path, func(full string) error { return os.Symlink(target, full) })
}

func (r *rooted) Link(old, path string) error {
	source, err := r.real(old, false)
	if err != nil {
		return err
	}
	return r.with(path, func(full string) error { return os.Link(source, full) })
}

func (r *rooted) Mknod(path string, mode uint32, dev uint64) error {
	return r.with(path, func(full string) error { return mknod(full, mode, dev) })
}

func (r *rooted) Chmod(path string, perm uint32) error {
	full, err := r.real(path, true)
	if err != nil {
		return err
	}
	return r.inside(path, chmod(full, perm))
}

func (r *rooted) Lchown(path string, uid, gid int) error {
	return r.with(path, func(full string) error { return r.chown(full, uid, gid) })
}

// chown changes or remembers the owner of a real path.
func (r *rooted) chown(full string, uid, gid int) error {
	if !r.fake {
		return lchown(full, uid, gid)
	}
	fi, err := os.Lstat(full)
	if err != nil {
		return err
	}
	st := r.stat(full, fi)
	if uid < 0 {
		uid = st.UID
	}
	if gid < 0 {
		gid = st.GID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owners[fileID{st.Dev, st.Inode}] = owner{uid, gid}
	return nil
}

// forget drops the remembered owner of a file about to go, as its inode may be used again.
func (r *rooted) forget(full string) {
	if !r.fake {
		return
	}
	fi, err := os.Lstat(full)
	if err != nil {
		return
	}
	if st := statOf(full, fi); st.Nlink < 2 || st.IsDir() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.owners, fileID{st.Dev, st.Inode})
	}
}

func (r *rooted) Chtimes(path string, atime, mtime time.Time) error {
	return r.with(path, func(full string) error { return lutimes(full, atime, mtime) })
}

func (r *rooted) SetXattr(path, name string, data []byte) error {
	return r.with(path, func(full string) error { return setXattr(full, name, data) })
}

func (r *rooted) RemoveXattr(path, name string) error {
	return r.with(path, func(full string) error { return removeXattr(full, name) })
}

func (r *rooted) SetFileFlags(path string, flags uint32) error {
	return r.with(path, func(full string) error { return setFileFlags(full, flags) })
}

func (r *rooted) temp(dir string) (seen, full string, err error) {
	if dir == "" {
		dir = "/tmp"
	}
	full, err = r.real(dir, true)
	if err == nil && dir == "/tmp" {
		err = os.MkdirAll(full, 0o755)
	}
	return dir, full, err
}

func (r *rooted) TempFile(dir, pattern string) (string, error) {
	seen, full, err := r.temp(dir)
	if err != nil {
		return "", err
	}
	name, err := tempFile(full, pattern)
	return strings.TrimSuffix(seen, "/") + "/" + filepath.Base(name), r.inside(seen, err)
}

func (r *rooted) TempDir(dir, pattern string) (string, error) {
	seen, full, err := r.temp(dir)
	if err != nil {
		return "", err
	}
	name, err := os.MkdirTemp(full, pattern)
	return strings.TrimSuffix(seen, "/") + "/" + filepath.Base(name), r.inside(seen, err)
}
