package executor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// loopRun is a task's loop on one host.
type loopRun struct {
	t       *taskRun
	items   []any
	trusted bool // no part of the items can have come from a host
	varName string
	index   string
	label   any
	pause   time.Duration
	results []*itemResult
	broken  *itemResult // of the item that could not be evaluated, which stands for the whole loop
}

// loop runs the action for every item. Items that need nothing from the controller in between go to the host in one
// request.
func (t *taskRun) loop(ctx context.Context) *itemResult {
	l, res := t.newLoop(ctx)
	if res != nil {
		return res
	}
	if len(l.items) == 0 {
		return &itemResult{looped: true, dict: value.DictOf("changed", false, "skipped", true, "skipped_reason", "No items in the list", "results", value.NewList())}
	}
	if l.batchable() {
		l.together(ctx)
	} else {
		l.oneByOne(ctx)
	}
	if l.broken != nil {
		return l.broken
	}
	return l.summary()
}

// newLoop evaluates the loop's list. A list that cannot be evaluated matters only when the task would run.
func (t *taskRun) newLoop(ctx context.Context) (*loopRun, *itemResult) {
	items, trusted, err := t.loopItems(ctx)
	if err != nil {
		if hold, which, cerr := t.conditionsHold(t.scope); cerr == nil && !hold {
			return nil, t.skip(t.scope, which)
		}
		return nil, t.brokenLoop(err)
	}
	l := &loopRun{t: t, items: listed(items), trusted: trusted, varName: "item"}
	d := t.task.Loop
	for _, f := range []struct {
		from any
		to   *string
	}{{d.Var, &l.varName}, {d.IndexVar, &l.index}} {
		if f.from == nil {
			continue
		}
		v, err := t.scope.render(f.from)
		if err != nil {
			return nil, t.broken(err)
		}
		*f.to = value.Str(v)
	}
	if d.Label != "" { // an empty one is none
		l.label = d.Label
	}
	if d.Pause != nil {
		v, err := t.scope.render(d.Pause)
		if err != nil {
			return nil, t.broken(err)
		}
		if f, ok := toFloat(v); ok {
			l.pause = time.Duration(f * float64(time.Second))
		}
	}
	if _, shadowed := t.scope.Lookup(l.varName); shadowed && l.varName == "item" && t.scope.loop == nil {
		if _, nested := t.scope.params("item"); nested {
			t.x.warn("The loop variable '%s' is already in use. You should set the `loop_var` value in the `loop_control` option for the task to something else to avoid variable collisions and unexpected behavior.", l.varName)
		}
	}
	return l, nil
}

// brokenLoop is the result of a loop whose list cannot be had. What a lookup says stands alone, as playbooks compare it.
func (t *taskRun) brokenLoop(err error) *itemResult {
	var template *jinja.Error
	if errors.As(err, &template) || jinja.IsUndefined(err) {
		return newResult("failed", true, "msg", err.Error()+t.place())
	}
	return newResult("failed", true, "msg", err.Error())
}

// vars are the variables of one item.
func (l *loopRun) vars(i int) *value.Dict {
	d := value.DictOf(l.varName, l.items[i], "ansible_loop_var", l.varName)
	if l.index != "" {
		d.Set(l.index, i)
		d.Set("ansible_index_var", l.index)
	}
	if e := l.t.task.Loop.Extended; e != nil && toBool(l.rendered(e)) {
		d.Set("ansible_loop", l.extended(i))
	}
	return d
}

func (l *loopRun) rendered(v any) any {
	out, err := l.t.scope.render(v)
	if err != nil {
		return nil
	}
	return out
}

func (l *loopRun) extended(i int) *value.Dict {
	n := len(l.items)
	d := value.NewDict()
	if a := l.t.task.Loop.AllItems; a == nil || toBool(l.rendered(a)) {
		d.Set("allitems", &value.List{Items: l.items})
	}
	for _, kv := range []struct {
		k string
		v any
	}{{"index", i + 1}, {"index0", i}, {"first", i == 0}, {"last", i == n-1}, {"length", n}, {"revindex", n - i}, {"revindex0", n - i - 1}} {
		d.Set(kv.k, kv.v)
	}
	if i > 0 {
		d.Set("previtem", l.items[i-1])
	}
	if i < n-1 {
		d.Set("nextitem", l.items[i+1])
	}
	return d
}

// oneByOne runs the items in turn.
func (l *loopRun) oneByOne(ctx context.Context) {
	for i := range l.items {
		if i > 0 && l.pause > 0 {
			if wait(ctx, l.pause) != nil {
				return
			}
		}
		s := l.scope(i)
		res := l.t.execute(ctx, s)
		if res.broken {
			l.broken = res
			return
		}
		if name, ok := l.t.task.Get("register").(string); ok {
			l.t.host.setFact(name, res.dict)
		}
		l.finish(i, s, res)
		if res.unreachable || ctx.Err() != nil {
			return
		}
		for _, book := range res.facts {
			book(l.t.host)
		}
		if l.breaks(s) {
			return
		}
	}
}

// breaks reports whether break_when ends the loop after an item. Like any condition that comes too late to fail the
// item, one that cannot be evaluated ends the loop with a warning.
func (l *loopRun) breaks(s *scope) bool {
	conds := l.t.task.Loop.BreakWhen
	for _, c := range conds {
		ok, err := l.t.x.holds(s, c)
		if err != nil {
			l.t.x.warn("%s: break_when cannot be evaluated: %v", c.Pos, err)
			return true
		}
		if !ok {
			return false
		}
	}
	return len(conds) > 0
}

// scope is the scope of one item.
func (l *loopRun) scope(i int) *scope {
	s := l.t.scope.with(mergeVars(l.t.scope.loop, l.vars(i)))
	s.items = l
	s.trusted = l.trusted
	return s
}

func mergeVars(base, over *value.Dict) *value.Dict {
	if base.Len() == 0 {
		return over
	}
	d := base.Clone()
	for k, v := range over.All() {
		d.Set(k, v)
	}
	return d
}

// finish completes an item's result and emits it.
func (l *loopRun) finish(i int, s *scope, res *itemResult) {
	t := l.t
	item := l.items[i]
	res.dict.Set("ansible_loop_var", l.varName)
	res.dict.Set(l.varName, item)
	if l.index != "" {
		res.dict.Set("ansible_index_var", l.index)
		res.dict.Set(l.index, i)
	}
	if v, ok := s.loop.Get("ansible_loop"); ok {
		res.dict.Set("ansible_loop", v)
	}
	noLog := res.secret || t.flagIn(s, "no_log", t.x.o.Settings.NoLog)
	t.noLog = t.noLog || noLog
	label := item
	if l.label != nil {
		v, err := s.render(l.label)
		if err == nil {
			label = v
			res.dict.Set("_ansible_item_label", v)
		} else {
			res.dict.Set("failed", true)
			res.dict.Set("changed", false)
			res.dict.Set("msg", "Failed to template loop_control.label: "+err.Error())
		}
	}
	if noLog {
		label = nil
	}
	if !res.skipped() && t.notifyByItem() {
		res.notify = t.notificationsIn(s)
	}
	l.results = append(l.results, res)
	if len(res.includes) > 0 && !res.failed() {
		res.labelIncludes(label, noLog)
		return
	}
	ignored := res.failed() && t.flagIn(s, "ignore_errors", false)
	t.x.sink.Handle(event.ItemResult{
		Task: t.id, Host: t.host.name, Delegated: res.delegated, Action: t.task.Action, Status: t.outcomeOf(res),
		Ignored: ignored, NoLog: noLog, Diff: t.flagIn(s, "diff", t.x.o.Diff), Item: value.ToGo(label), Label: value.Str(label), Args: res.args, Result: t.shown(res.dict, noLog),
	})
}

// summary is the result of the whole loop.
func (l *loopRun) summary() *itemResult {
	out := &itemResult{looped: true, dict: value.NewDict()}
	list := value.NewList()
	changed, failed, skipped := false, false, true
	for _, r := range l.results {
		list.Items = append(list.Items, r.dict)
		changed = changed || r.changed()
		failed = failed || r.failed()
		skipped = skipped && r.skipped()
		out.unreachable = out.unreachable || r.unreachable
		out.facts = append(out.facts, r.facts...)
		out.includes = append(out.includes, r.includes...)
		for _, name := range r.notify {
			if !slices.Contains(out.notify, name) {
				out.notify = append(out.notify, name)
			}
		}
		if r.delegated != "" {
			out.delegated = r.delegated
		}
	}
	out.args = joinedDigest(l.results)
	out.dict.Set("results", list)
	switch {
	case out.unreachable:
		out.dict.Set("unreachable", true)
		out.dict.Set("msg", "One or more items could not be reached")
		if n := len(l.results); n > 0 {
			if m, ok := l.results[n-1].dict.Get("msg"); ok {
				out.dict.Set("msg", m)
			}
		}
	case failed:
		out.dict.Set("failed", true)
		out.dict.Set("msg", "One or more items failed")
	case skipped:
		out.dict.Set("msg", "All items skipped")
	default:
		out.dict.Set("msg", "All items completed")
	}
	if skipped {
		changed = false
	}
	out.dict.Set("changed", changed)
	out.dict.Set("skipped", skipped)
	return out
}
