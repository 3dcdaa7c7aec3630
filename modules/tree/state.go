package tree

import (
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

// Carry copies what reading cannot find from a known state.
func Carry(known State, got *State) {
	got.Made, got.Backup = known.Made, known.Backup
}
