package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
)

// Selection says which part of playbooks a run carries out on which hosts. Everything else runs in check mode there, so that
// what it registers is there for others. Its methods may be called concurrently.
type Selection interface {
	// Works reports whether the play at a place really works on a host. Where it does, its pre_tasks, post_tasks, tasks with
	// the tag always, gate and restore run as in any run; hosts on which it does not come last in its batches.
	Works(host string, play diag.Pos) bool
	// Applies reports whether a task is carried out on a host, by its key.
	Applies(host, key string) bool
	// Withholds reports whether a task is not carried out on a host, wherever in the play it stands.
	Withholds(host, key string) bool
}

// left reports that a run of selected tasks leaves this one out on its host. Handlers are never left out, as only real
// changes notify them; neither are rollback handlers, which have to undo.
func (t *taskRun) left() bool {
	s := t.x.o.Selection
	if s == nil || t.task.Handler || t.section == sectionRollback {
		return false
	}
	key := t.x.keys.of(t.task)
	switch {
	case s.Withholds(t.host.name, key):
		return true
	case s.Applies(t.host.name, key):
		return false
	}
	return !s.Works(t.host.name, t.play.play.Pos) || t.section == t.play.main && !t.play.tags.always(t.play, t.task, t.host)
}

// workedFirst puts the hosts of a play first on which a run of selected tasks really works, in their order, so that they are
// the canaries of serial.
func (x *Executor) workedFirst(play diag.Pos, hosts []*hostState) []*hostState {
	s := x.o.Selection
	if s == nil {
		return hosts
	}
	works, rest := []*hostState{}, []*hostState(nil)
	for _, h := range hosts {
		if s.Works(h.name, play) {
			works = append(works, h)
		} else {
			rest = append(rest, h)
		}
	}
	return append(works, rest...)
}

// runner is the one of the group that does a run_once task for all of them: the first, unless the run leaves the task out
// there and not on another one.
func (g *groupRun) runner() []*participant {
	i := 0
	if g.play.x.o.Selection != nil {
		i = max(0, slices.IndexFunc(g.members, func(m *participant) bool {
			t := &taskRun{x: g.play.x, play: g.play, task: g.task, host: m.w.host, section: m.at.path[0]}
			return !t.left()
		}))
	}
	return g.members[i : i+1]
}

// outcomeOf is the status of a result as the run reports it. What a task that is left out would change is not a change:
// it counts as skipped, and notifies nobody.
func (t *taskRun) outcomeOf(res *itemResult) event.Status {
	status := statusOf(res)
	if status == event.Changed && t.leaves && t.flagIn(t.scope, "check_mode", true) {
		return event.Skipped
	}
	return status
}
