package executor

import (
	"context"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// taskRun is one task on one host.
type taskRun struct {
	x        *Executor
	play     *playRun
	task     *playbook.Task
	host     *hostState
	scope    *scope
	id       int
	action   string // the short name of what runs, once it is known
	rescued  bool
	leaves   bool // the run leaves it out: check mode
	noLog    bool
	forAll   bool          // it runs once for all hosts of the group
	replayed bool          // an earlier run did it
	section  int           // of the play
	confirm  *confirmation // of the task, or of the block around it; nil for none
	started  time.Time
	deeds    []*deed // what the task has done so far
}

// taskOutcome is what became of a task on a host.
type taskOutcome struct {
	ending   ending
	hopeless bool
	result   *value.Dict // as registered
	notify   []string
	deeds    []*deed
	includes []includeRequest
	share    func(*hostState) // books the result's variables on another host (run_once)
	meta     string
	status   event.Status
	ignored  bool         // ignore_errors
	counts   event.Counts // of the host before the task
	ran      bool
}

// run runs the task: its loop, its conditions, its retries. It books variables and the recap, and emits the results.
func (t *taskRun) run(ctx context.Context) *taskOutcome {
	t.started = t.x.o.Now()
	t.leaves = t.left()
	if m := metaOf(t.task); m != "" {
		return t.runMeta(m)
	}
	t.noLog = t.flag("no_log", t.x.o.Settings.NoLog)
	if t.unasked() {
		return t.conclude(notAsked())
	}
	place, kept := t.passing()
	if !kept {
		return t.conclude(t.guarded(ctx))
	}
	res := t.resumed(place)
	if res == nil {
		res = t.guarded(ctx)
	}
	t.remember(ctx, place, res)
	return t.conclude(res)
}

// guarded runs the task's loop or its one call. Under confirm: of its own, or when the connection is lost under that of a
// block, what it changed is confirmed or undone before its result counts.
func (t *taskRun) guarded(ctx context.Context) *itemResult {
	own, has := t.task.Attrs["confirm"]
	if has && !t.leaves {
		t.confirm = t.play.newConfirmation(own, t.scope)
	}
	if t.confirm != nil && t.confirm.wrong != nil {
		return t.broken(t.confirm.wrong)
	}
	var res *itemResult
	if t.task.Loop != nil && t.task.Loop.Pos.Line != 0 {
		res = t.loop(ctx)
	} else {
		res = t.single(ctx)
	}
	if has || res.unreachable {
		return t.confirmed(ctx, t.confirm, res)
	}
	return res
}

// single runs a task that has no loop.
func (t *taskRun) single(ctx context.Context) *itemResult {
	res := t.execute(ctx, t.scope)
	t.noLog = t.noLog || res.secret
	return res
}

// conclude registers the result, emits it and decides how the host goes on.
func (t *taskRun) conclude(res *itemResult) *taskOutcome {
	out := &taskOutcome{result: res.dict, includes: res.includes}
	ignore := !res.unreachable && res.failed() && t.flag("ignore_errors", false)
	ignoreLost := res.unreachable && t.flag("ignore_unreachable", false)
	status := t.outcomeOf(res)
	out.status, out.ignored = status, ignore
	t.host.count(func(c *event.Counts) { out.counts = *c })
	out.ran = status != event.Skipped && status != event.Unreachable
	if t.noLog {
		t.noteResult(res.dict)
	}
	out.share = t.sharer(res)
	out.share(t.host)
	if status == event.Changed || res.looped && res.changed() && !res.failed() && status != event.Skipped {
		out.notify = t.notifications(res)
	}
	t.emit(res, status, ignore || ignoreLost)
	switch {
	case res.unreachable && !ignoreLost:
		out.ending = lost
	case res.failed() && !ignore && !res.unreachable:
		out.ending, out.hopeless = failing, res.hopeless
	}
	t.recap(status, res, ignore, ignoreLost)
	out.deeds = t.deeds
	return out
}

// sharer returns what books a result on a host: the registered variable and facts.
func (t *taskRun) sharer(res *itemResult) func(*hostState) {
	register := ""
	if v, ok := t.task.Get("register").(string); ok {
		register = v
	}
	kept := res.dict
	if register != "" {
		kept = registered(kept)
	}
	return func(h *hostState) {
		for _, f := range res.facts {
			f(h)
		}
		if register != "" {
			h.setFact(register, kept)
		}
	}
}

// registered is what playbooks see of a result: nothing of how it came about, or of what is for views and plans. The items
// of a loop keep their invocation.
func registered(result *value.Dict) *value.Dict {
	result = outward(without(result, "invocation"))
	items, ok := result.Get("results")
	list, isList := items.(*value.List)
	if !ok || !isList {
		return result
	}
	kept := value.NewList()
	for _, item := range list.Items {
		if d, ok := item.(*value.Dict); ok {
			item = outward(d)
		}
		kept.Items = append(kept.Items, item)
	}
	result.Set("results", kept)
	return result
}

// outward copies a result without the keys that are muster's own.
func outward(result *value.Dict) *value.Dict {
	d := value.NewDict()
	for k, v := range result.All() {
		if name, ok := k.(string); !ok || !strings.HasPrefix(name, "_ansible_") {
			d.Set(k, v)
		}
	}
	return d
}

func (t *taskRun) recap(status event.Status, res *itemResult, ignored, ignoredLost bool) {
	t.host.count(func(c *event.Counts) {
		switch status {
		case event.Unreachable:
			if ignoredLost {
				c.OK++
				c.Ignored++
				return
			}
			c.Unreachable++
		case event.Failed:
			switch {
			case ignored:
				c.OK++
				c.Ignored++
				if res.changed() {
					c.Changed++
				}
			case t.rescued:
				c.Rescued++
			default:
				c.Failed++
			}
		case event.Skipped:
			c.Skipped++
		case event.OK, event.Changed:
			if isInclude(t.task.Action) {
				return // counted by file when the included tasks are there
			}
			c.OK++
			if status == event.Changed {
				c.Changed++
			}
		}
	})
}

// isInclude reports whether an action brings in tasks while the play runs.
func isInclude(action string) bool {
	switch playbook.ShortName(action) {
	case "include", "include_tasks", "include_role":
		return true
	}
	return false
}

func (t *taskRun) emit(res *itemResult, status event.Status, ignored bool) {
	t.x.sink.Handle(event.TaskResult{
		Task: t.id, Host: t.host.name, Delegated: res.delegated, Action: t.actionShown(), Status: status, Ignored: ignored,
		Rescued: t.rescued && status == event.Failed && !ignored, NoLog: t.noLog, Loop: res.looped, Replayed: t.replayed, Args: res.args, Diff: t.flag("diff", t.x.o.Diff),
		Result: t.shown(res.dict, t.noLog), Start: t.started, End: t.x.o.Now(),
	})
}

// flag evaluates an inherited keyword that is a yes or no.
func (t *taskRun) flag(keyword string, def bool) bool { return t.flagIn(t.scope, keyword, def) }

func (t *taskRun) flagIn(s *scope, keyword string, def bool) bool {
	v, given, err := t.keyword(s, keyword)
	if err != nil || !given {
		return def
	}
	return toBool(v)
}

// execute runs the action once in a scope: conditions, delegation, arguments, retries.
func (t *taskRun) execute(ctx context.Context, s *scope) *itemResult {
	hold, which, err := t.conditionsHold(s)
	if err != nil {
		return t.broken(err)
	}
	if !hold {
		return t.skip(s, which)
	}
	if bad := t.checkSwitches(s); bad != nil {
		return bad
	}
	call, res := t.newCall(s)
	if res != nil {
		return res
	}
	res = t.attempt(ctx, call)
	t.settled(call, s, res)
	return res
}

// actionShown is the action's name as the playbook has it, or what a template made of it.
func (t *taskRun) actionShown() string {
	if t.action != "" && strings.Contains(t.task.Action, "{{") {
		return t.action
	}
	return t.task.Action
}
