package journal_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"runtime"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// moment is when within a write the process dies.
type moment int

const (
	beforeIt moment = iota
	amidIt          // of a file that is written: its temporary file is there
	afterIt
)

// mortal is a machine on which the process dies at a chosen write: its goroutine ends there, and nothing that still runs for
// it, such as cleaning up, has an effect any more.
type mortal struct {
	sys.System
	at    int // which write, from 1; 0 never dies
	when  moment
	count int
	dead  bool
}

var errDead = errors.New("the process is dead")

// write counts one write and dies where it is time to.
func (m *mortal) write(do func() error, half func()) error {
	if m.dead {
		return errDead
	}
	m.count++
	if m.count != m.at {
		return do()
	}
	switch m.when {
	case amidIt:
		if half != nil {
			half()
		}
	case afterIt:
		_ = do()
	}
	m.dead = true
	runtime.Goexit()
	return nil
}

func (m *mortal) WriteFile(p string, content io.Reader, o sys.WriteOptions) error {
	return m.write(func() error { return m.System.WriteFile(p, content, o) }, func() {
		_ = m.System.WriteFile(path.Join(path.Dir(p), ".muster-12345"), io.LimitReader(content, 3), o)
	})
}

func (m *mortal) Mkdir(p string, perm uint32) error {
	return m.write(func() error { return m.System.Mkdir(p, perm) }, nil)
}
func (m *mortal) Remove(p string) error {
	return m.write(func() error { return m.System.Remove(p) }, nil)
}

func (m *mortal) RemoveAll(p string) error {
	return m.write(func() error { return m.System.RemoveAll(p) }, func() {
		list, _ := m.System.ReadDir(p)
		for _, e := range list {
			if !e.IsDir() {
				_ = m.System.Remove(path.Join(p, e.Name()))
				return
			}
		}
	})
}

func (m *mortal) Rename(a, b string) error {
	return m.write(func() error { return m.System.Rename(a, b) }, nil)
}
func (m *mortal) Symlink(a, b string) error {
	return m.write(func() error { return m.System.Symlink(a, b) }, nil)
}
func (m *mortal) Link(a, b string) error {
	return m.write(func() error { return m.System.Link(a, b) }, nil)
}
func (m *mortal) Chmod(p string, perm uint32) error {
	return m.write(func() error { return m.System.Chmod(p, perm) }, nil)
}
func (m *mortal) Lchown(p string, u, g int) error {
	return m.write(func() error { return m.System.Lchown(p, u, g) }, nil)
}
func (m *mortal) Chtimes(p string, a, t time.Time) error {
	return m.write(func() error { return m.System.Chtimes(p, a, t) }, nil)
}
func (m *mortal) SetXattr(p, n string, d []byte) error {
	return m.write(func() error { return m.System.SetXattr(p, n, d) }, nil)
}
func (m *mortal) RemoveXattr(p, n string) error {
	return m.write(func() error { return m.System.RemoveXattr(p, n) }, nil)
}
func (m *mortal) Run(ctx context.Context, c sys.Command) (out sys.Output, err error) {
	err = m.write(func() error { out, err = m.System.Run(ctx, c); return err }, nil)
	return out, err
}

// full is a machine whose file system is full: nothing can be made or written, from the chosen write on.
type full struct {
	sys.System
	at, count int
}

func (f *full) write(p string, do func() error) error {
	if f.count++; f.count >= f.at {
		return &os.PathError{Op: "write", Path: p, Err: errNoSpace}
	}
	return do()
}

func (f *full) WriteFile(p string, content io.Reader, o sys.WriteOptions) error {
	return f.write(p, func() error { return f.System.WriteFile(p, content, o) })
}
func (f *full) Mkdir(p string, perm uint32) error {
	return f.write(p, func() error { return f.System.Mkdir(p, perm) })
}
func (f *full) Symlink(a, b string) error {
	return f.write(b, func() error { return f.System.Symlink(a, b) })
}
