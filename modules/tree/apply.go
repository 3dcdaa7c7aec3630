package tree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Change is how one state is turned into another.
type Change struct {
	// Validate runs before a file gets new content: a command with %s for the file that holds it. "" checks nothing.
	Validate string
	Unsafe   bool // write in place where replacing is impossible
	// Stream, if any, brings the contents of nodes that were made with SetStreamed, in its own order. It may bring others.
	Stream func(ctx context.Context, r sys.Reader, write func(path string, content io.Reader) error) error
}

// Apply turns from into to. It serves undo as well: then from and to are exchanged.
func (c Change) Apply(ctx context.Context, s sys.System, from, to State) error {
	before := make(map[string]Node, len(from.Nodes))
	for _, n := range from.Nodes {
		before[n.Path] = n
	}
	if err := c.backup(ctx, s, from, to); err != nil {
		return err
	}
	if err := makeFolders(s, from, to); err != nil {
		return err
	}
	if err := remove(ctx, s, from, to); err != nil {
		return err
	}
	if err := c.applyNodes(ctx, s, before, to); err != nil {
		return err
	}
	settleFolderTimes(s, before, to)
	return removeFolders(s, from, to)
}

// applyNodes turns node after node, and at the end writes those whose content streams in, and hard links, whose targets
// are there only then.
func (c Change) applyNodes(ctx context.Context, s sys.System, before map[string]Node, to State) error {
	streamed := map[string]Node{}
	var links []Node
	for _, n := range to.Nodes {
		switch {
		case n.Kind == File && n.HardOf != "" && c.Stream != nil:
			links = append(links, n)
		case n.Kind == File && n.streamed && !(before[n.Path].Kind == File && SameContent(before[n.Path], n) && before[n.Path].HardOf == ""):
			streamed[n.Path] = n
		default:
			if err := c.applyNode(ctx, s, before[n.Path], n); err != nil {
				return err
			}
		}
	}
	if c.Stream != nil && len(streamed) > 0 {
		if err := c.stream(ctx, s, before, streamed); err != nil {
			return err
		}
	}
	for _, n := range links {
		if err := c.applyNode(ctx, s, before[n.Path], n); err != nil {
			return err
		}
	}
	return nil
}

func (c Change) stream(ctx context.Context, s sys.System, before, wanted map[string]Node) error {
	err := c.Stream(ctx, s, func(path string, content io.Reader) error {
		to, ok := wanted[path]
		if !ok {
			return nil
		}
		delete(wanted, path)
		to.reader = content
		return c.applyNode(ctx, s, before[path], to)
	})
	if err != nil {
		return err
	}
	for path := range wanted {
		return fmt.Errorf("%s: its content did not come", path)
	}
	return nil
}

func (c Change) backup(ctx context.Context, s sys.System, from, to State) error {
	switch {
	case to.Backup != "" && from.Backup == "":
		src := from.Main()
		f, err := src.Open(ctx, s)
		if !src.loaded {
			f, err = s.Open(src.Path)
		}
		if err != nil {
			return fmt.Errorf("could not make backup of %s to %s: %w", src.Path, to.Backup, reason(err))
		}
		defer f.Close()
		err = s.WriteFile(to.Backup, f, sys.WriteOptions{Perm: src.Perm, UID: src.UID, GID: src.GID, OwnerIfPermitted: true})
		if err != nil {
			return fmt.Errorf("could not make backup of %s to %s: %w", src.Path, to.Backup, reason(err))
		}
		if st, err := s.Stat(src.Path); err == nil {
			_ = s.Chtimes(to.Backup, st.Atime, st.Mtime) // a backup's times are a courtesy
		}
	case from.Backup != "" && to.Backup == "":
		if err := s.Remove(from.Backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// BackupName is the name under which a file is kept aside: NAME.NUMBER.DATE@TIME~. Ansible's number is the process of the
// task; here one process does many tasks in a second, so the number is that process with the microsecond.
func BackupName(path string, pid int, now time.Time) string {
	return path + "." + strconv.Itoa(pid) + fmt.Sprintf("%06d", now.Nanosecond()/1000) + "." + now.Format("2006-01-02@15:04:05") + "~"
}

func makeFolders(s sys.System, from, to State) error {
	for _, dir := range to.Made {
		if hasPath(from.Made, dir.Path) {
			continue
		}
		if err := s.Mkdir(dir.Path, dir.Perm); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := setAttributes(s, Node{Path: dir.Path, Kind: Directory, Perm: dir.Perm, UID: -1, GID: -1}, dir); err != nil {
			return err
		}
	}
	return nil
}

// removeFolders takes back folders that were made on the way; one that holds something else by now stays.
func removeFolders(s sys.System, from, to State) error {
	for _, dir := range slices.Backward(from.Made) {
		if hasPath(to.Made, dir.Path) {
			continue
		}
		if list, err := s.ReadDir(dir.Path); err == nil && len(list) == 0 {
			if err := s.Remove(dir.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasPath(nodes []Node, p string) bool {
	return slices.ContainsFunc(nodes, func(n Node) bool { return n.Path == p })
}

// remove takes away, innermost first, what is not wanted any more or is of another kind now. Files that a file or a link
// replaces stay until they are replaced atomically.
func remove(ctx context.Context, s sys.System, from, to State) error {
	after := make(map[string]Node, len(to.Nodes))
	for _, n := range to.Nodes {
		after[n.Path] = n
	}
	for _, n := range slices.Backward(from.Nodes) {
		want, listed := after[n.Path]
		if !n.Exists() || !listed || want.Kind == n.Kind {
			continue
		}
		if want.Exists() && n.Kind != Directory && want.Kind != Directory {
			continue
		}
		if err := removeNode(ctx, s, n, want); err != nil {
			return err
		}
	}
	return nil
}

func removeNode(ctx context.Context, s sys.System, n, want Node) error {
	if n.Kind != Directory {
		if err := unlock(s, n); err != nil {
			return err
		}
		err := s.Remove(n.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return modules.Fail(modules.Result{"path": n.Path}, "unlinking failed: %v ", err)
		}
		return nil
	}
	if want.Exists() || modules.Undoing(ctx) { // only what is known to be empty or was made by the change goes
		return s.Remove(n.Path)
	}
	if err := s.RemoveAll(n.Path); err != nil {
		return modules.Fail(nil, "rmtree failed: %v", err)
	}
	return nil
}

// unlock clears the flags that forbid changing a file.
func unlock(s sys.System, n Node) error {
	const locked = 0x10 | 0x20
	if n.Flags == nil || *n.Flags&locked == 0 {
		return nil
	}
	return s.SetFileFlags(n.Path, *n.Flags&^locked)
}

// settleFolderTimes restores the times of folders, which change as their contents do.
func settleFolderTimes(s sys.System, before map[string]Node, to State) {
	for _, n := range slices.Backward(to.Nodes) {
		if n.Kind == Directory && n.Mtime != 0 {
			_ = s.Chtimes(n.Path, time.Time{}, time.Unix(0, n.Mtime)) // the state after is read again and compared
		}
	}
}

// Dir is the folder of a path.
func Dir(p string) string { return path.Dir(p) }
