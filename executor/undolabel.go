package executor

import (
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// undoOf says what of a task can be taken back: full, partial, handlers when rollback handlers of the task or a block
// around it make up for it, none; "" for what changes nothing on a host.
func (x *Executor) undoOf(t *playbook.Task) string {
	if strings.Contains(t.Action, "{{") {
		return ""
	}
	m, ok := x.o.Modules.Get(x.resolveAction(t.Action))
	if !ok || modules.ShapeOf(m) == modules.ShapeQuery {
		return ""
	}
	undo := m.Info().Undo
	if undo == modules.UndoFull {
		return string(undo)
	}
	if len(t.Rollback) > 0 {
		return "handlers"
	}
	for b := t.Parent; b != nil; b = b.Parent {
		if len(b.Rollback) > 0 {
			return "handlers"
		}
	}
	return string(undo)
}
