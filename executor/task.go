package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/filters"
	"github.com/musterhq/muster/transport"
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

// itemResult is the result of one execution of the action, or of a whole loop.
type itemResult struct {
	dict        *value.Dict
	unreachable bool
	includes    []includeRequest
	facts       []func(*hostState)
	delegated   string
	looped      bool
	args        string   // digest of the rendered arguments
	entries     []string // of the host's journal
	broken      bool     // a template or condition could not be evaluated; of a loop's item, it ends the whole loop
}

func newResult(pairs ...any) *itemResult { return &itemResult{dict: value.DictOf(pairs...)} }

func failedResult(format string, args ...any) *itemResult {
	return newResult("changed", false, "failed", true, "msg", fmt.Sprintf(format, args...))
}

func (r *itemResult) truthy(key string) bool {
	v, _ := r.dict.Get(key)
	return toBool(v)
}

func (r *itemResult) failed() bool  { return r.truthy("failed") }
func (r *itemResult) changed() bool { return r.truthy("changed") }
func (r *itemResult) skipped() bool { return r.truthy("skipped") }

// single runs a task that has no loop.
func (t *taskRun) single(ctx context.Context) *itemResult {
	return t.execute(ctx, t.scope)
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
		out.ending = failing
	}
	t.recap(status, res, ignore, ignoreLost)
	out.deeds = t.deeds
	return out
}

func statusOf(r *itemResult) event.Status {
	switch {
	case r.unreachable:
		return event.Unreachable
	case r.failed():
		return event.Failed
	case r.skipped():
		return event.Skipped
	case r.changed():
		return event.Changed
	default:
		return event.OK
	}
}

// sharer returns what books a result on a host: the registered variable and facts.
func (t *taskRun) sharer(res *itemResult) func(*hostState) {
	register := ""
	if v, ok := t.task.Get("register").(string); ok {
		register = v
	}
	return func(h *hostState) {
		for _, f := range res.facts {
			f(h)
		}
		if register != "" {
			h.setFact(register, res.dict)
		}
	}
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

// shown is a result as views may show it: plain data, censored under no_log.
func (t *taskRun) shown(d *value.Dict, noLog bool) map[string]any {
	if !noLog {
		m, _ := value.ToGo(d).(map[string]any)
		return m
	}
	censored := map[string]any{"censored": event.Censored}
	for _, k := range []string{"changed", "failed", "skipped", "unreachable", "attempts", "retries"} {
		if v, ok := d.Get(k); ok {
			censored[k] = v
		}
	}
	return censored
}

// flag evaluates an inherited keyword that is a yes or no.
func (t *taskRun) flag(keyword string, def bool) bool { return t.flagIn(t.scope, keyword, def) }

func (t *taskRun) flagIn(s *scope, keyword string, def bool) bool {
	a, ok := t.task.Inherit(keyword)
	if !ok || a.Value == nil {
		return def
	}
	v, err := s.render(a.Value)
	if err != nil {
		return def
	}
	return toBool(v)
}

// conditionsHold evaluates when: of the task and its blocks. The error names the condition that cannot be evaluated.
func (t *taskRun) conditionsHold(s *scope) (bool, any, error) {
	for _, c := range t.task.Conditions() {
		ok, err := t.x.holds(s, c)
		if err != nil {
			return false, nil, conditionError(c.Value, err)
		}
		if !ok {
			return false, shownCondition(c.Value), nil
		}
	}
	return true, nil, nil
}

// holds evaluates one condition. A template in it works, but text that it makes could be run as code, so it is warned of.
func (x *Executor) holds(s *scope, c playbook.Cond) (bool, error) {
	if t, ok := c.Value.(value.Template); ok && (strings.Contains(t.Src, "{{") || strings.Contains(t.Src, "{%")) {
		x.warn("conditional statements should not include jinja2 templating delimiters such as {{ }} or {%% %%}. Found: %s", t.Src)
	}
	return x.o.Engine.Condition(s.context(), c.Value, c.Pos)
}

// conditionError says which condition could not be evaluated, and why.
func conditionError(cond any, err error) error {
	text := conditionText(cond)
	if jinja.IsUndefined(err) {
		return fmt.Errorf("The conditional check '%s' failed. The error was: error while evaluating conditional (%s): %w", text, text, err)
	}
	return fmt.Errorf("The conditional check '%s' failed. The error was: %w", text, err)
}

// shownCondition is a condition as results show it: its text, or the truth value that was written.
func shownCondition(v any) any {
	if b, ok := v.(bool); ok {
		return b
	}
	return conditionText(v)
}

func conditionText(v any) string { return strings.TrimSpace(value.Str(templateText(v))) }

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

func (t *taskRun) skip(s *scope, condition any) *itemResult {
	return newResult("changed", false, "skipped", true, "skip_reason", "Conditional result was False", "false_condition", condition)
}

// broken is the result of a task whose templates or conditions cannot be evaluated.
func (t *taskRun) broken(err error) *itemResult {
	msg := err.Error() + t.scope.pythonPlugin(err.Error())
	var undefined *jinja.UndefinedError
	if errors.As(err, &undefined) && !strings.HasPrefix(msg, "The conditional check") {
		msg = "The task includes an option with an undefined variable. The error was: " + msg
	}
	var arithmetic *value.ArithmeticError
	if errors.As(err, &arithmetic) {
		return newResult("changed", false, "failed", true, "msg", msg+t.place(), "exception", "ZeroDivisionError: "+arithmetic.Error())
	}
	var filter *filters.Error
	if errors.As(err, &filter) && filter.Error() == msg {
		return brokenResult(msg) // what a filter says stands alone, as playbooks compare it
	}
	return brokenResult(msg + t.place())
}

func brokenResult(msg string) *itemResult {
	res := newResult("failed", true, "msg", msg)
	res.broken = true
	return res
}

// brokenField is the result of a task with a keyword that cannot be rendered.
func (t *taskRun) brokenField(name string, err error) *itemResult {
	if !jinja.IsUndefined(err) {
		return t.broken(err)
	}
	return brokenResult(fmt.Sprintf("The field '%s' has an invalid value, which includes an undefined variable. The error was: %v", name, err) + t.place())
}

// place says where the task stands, for messages.
func (t *taskRun) place() string {
	return appearsIn(t.task.Pos)
}

// actionShown is the action's name as the playbook has it, or what a template made of it.
func (t *taskRun) actionShown() string {
	if t.action != "" && strings.Contains(t.task.Action, "{{") {
		return t.action
	}
	return t.task.Action
}

// unreachableResult is the result of a host that cannot be used.
func (t *taskRun) unreachableResult(err error) *itemResult {
	r := newResult("changed", false, "unreachable", true, "msg", err.Error())
	var te *transport.Error
	if errors.As(err, &te) {
		switch te.Kind {
		case transport.KindBecome, transport.KindBecomeMissing, transport.KindBecomeWrong:
			return newResult("changed", false, "failed", true, "msg", err.Error())
		}
	}
	r.unreachable = true
	return r
}

// attempt runs a call, again and again while until: does not hold.
func (t *taskRun) attempt(ctx context.Context, c *call) *itemResult {
	limit, delay, err := t.retries(c.scope)
	if err != nil {
		return t.broken(err)
	}
	for n := 1; ; n++ {
		res := t.once(ctx, c)
		if !res.unreachable && len(t.task.Until) > 0 {
			res.dict.Set("attempts", n)
		}
		if res.unreachable || limit <= 1 {
			return res
		}
		done, err := t.untilHolds(c.scope, res)
		if err != nil && res.failed() {
			return res // what failed says more than a condition on what is missing because of it
		}
		if err != nil {
			return t.broken(err)
		}
		if done || ctx.Err() != nil || t.x.stop.isSet() {
			return res
		}
		if n >= limit {
			res.dict.Set("attempts", limit-1)
			res.dict.Set("failed", true)
			return res
		}
		res.dict.Set("retries", limit)
		t.x.sink.Handle(event.Retry{
			Task: t.id, Host: t.host.name, Delegated: c.delegated, Name: t.play.taskTitle(t.task, t.host), Attempt: n,
			Left: limit - n, NoLog: t.noLog, Result: t.shown(res.dict, t.noLog),
		})
		if err := wait(ctx, delay); err != nil {
			return res
		}
		if res := t.rerender(c); res != nil {
			return res
		}
	}
}

// wait pauses for d, or until the run is cancelled.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// retries returns how often the action may run and how long to wait in between; once means no until:. As in Ansible,
// retries: N allows N more runs after the first, and without it there are three in all.
func (t *taskRun) retries(s *scope) (int, time.Duration, error) {
	a, given := t.task.Attrs["retries"]
	if len(t.task.Until) == 0 {
		return 1, 0, nil
	}
	n := 3
	if given && a.Value != nil {
		v, err := s.render(a.Value)
		if err != nil {
			return 0, 0, err
		}
		i, ok := toInt(v)
		if !ok {
			return 0, 0, diag.Errorf(a.Pos, "retries must be a number, not %s", value.Repr(v))
		}
		n = max(i, 0) + 1
	}
	delay := 5.0
	if a, ok := t.task.Attrs["delay"]; ok && a.Value != nil {
		v, err := s.render(a.Value)
		if err != nil {
			return 0, 0, err
		}
		f, ok := toFloat(v)
		if !ok {
			return 0, 0, diag.Errorf(a.Pos, "delay must be a number of seconds, not %s", value.Repr(v))
		}
		delay = max(f, 0)
	}
	return n, time.Duration(delay * float64(time.Second)), nil
}

func (t *taskRun) untilHolds(s *scope, res *itemResult) (bool, error) {
	judged := t.resultScope(s, res)
	for _, c := range t.task.Until {
		ok, err := t.x.holds(judged, c)
		if err != nil {
			return false, conditionError(c.Value, err)
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

// resultScope is the scope in which changed_when, failed_when and until look at a result.
func (t *taskRun) resultScope(s *scope, res *itemResult) *scope {
	vars := value.NewDict()
	if name, ok := t.task.Get("register").(string); ok {
		vars.Set(name, res.dict)
	}
	if f, ok := res.dict.Get("ansible_facts"); ok {
		if d, ok := f.(*value.Dict); ok && t.returnsVariables() {
			for k, v := range d.All() {
				if name, ok := k.(string); ok && !forbiddenFact(name) {
					vars.Set(name, v)
				}
			}
		}
	}
	if vars.Len() == 0 {
		return s
	}
	return s.withExtra(vars)
}

// once runs the call one time and judges the result.
func (t *taskRun) once(ctx context.Context, c *call) *itemResult {
	ctx, cancel, err := t.deadline(ctx, c.scope)
	if err != nil {
		return t.broken(err)
	}
	defer cancel()
	started := time.Now()
	res := c.run(ctx)
	if ctx.Err() == context.DeadlineExceeded && !res.unreachable {
		res = t.outOfTime(c, time.Since(started))
	}
	return t.judge(c, res)
}

// outOfTime is the result of a task that did not end within its timeout.
func (t *taskRun) outOfTime(c *call, took time.Duration) *itemResult {
	period := int(took.Seconds())
	if a, ok := t.task.Inherit("timeout"); ok {
		if v, err := c.scope.render(a.Value); err == nil {
			period, _ = toInt(v)
		}
	}
	res := failedResult("The %s action failed to execute in the expected time frame (%d) and was terminated", c.action, period)
	res.dict.Set("timedout", value.DictOf("period", period))
	return res
}

func (t *taskRun) deadline(ctx context.Context, s *scope) (context.Context, context.CancelFunc, error) {
	a, ok := t.task.Inherit("timeout")
	if !ok || a.Value == nil {
		return ctx, func() {}, nil
	}
	v, err := s.render(a.Value)
	if err != nil {
		return ctx, nil, err
	}
	f, _ := toFloat(v)
	if f <= 0 {
		return ctx, func() {}, nil
	}
	limited, cancel := context.WithTimeout(ctx, time.Duration(f*float64(time.Second)))
	return limited, cancel, nil
}

// judge completes a raw result: failed by its exit code, changed_when, failed_when, facts.
func (t *taskRun) judge(c *call, res *itemResult) *itemResult {
	res.delegated = c.delegatedLabel()
	res.args = c.digest
	if res.unreachable {
		return res
	}
	d := res.dict
	if _, ok := d.Get("changed"); !ok {
		d.Set("changed", false)
	}
	if _, ok := d.Get("failed"); !ok {
		rc, has := d.Get("rc")
		n, isInt := toInt(rc)
		d.Set("failed", has && isInt && n != 0)
	}
	res.facts = append(res.facts, t.bookFacts(c, res)...)
	if res.skipped() && len(t.task.FailedWhen) == 0 {
		return res
	}
	if t.override(c.scope, res, t.task.ChangedWhen, "changed") {
		t.override(c.scope, res, t.task.FailedWhen, "failed")
	}
	return res
}

// override sets changed or failed from a list of conditions that must all hold. A condition that cannot be evaluated fails
// the result, and override returns false.
func (t *taskRun) override(s *scope, res *itemResult, conds []playbook.Cond, key string) bool {
	if len(conds) == 0 {
		return true
	}
	judged := t.resultScope(s, res)
	verdict := true
	for _, c := range conds {
		ok, err := t.x.holds(judged, c)
		if err != nil {
			res.dict.Set("failed", true)
			res.dict.Set(key+"_when_result", conditionError(c.Value, err).Error())
			return false
		}
		if !ok {
			verdict = false
			break
		}
	}
	res.dict.Set(key, verdict)
	if key == "failed" {
		res.dict.Set("failed_when_result", verdict)
	}
	return true
}

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
