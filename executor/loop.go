package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// loopRun is a task's loop on one host.
type loopRun struct {
	t       *taskRun
	items   []any
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
	items, err := t.loopItems(ctx)
	if err != nil {
		if hold, which, cerr := t.conditionsHold(t.scope); cerr == nil && !hold {
			return nil, t.skip(t.scope, which)
		}
		return nil, t.brokenLoop(err)
	}
	l := &loopRun{t: t, items: listed(items), varName: "item"}
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
	l.label = d.Label
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

// listed turns the items that are tuples into lists, as what a loop hands on has no tuples.
func listed(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
		if tuple, ok := item.(*value.Tuple); ok {
			out[i] = &value.List{Items: tuple.Items}
		}
	}
	return out
}

// loopItems evaluates loop: or the lookup of with_….
func (t *taskRun) loopItems(ctx context.Context) ([]any, error) {
	d := t.task.Loop
	if d.Lookup == "" {
		v, err := t.scope.render(d.Value)
		if err != nil {
			return nil, err
		}
		switch l := v.(type) {
		case *value.List:
			return l.Items, nil
		case *value.Tuple:
			return l.Items, nil
		default:
			return nil, fmt.Errorf("Invalid data passed to 'loop', it requires a list, got this instead: %s. Hint: If you passed a list/dict of just one element, try adding wantlist=True to your lookup invocation or use q/query instead of lookup.", value.Str(v))
		}
	}
	return t.x.withItems(ctx, t.scope, d)
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

// batchable reports whether all items can go to the host in one request: nothing on the controller happens in
// between, and no item looks at what the items before it gave.
func (l *loopRun) batchable() bool {
	t := l.t
	if len(t.task.Until) > 0 || len(t.task.Loop.BreakWhen) > 0 || l.pause > 0 || t.task.Has("async") || hasTemplate(t.task.Action) {
		return false
	}
	if spec := actionTable[t.x.resolveAction(t.task.Action)]; spec != nil && spec.local != nil {
		return false
	}
	if _, ok := t.task.Inherit("timeout"); ok {
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
	lookup := playbook.ShortName(l.t.task.Loop.Lookup)
	s.literal = fileLoops[lookup] || !hasTemplate(l.t.task.Loop.Value) && literalLoops[lookup]
	return s
}

// literalLoops are the kinds of loops whose items are made of nothing but what the playbook gives them.
var literalLoops = map[string]bool{
	"": true, "items": true, "list": true, "flattened": true, "together": true, "nested": true, "dict": true,
	"indexed_items": true, "sequence": true, "cartesian": true, "subelements": true, "random_choice": true,
}

// fileLoops are those whose items are names of files that the controller has, whatever asked for them.
var fileLoops = map[string]bool{"first_found": true, "fileglob": true}

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
	noLog := t.flagIn(s, "no_log", t.x.o.Settings.NoLog)
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
	l.results = append(l.results, res)
	if len(res.includes) > 0 && !res.failed() {
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
	if _, ok := out.dict.Get("failed"); !ok && !skipped {
		out.dict.Set("failed", false)
	}
	return out
}

// withItems answers a with_… loop by its lookup.
func (x *Executor) withItems(ctx context.Context, s *scope, d *playbook.Loop) ([]any, error) {
	terms, err := x.loopTerms(s, d)
	if err != nil {
		return nil, err
	}
	return x.lookupList(ctx, s, d.Lookup, terms, nil)
}

// loopTerms renders the terms of a with_… loop. with_first_found skips terms that are undefined.
func (x *Executor) loopTerms(s *scope, d *playbook.Loop) ([]any, error) {
	v, err := s.render(d.Value)
	if err != nil {
		if playbook.ShortName(d.Lookup) == "first_found" {
			return x.definedTerms(s, d.Value)
		}
		return nil, err
	}
	if l, ok := v.(*value.List); ok {
		return l.Items, nil
	}
	if playbook.ShortName(d.Lookup) == "list" {
		return nil, fmt.Errorf("with_list expects a list, got '%s' instead", value.Repr(v))
	}
	return []any{v}, nil
}

func (x *Executor) definedTerms(s *scope, v any) ([]any, error) {
	l, ok := v.(*value.List)
	if !ok {
		_, err := s.render(v)
		return nil, err
	}
	var out []any
	for _, item := range l.Items {
		if r, ok := definedPart(s, item); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// definedPart is what is left of a term when everything undefined in it is dropped.
func definedPart(s *scope, v any) (any, bool) {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			if r, ok := definedPart(s, item); ok {
				out.Set(k, r)
			}
		}
		return out, true
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			if r, ok := definedPart(s, item); ok {
				out.Items = append(out.Items, r)
			}
		}
		return out, true
	}
	r, err := s.render(v)
	return r, err == nil
}
