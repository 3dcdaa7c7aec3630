package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// notifications renders the names of the handlers to run.
func (t *taskRun) notifications(res *itemResult) []string {
	if res.notify != nil {
		return res.notify
	}
	return t.notificationsIn(t.scope)
}

// notifyByItem reports whether the names of the handlers are templates, which may differ from item to item of a loop.
func (t *taskRun) notifyByItem() bool {
	return slices.ContainsFunc(append(t.blockNotify(), t.task.Notify...), func(a playbook.Attr) bool { return hasTemplate(a.Value) })
}

// notificationsIn are the handlers to notify as a scope sees them: that of the task, or of an item of its loop. A loop that
// changed something notifies for all items that ran.
func (t *taskRun) notificationsIn(s *scope) []string {
	var names []string
	for _, a := range append(t.blockNotify(), t.task.Notify...) {
		v, err := s.render(a.Value)
		if err != nil {
			t.x.warn("%s: notify cannot be rendered: %v", a.Pos, err)
			continue
		}
		if l, ok := v.(*value.List); ok {
			for _, item := range l.Items {
				names = append(names, value.Str(item))
			}
			continue
		}
		if v != nil {
			names = append(names, value.Str(v))
		}
	}
	return names
}

func (t *taskRun) blockNotify() []playbook.Attr {
	var all []playbook.Attr
	for _, a := range t.task.InheritAll("notify") {
		if l, ok := a.Value.(*value.List); ok {
			for _, item := range l.Items {
				all = append(all, playbook.Attr{Value: item, Pos: a.Pos})
			}
			continue
		}
		all = append(all, a)
	}
	return all
}
