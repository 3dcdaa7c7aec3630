package executor

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// notifications renders the names of the handlers to run.
func (t *taskRun) notifications(res *itemResult) []string {
	var names []string
	for _, a := range append(t.blockNotify(), t.task.Notify...) {
		v, err := t.scope.render(a.Value)
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
