package executor

import "github.com/musterhq/muster/playbook"

// sectionKind says which list of a block a host is in.
type sectionKind int

const (
	inBody sectionKind = iota
	inRescue
	inAlways
)

// section is a list of nodes that a host is going through.
type section struct {
	block *playbook.Block // whose list it is; nil for a list of the play, and for tasks that stand in for an import
	kind  sectionKind
	next  playbook.Node // follows the current node in the list; nil at the end
	part  bool          // it stands in the list around it: an import_tasks
}

// care says what a failure at a task means for any_errors_fatal and max_fail_percentage, which count as ansible-core 2.14 does.
type care struct {
	guarded bool // a rescue or always section takes care of the failure, so that it counts for nobody else
	here    bool // the task lies in a rescue or always section
	next    bool // the next task lies in one
	after   bool // the next task lies in one when this one fails
}

// enter goes through a list of a block's nodes.
func (w *walker) enter(b *playbook.Block, kind sectionKind, list []playbook.Node, path []int) ending {
	s := section{block: b, kind: kind}
	if isPart(b) && len(w.within) > 0 {
		s = section{kind: w.within[len(w.within)-1].kind, part: true}
	}
	w.within = append(w.within, s)
	defer func() { w.within = w.within[:len(w.within)-1] }()
	return w.nodes(list, path)
}

// follows notes what comes after the current node of the innermost list.
func (w *walker) follows(list []playbook.Node, i int) {
	if len(w.within) == 0 {
		return
	}
	s := &w.within[len(w.within)-1]
	s.next = nil
	if i+1 < len(list) {
		s.next = list[i+1]
	}
}

// care looks at the lists around the current task.
func (w *walker) care() care {
	c := care{next: w.nextInCare(), guarded: w.isGuarded()}
	if n := len(w.within); n > 0 {
		c.here = w.within[n-1].kind != inBody
	}
	for _, s := range w.within {
		if s.guards() {
			c.after = startsWithTask(s.following())
		}
	}
	return c
}

// isGuarded follows the way in which ansible-core decides that a host has not failed yet. Of the blocks around the one that the
// task stands in, only those with a rescue count.
func (w *walker) isGuarded() bool {
	direct := true
	for i := len(w.within) - 1; i >= 0; i-- {
		s := w.within[i]
		if s.part || s.block == nil {
			continue
		}
		if s.guards() && (direct || s.kind == inBody && len(s.block.Rescue) > 0) {
			return true
		}
		direct = false
	}
	return false
}

// nextInCare reports whether the task that follows when all goes well lies in a rescue or always section.
func (w *walker) nextInCare() bool {
	for i := len(w.within) - 1; i >= 0; i-- {
		s := w.within[i]
		switch {
		case s.next != nil:
			return s.kind != inBody && startsWithTask([]playbook.Node{s.next})
		case s.block != nil && s.kind != inAlways && len(s.block.Always) > 0 && !isForced(s.block):
			return startsWithTask(s.block.Always)
		}
	}
	return false
}

// guards reports whether a failure within the section is followed by another section of its block.
func (s section) guards() bool { return len(s.following()) > 0 }

// following is what a failure in the section leads to within its block.
func (s section) following() []playbook.Node {
	switch {
	case s.block == nil || isForced(s.block) || s.kind == inAlways:
		return nil
	case s.kind == inBody && len(s.block.Rescue) > 0:
		return s.block.Rescue
	default:
		return s.block.Always
	}
}

// isForced reports whether a block is what force_handlers puts around a section of the play.
func isForced(b *playbook.Block) bool { return b.Pos.Line == 0 }

// isPart reports whether a block only holds the tasks of an import_tasks, which stand in the list around it.
func isPart(b *playbook.Block) bool {
	return b.Include && b.Static && len(b.Rescue)+len(b.Always) == 0 && (b.Role == nil || b.Role.Block != b)
}

// startsWithTask reports whether a list starts with a task of its own, and not with a block, whose body is no section of care.
func startsWithTask(list []playbook.Node) bool {
	if len(list) == 0 {
		return false
	}
	switch n := list[0].(type) {
	case *playbook.Task:
		return true
	case *playbook.Block:
		return isPart(n) && startsWithTask(n.Body)
	}
	return false
}
