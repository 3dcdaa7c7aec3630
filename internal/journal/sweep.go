package journal

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// folder is a record that a file is written in a folder for an entry. A process that dies meanwhile leaves its temporary
// file there.
type folder struct {
	ID  string `json:"id"`
	Dir string `json:"dir"`
}

// noting is a machine that notes the folders in which files are written, and whose programs hold a file.
type noting struct {
	sys.System
	note func(dir string)
	hold func() *os.File // nil where none is to be held
	seen map[string]bool
}

// Run runs a program that keeps a file open, so that it can be waited for when this process is killed.
func (n *noting) Run(ctx context.Context, c sys.Command) (sys.Output, error) {
	if f := n.hold(); f != nil {
		defer func() { _ = f.Close() }()
		c.Hold = f
	}
	return n.System.Run(ctx, c)
}

func (n *noting) WriteFile(p string, content io.Reader, o sys.WriteOptions) error {
	n.at(p)
	return n.System.WriteFile(p, content, o)
}

// Links are made under temporary names as well, where they replace something.
func (n *noting) Symlink(target, p string) error { n.at(p); return n.System.Symlink(target, p) }
func (n *noting) Link(old, p string) error       { n.at(p); return n.System.Link(old, p) }

func (n *noting) at(p string) {
	if dir := path.Dir(p); !n.seen[dir] {
		n.seen[dir] = true
		n.note(dir)
	}
}

// System is the machine for the request's module: where it writes is noted for its open entry.
func (t *Task) System(s sys.System) sys.System {
	t.machine = &noting{System: s, seen: map[string]bool{}, hold: func() *os.File {
		if !t.change {
			return nil // what a command starts in the background has nothing to do with the journal
		}
		return t.s.place.hold()
	}, note: func(dir string) {
		t.s.mu.Lock()
		defer t.s.mu.Unlock()
		if w := t.s.writers[t.ref.Run]; w != nil && t.open != "" {
			_ = w.append(kindFolder, folder{ID: t.open, Dir: dir}) // without it a file too many may be left after a crash
		}
	}}
	return t.machine
}

// undoing is the machine for the undo of an entry.
func (s *Store) undoing(run, holder string, e *entry) sys.System {
	return &noting{System: s.machine.Sys, seen: map[string]bool{}, hold: s.place.hold, note: func(dir string) {
		if w, err := s.writer(run, holder); err == nil {
			_ = w.append(kindFolder, folder{ID: e.id, Dir: dir})
		}
	}}
}

// sweep removes the temporary files that a dead process left where it was writing. They have names of their own, no other
// process of this user works on the host while its lock is held, and only those that are younger than the entry go.
func (s *Store) sweep(e *entry) {
	for _, dir := range e.folders {
		list, err := s.machine.Sys.ReadDir(dir)
		if err != nil {
			continue // gone with the rest, perhaps
		}
		for _, item := range list {
			if !sys.IsTemporary(item.Name()) || !item.Type().IsRegular() && item.Type() != fs.ModeSymlink {
				continue
			}
			p := path.Join(dir, item.Name())
			if st, err := s.machine.Sys.Lstat(p); err == nil && st.Ctime.After(e.Time.Add(-time.Second)) {
				_ = s.machine.Sys.Remove(p) // a file too many is no reason to stop
			}
		}
	}
}
