package executor

import (
	"iter"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// ending says how a list of nodes ended on a host.
type ending int

const (
	good        ending = iota
	failing            // a task failed: rescue and always follow
	leaving            // end_host, end_play: nothing follows but the end
	leavingRole        // end_role: what comes after the role follows
	lost               // the host is unreachable
)

// step is a task that a host has reached.
type step struct {
	task    *playbook.Task
	path    []int // place in the order of the play; equal for hosts at the same task
	handler bool
	rescued bool          // a rescue of an enclosing block will follow a failure
	parked  bool          // the task failed: the host waits here for another try
	confirm *confirmation // of the nearest block around it; nil for none
	care    care
}

// outcome is what a task did to a host.
type outcome struct {
	ending   ending
	hopeless bool        // the task failed, and no rescue or always section follows
	result   *value.Dict // as registered
	includes []*playbook.Block
	flush    bool
	ran      bool // the task did something: it was neither skipped nor was its host unreachable
}

// walker takes one host through a play. It decides what comes next; the strategy decides when.
type walker struct {
	run      *playRun
	host     *hostState
	sections [][]playbook.Node
	base     int // the first section's place in the order of the play

	// of phases
	always    bool        // tags do not matter
	asHandler bool        // its tasks are announced as handlers
	captured  *value.Dict // variables as they were when rollback handlers were registered

	last      outcome           // of the step that was yielded last; set by the strategy
	notified  map[*handler]bool // handlers to run at the next flush
	rolesDone map[string]bool   // roles that are not run again
	rolesRan  map[string]bool   // roles of which a task really ran
	rescuers  int               // blocks with a rescue around the current task, within their body
	guarded   int               // blocks around the current task of which a rescue or always section may follow
	within    []section         // the lists around the current task, the innermost last
	again     bool              // a parked host takes its task again
	yield     func(step) bool
	stopped   bool

	confirm *confirmation // of the nearest block with confirm: around the current task

	failedTask *playbook.Task
	failedWith *value.Dict
	end        ending

	next func() (step, bool)
	stop func()
}

func newWalker(p *playRun, h *hostState, sections [][]playbook.Node) *walker {
	w := &walker{run: p, host: h, sections: sections, notified: map[*handler]bool{}, rolesDone: map[string]bool{}, rolesRan: map[string]bool{}}
	w.next, w.stop = iter.Pull(w.steps)
	return w
}

// steps yields the host's tasks in order; the strategy sets last before it asks for the next.
func (w *walker) steps(yield func(step) bool) {
	w.yield = yield
	for i, section := range w.sections {
		w.end = w.nodes(section, []int{w.base + i})
		if w.end != good {
			return
		}
	}
}

func extend(path []int, more ...int) []int {
	out := make([]int, 0, len(path)+len(more))
	return append(append(out, path...), more...)
}

func (w *walker) nodes(list []playbook.Node, path []int) ending {
	for i, n := range list {
		w.follows(list, i)
		var e ending
		switch n := n.(type) {
		case *playbook.Task:
			e = w.task(n, extend(path, i), n.Handler || w.asHandler)
		case *playbook.Block:
			e = w.block(n, extend(path, i))
		}
		if e != good {
			return e
		}
	}
	return good
}

func (w *walker) block(b *playbook.Block, path []int) ending {
	role := b.Role
	ownsRole := role != nil && role.Block == b
	if ownsRole && !role.AllowDuplicates {
		if w.rolesDone[role.Key] {
			return good
		}
	}
	if len(b.Rescue)+len(b.Always) > 0 || b.Confirm != nil {
		w.guarded++
		defer func() { w.guarded-- }()
	}
	e := w.confirming(b, path, func() ending { return w.parts(b, path) })
	if ownsRole && e == leavingRole {
		e = good
	}
	if ownsRole && e == good && w.rolesRan[role.Key] {
		w.rolesDone[role.Key] = true
	}
	return e
}

// parts goes through the body, and what follows it, as it ended.
func (w *walker) parts(b *playbook.Block, path []int) ending {
	e := w.body(b, path)
	if e == failing && len(b.Rescue) > 0 {
		e = w.rescue(b, path)
	}
	if len(b.Always) > 0 && (e == good || e == failing) {
		pardons := w.host.pardons()
		switch a := w.enter(b, inAlways, b.Always, extend(path, 2)); {
		case a != good:
			e = a
		case w.host.pardons() > pardons:
			e = good // clear_host_errors
		}
	}
	return e
}

func (w *walker) body(b *playbook.Block, path []int) ending {
	if len(b.Rescue) > 0 {
		w.rescuers++
		defer func() { w.rescuers-- }()
	}
	return w.enter(b, inBody, b.Body, extend(path, 0))
}

func (w *walker) rescue(b *playbook.Block, path []int) ending {
	w.host.setFact("ansible_failed_task", w.run.taskDict(w.failedTask))
	if w.failedWith != nil {
		w.host.setFact("ansible_failed_result", w.failedWith)
	}
	return w.enter(b, inRescue, b.Rescue, extend(path, 1))
}

// offer yields a step, and yields it again when a host that failed shall try once more. It returns false when nobody
// asks for steps any longer.
func (w *walker) offer(s step) bool {
	for {
		if !w.yield(s) {
			return false
		}
		if !w.parks() {
			return true
		}
		parked := s
		parked.parked = true
		if !w.yield(parked) {
			return false
		}
		if !w.again {
			return true
		}
		w.again = false
	}
}

// task yields one task and acts on what came of it.
func (w *walker) task(t *playbook.Task, path []int, handler bool) ending {
	if w.stopped || !w.always && !handler && !w.run.selected(t, w.host) {
		return good
	}
	if !w.offer(step{task: t, path: path, handler: handler, rescued: w.rescuers > 0, confirm: w.confirm, care: w.care()}) {
		w.stopped = true
		return leaving
	}
	out := w.last
	if role := t.Role(); role != nil && out.ran {
		w.rolesRan[role.Key] = true
	}
	if out.ending == failing {
		w.failedTask, w.failedWith = t, out.result
	}
	if out.hopeless {
		return leaving
	}
	if out.ending != good {
		return out.ending
	}
	if out.flush {
		return w.flush(path)
	}
	for i, b := range out.includes {
		if b == nil {
			continue
		}
		if e := w.block(b, extend(path, i)); e != good {
			return e
		}
	}
	return good
}
