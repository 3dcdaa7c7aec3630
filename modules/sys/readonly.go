package sys

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"context"
)

// ReaderOnly hides everything but the Reader of a machine, so that not even a type assertion finds a way to write.
func ReaderOnly(r Reader) Reader {
	if only, ok := r.(readerOnly); ok {
		return only
	}
	return readerOnly{r}
}

type readerOnly struct{ Reader }

// ErrReadOnly is returned by every writing method of ReadOnly.
var ErrReadOnly = errors.New("the machine may only be read here")

// ReadOnly is a System whose writing methods fail. Attempts lists what was tried.
type ReadOnly struct {
	Reader
	mu       sync.Mutex
	attempts []string
}

// NewReadOnly wraps a machine.
func NewReadOnly(r Reader) *ReadOnly { return &ReadOnly{Reader: r} }

// Attempts lists the writes that were refused.
func (s *ReadOnly) Attempts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.attempts...)
}

func (s *ReadOnly) refuse(what, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts = append(s.attempts, what+" "+path)
	return fmt.Errorf("%s %s: %w", what, path, ErrReadOnly)
}

// WriteFile fails.
func (s *ReadOnly) WriteFile(path string, _ io.Reader, _ WriteOptions) error {
	return s.refuse("write", path)
}

// Mkdir fails.
func (s *ReadOnly) Mkdir(path string, _ uint32) error { return s.refuse("mkdir", path) }

// Remove fails.
func (s *ReadOnly) Remove(path string) error { return s.refuse("remove", path) }

// RemoveAll fails.
func (s *ReadOnly) RemoveAll(path string) error { return s.refuse("remove", path) }

// Rename fails.
func (s *ReadOnly) Rename(from, _ string) error { return s.refuse("rename", from) }

// Symlink fails.
func (s *ReadOnly) Symlink(_, path string) error { return s.refuse("symlink", path) }

// Link fails.
func (s *ReadOnly) Link(_, path string) error { return s.refuse("link", path) }

// Mknod fails.
func (s *ReadOnly) Mknod(path string, _ uint32, _ uint64) error { return s.refuse("mknod", path) }

// Chmod fails.
func (s *ReadOnly) Chmod(path string, _ uint32) error { return s.refuse("chmod", path) }

// Lchown fails.
func (s *ReadOnly) Lchown(path string, _, _ int) error { return s.refuse("chown", path) }

// Chtimes fails.
func (s *ReadOnly) Chtimes(path string, _, _ time.Time) error { return s.refuse("touch", path) }

// SetXattr fails.
func (s *ReadOnly) SetXattr(path, _ string, _ []byte) error { return s.refuse("setxattr", path) }

// RemoveXattr fails.
func (s *ReadOnly) RemoveXattr(path, _ string) error { return s.refuse("removexattr", path) }

// SetFileFlags fails.
func (s *ReadOnly) SetFileFlags(path string, _ uint32) error { return s.refuse("chattr", path) }

// TempFile fails.
func (s *ReadOnly) TempFile(dir, _ string) (string, error) { return "", s.refuse("tempfile", dir) }

// TempDir fails.
func (s *ReadOnly) TempDir(dir, _ string) (string, error) { return "", s.refuse("tempdir", dir) }

// Run fails.
func (s *ReadOnly) Run(_ context.Context, c Command) (Output, error) {
	name := ""
	if len(c.Argv) > 0 {
		name = c.Argv[0]
	}
	return Output{}, s.refuse("run", name)
}
