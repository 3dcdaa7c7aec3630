package tree

import (
	"context"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// State is a set of nodes, folders before what is in them, and what a change leaves beside them.
type State struct {
	Nodes  []Node
	Made   []Node `json:",omitempty"` // folders made on the way to the nodes
	Backup string `json:",omitempty"` // copy of the first file node, made before it was replaced

	Missing []Node    `json:"-"` // folders on the way that are not there
	Self    int       `json:"-"` // the user that the module runs as
	Clock   time.Time `json:"-"` // when the machine was read; names backups

	ask      asked
	accounts *sys.Accounts // for the names of owners in reports
}

// Main returns the first node.
func (s State) Main() Node {
	if len(s.Nodes) == 0 {
		return Node{}
	}
	return s.Nodes[0]
}

// Born is a node as it is made where nothing stood, before its attributes are set.
func (s State) Born(n Node, kind Kind) Node {
	n.Make(kind)
	n.UID = s.Self
	if n.setgid {
		n.GID = n.within
	} else if s.accounts != nil {
		if u, ok := s.accounts.UserByID(s.Self); ok {
			n.GID = u.GID
		}
	}
	return n
}

// Clone copies the state so that a wanted state can start from it.
func (s State) Clone() State {
	s.Nodes = append([]Node{}, s.Nodes...)
	return s
}

// Equal compares two states: the kinds, contents, owners and modes of their nodes.
func Equal(a, b State) bool {
	if len(a.Nodes) != len(b.Nodes) {
		return false
	}
	for i := range a.Nodes {
		if !EqualNode(a.Nodes[i], b.Nodes[i]) {
			return false
		}
	}
	return true
}

// EqualNode compares what is managed of two nodes.
func EqualNode(a, b Node) bool {
	if a.Path != b.Path || a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case Absent:
		return true
	case File:
		if !SameContent(a, b) || a.HardOf != b.HardOf {
			return false
		}
	case Link:
		if a.Target != b.Target {
			return false
		}
	}
	return sameAttributes(a, b)
}

// SameContent compares the contents of two file nodes.
func SameContent(a, b Node) bool {
	return a.Size == b.Size && (a.SHA256 == b.SHA256 || a.SHA256 == "" || b.SHA256 == "")
}

func sameAttributes(a, b Node) bool {
	if a.Kind != Link && a.Perm != b.Perm {
		return false
	}
	if !sameID(a.UID, b.UID) && !a.AnyOwner && !b.AnyOwner || !sameID(a.GID, b.GID) && !a.AnyGroup && !b.AnyGroup {
		return false
	}
	if a.Flags != nil && b.Flags != nil && *a.Flags != *b.Flags {
		return false
	}
	if a.Label != b.Label && a.Label != "" && b.Label != "" {
		return false
	}
	return sameTime(a.Atime, b.Atime) && sameTime(a.Mtime, b.Mtime)
}

func sameID(a, b int) bool { return a == b || a < 0 || b < 0 }

func sameTime(a, b int64) bool { return a == b || a == 0 || b == 0 }

// Same compares an earlier reading with the present during undo; a node that only one of them has must not exist.
func Same(then, now State) bool { return alike(then, now, func(_, now Node) Node { return now }) }

// Stands says whether the present is what a change left, but for times that others move on: those of folders, by what is made
// and removed in them, and that of the last access of a file, by reading it.
func Stands(post, now State) bool {
	return alike(post, now, func(n, other Node) Node {
		if n.Kind == Directory && other.Kind == Directory {
			other.Atime, other.Mtime = n.Atime, n.Mtime
		}
		if n.Atime != 0 && other.Atime > n.Atime {
			other.Atime = n.Atime
		}
		return other
	})
}

// alike compares two readings; pardon is given a node's both and returns the second without what does not count.
func alike(then, now State, pardon func(n, other Node) Node) bool {
	others := make(map[string]Node, len(now.Nodes))
	for _, n := range now.Nodes {
		others[n.Path] = n
	}
	for _, n := range then.Nodes {
		other, ok := others[n.Path]
		if ok && !EqualNode(n, pardon(n, other)) || !ok && n.Exists() {
			return false
		}
		delete(others, n.Path)
	}
	for _, n := range others {
		if n.Exists() {
			return false
		}
	}
	return true
}

// Beside reports folders made on the way, or a backup, that only now has.
func Beside(from, now State) bool {
	return len(now.Made) > len(from.Made) || now.Backup != from.Backup
}

// Carry takes the backup and the folders made on the way from a known state, and reads the nodes that only the known
// state names.
func Carry(ctx context.Context, r sys.Reader, known State, got *State) error {
	if known.Backup != "" {
		got.Backup = known.Backup
	}
	if len(known.Made) > 0 {
		got.Made = known.Made
	}
	have := make(map[string]bool, len(got.Nodes))
	for _, n := range got.Nodes {
		have[n.Path] = true
	}
	for _, n := range known.Nodes {
		if have[n.Path] {
			continue
		}
		read, err := ReadNode(ctx, r, n.Path, Look{Digest: true, IfSize: -1, Flags: n.Flags != nil, Times: n.Atime != 0 || n.Mtime != 0})
		if err != nil {
			return err
		}
		read.HardOf = sharedWith(r, read, n.HardOf)
		got.Nodes = append(got.Nodes, read)
	}
	return nil
}

// sharedWith returns other when a file read shares its inode with it, else "".
func sharedWith(r sys.Reader, n Node, other string) string {
	if other == "" || n.Kind != File {
		return ""
	}
	if st, err := r.Lstat(other); err != nil || st.Inode != n.inode {
		return ""
	}
	return other
}

// granularity is how far a file system may round the times it is told.
const granularity = int64(2 * time.Second)

// Settled compares a wanted state with what was read after the change: owners that were left to the process and times
// that the file system rounds are no difference.
func Settled(want, got State) bool {
	if len(want.Nodes) != len(got.Nodes) {
		return false
	}
	for i := range want.Nodes {
		w, g := want.Nodes[i], got.Nodes[i]
		if near(w.Atime, g.Atime) {
			w.Atime = 0
		}
		if near(w.Mtime, g.Mtime) {
			w.Mtime = 0
		}
		if !EqualNode(w, g) {
			return false
		}
	}
	return true
}

func near(a, b int64) bool { return a-b < granularity && b-a < granularity }
