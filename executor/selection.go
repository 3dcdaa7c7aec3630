package executor

import "github.com/musterhq/muster/internal/event"

// left reports that a run of selected tasks leaves this one out on its host: it runs in check mode, so that what it
// registers is there for others, and changes nothing. Handlers are never left out, as only real changes notify them; neither
// is what follows a batch: a gate that does not really look lets everything pass, and rollback handlers have to undo.
func (t *taskRun) left() bool {
	return t.x.o.Select != nil && !t.task.Handler && t.section < sectionGate && !t.x.o.Select(t.host.name, t.x.keys.of(t.task))
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
