package sys

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Recorder is a System that notes every write before it passes it on.
type Recorder struct {
	System
	mu     sync.Mutex
	writes []string
}

// NewRecorder wraps a machine.
func NewRecorder(s System) *Recorder { return &Recorder{System: s} }

// Writes lists what was written so far, one line for each call, such as "chmod /etc/motd 0644".
func (s *Recorder) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.writes...)
}

// Reset forgets what was written.
func (s *Recorder) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = nil
}

func (s *Recorder) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, fmt.Sprintf(format, args...))
}

// WriteFile notes and passes on.
func (s *Recorder) WriteFile(path string, content io.Reader, o WriteOptions) error {
	s.note("write %s %04o", path, o.Perm)
	return s.System.WriteFile(path, content, o)
}

// Mkdir notes and passes on.
func (s *Recorder) Mkdir(path string, perm uint32) error {
	s.note("mkdir %s %04o", path, perm)
	return s.System.Mkdir(path, perm)
}

// Remove notes and passes on.
func (s *Recorder) Remove(path string) error {
	s.note("remove %s", path)
	return s.System.Remove(path)
}

// RemoveAll notes and passes on.
func (s *Recorder) RemoveAll(path string) error {
	s.note("removeall %s", path)
	return s.System.RemoveAll(path)
}

// Rename notes and passes on.
func (s *Recorder) Rename(from, to string) error {
	s.note("rename %s %s", from, to)
	return s.System.Rename(from, to)
}

// Symlink notes and passes on.
func (s *Recorder) Symlink(target, path string) error {
	s.note("symlink %s %s", target, path)
	return s.System.Symlink(target, path)
}

// Link notes and passes on.
func (s *Recorder) Link(old, path string) error {
	s.note("link %s %s", old, path)
	return s.System.Link(old, path)
}

// Mknod notes and passes on.
func (s *Recorder) Mknod(path string, mode uint32, dev uint64) error {
	s.note("mknod %s", path)
	return s.System.Mknod(path, mode, dev)
}

// Chmod notes and passes on.
func (s *Recorder) Chmod(path string, perm uint32) error {
	s.note("chmod %s %04o", path, perm)
	return s.System.Chmod(path, perm)
}

// Lchown notes and passes on.
func (s *Recorder) Lchown(path string, uid, gid int) error {
	s.note("chown %s %d:%d", path, uid, gid)
	return s.System.Lchown(path, uid, gid)
}

// Chtimes notes and passes on.
func (s *Recorder) Chtimes(path string, atime, mtime time.Time) error {
	s.note("touch %s", path)
	return s.System.Chtimes(path, atime, mtime)
}

// SetXattr notes and passes on.
func (s *Recorder) SetXattr(path, name string, data []byte) error {
	s.note("setxattr %s %s", path, name)
	return s.System.SetXattr(path, name, data)
}

// RemoveXattr notes and passes on.
func (s *Recorder) RemoveXattr(path, name string) error {
	s.note("removexattr %s %s", path, name)
	return s.System.RemoveXattr(path, name)
}

// SetFileFlags notes and passes on.
func (s *Recorder) SetFileFlags(path string, flags uint32) error {
	s.note("chattr %s %#x", path, flags)
	return s.System.SetFileFlags(path, flags)
}

// TempFile notes and passes on.
func (s *Recorder) TempFile(dir, pattern string) (string, error) {
	s.note("tempfile %s %s", dir, pattern)
	return s.System.TempFile(dir, pattern)
}

// TempDir notes and passes on.
func (s *Recorder) TempDir(dir, pattern string) (string, error) {
	s.note("tempdir %s %s", dir, pattern)
	return s.System.TempDir(dir, pattern)
}

// Run notes and passes on.
func (s *Recorder) Run(ctx context.Context, c Command) (Output, error) {
	s.note("run %s", strings.Join(c.Argv, " "))
	return s.System.Run(ctx, c)
}
