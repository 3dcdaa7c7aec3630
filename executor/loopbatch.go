package executor

import (
	"context"
	"slices"

	"github.com/musterhq/muster/internal/value"
)

// batchable reports whether all items can go to the host in one request: nothing on the controller happens in
// between, and no item looks at what the items before it gave.
func (l *loopRun) batchable() bool {
	t := l.t
	if len(t.task.Until) > 0 || len(t.task.Loop.BreakWhen) > 0 || l.pause > 0 || t.task.Has("async") || hasTemplate(t.task.Action) {
		return false
	}
	if spec := actionOf(t.x.resolveAction(t.task.Action)); spec != nil && spec.local != nil {
		return false
	}
	if _, ok := t.task.Inherit("timeout"); ok || t.x.o.Settings.TaskTimeout > 0 {
		return false
	}
	name, _ := t.task.Get("register").(string)
	return name == "" || !t.refersTo(name)
}

// refersTo reports whether the conditions or arguments of the task name a variable.
func (t *taskRun) refersTo(name string) bool {
	for _, c := range t.task.Conditions() {
		if slices.Contains(t.x.o.Engine.Names(conditionText(c.Value)), name) {
			return true
		}
	}
	return t.mentions(t.task.Args, name) || t.mentions(t.task.Vars, name) || t.mentions(t.task.Loop.Label, name)
}

func (t *taskRun) mentions(v any, name string) bool {
	switch x := v.(type) {
	case value.Template:
		return slices.Contains(t.x.o.Engine.Names(x.Src), name)
	case *value.Dict:
		for _, item := range x.All() {
			if t.mentions(item, name) {
				return true
			}
		}
	case *value.List:
		for _, item := range x.Items {
			if t.mentions(item, name) {
				return true
			}
		}
	}
	return false
}

// together prepares all items first and sends those that run as one request for each target.
func (l *loopRun) together(ctx context.Context) {
	t := l.t
	ready := make([]*itemResult, len(l.items))
	scopes := make([]*scope, len(l.items))
	calls := make([]*call, len(l.items))
	for i := range l.items {
		scopes[i] = l.scope(i)
		hold, which, err := t.conditionsHold(scopes[i])
		switch {
		case err != nil:
			ready[i] = t.broken(err)
		case !hold:
			ready[i] = t.skip(scopes[i], which)
		default:
			if ready[i] = t.checkSwitches(scopes[i]); ready[i] == nil {
				calls[i], ready[i] = t.newCall(scopes[i])
			}
		}
		if ready[i] != nil && ready[i].broken {
			break // the items before it still run
		}
	}
	t.manners(calls)
	next := 0
	flush := func() bool {
		for next < len(ready) && ready[next] != nil {
			if ready[next].broken {
				l.broken = ready[next]
				return false
			}
			l.finish(next, scopes[next], ready[next])
			next++
			if ready[next-1].unreachable {
				return false
			}
		}
		return true
	}
	for start := 0; start < len(calls); {
		if !flush() {
			return
		}
		group, index := sameTarget(calls, start)
		if len(group) == 0 {
			break
		}
		t.remote(ctx, group, func(i int, res *itemResult) {
			ready[index[i]] = t.judge(group[i], res)
			t.settled(group[i], scopes[index[i]], res)
			flush()
		})
		start = index[len(index)-1] + 1
	}
	flush()
}

// sameTarget returns the next calls that go to one target with one way of working, and their positions.
func sameTarget(calls []*call, start int) ([]*call, []int) {
	var group []*call
	var index []int
	for i := start; i < len(calls); i++ {
		c := calls[i]
		if c == nil {
			continue
		}
		if len(group) > 0 && (c.target != group[0].target || c.check != group[0].check || c.action != group[0].action || c.manner != group[0].manner) {
			break
		}
		group, index = append(group, c), append(index, i)
	}
	return group, index
}
