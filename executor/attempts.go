package executor

import (
	"context"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// attempt runs a call, again and again while until: does not hold.
func (t *taskRun) attempt(ctx context.Context, c *call) *itemResult {
	limit, delay, err := t.retries(c.scope)
	if err != nil {
		return t.broken(err)
	}
	for n := 1; ; n++ {
		res := t.once(ctx, c, n)
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
	if len(t.task.Until) == 0 {
		return 1, 0, nil
	}
	n := 3
	v, given, err := t.keyword(s, "retries")
	if err != nil {
		return 0, 0, err
	}
	if a := t.task.Attrs["retries"]; !given && a.Value != nil {
		n++ // omitted, which is the default as if it was written
	}
	if given {
		i, ok := toInt(v)
		if !ok {
			return 0, 0, diag.Errorf(t.task.Attrs["retries"].Pos, "retries must be a number, not %s", value.Repr(v))
		}
		n = max(i, 0) + 1
	}
	delay := 5.0
	if v, given, err = t.keyword(s, "delay"); err != nil {
		return 0, 0, err
	}
	if given {
		f, ok := toFloat(v)
		if !ok {
			return 0, 0, diag.Errorf(t.task.Attrs["delay"].Pos, "delay must be a number of seconds, not %s", value.Repr(v))
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

// once runs the call for the n-th time and judges the result.
func (t *taskRun) once(ctx context.Context, c *call, n int) *itemResult {
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
	if !res.unreachable && len(t.task.Until) > 0 {
		res.dict.Set("attempts", n)
	}
	return t.judge(c, res)
}

// outOfTime is the result of a task that did not end within its timeout.
func (t *taskRun) outOfTime(c *call, took time.Duration) *itemResult {
	period := int(took.Seconds())
	if limit, err := t.timeout(c.scope); err == nil && limit > 0 {
		period = int(limit.Seconds())
	}
	res := failedResult("The %s action failed to execute in the expected time frame (%d) and was terminated", c.action, period)
	res.dict.Set("timedout", value.DictOf("period", period))
	return res
}

func (t *taskRun) deadline(ctx context.Context, s *scope) (context.Context, context.CancelFunc, error) {
	limit, err := t.timeout(s)
	if err != nil || limit <= 0 {
		return ctx, func() {}, err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	return limited, cancel, nil
}

// timeout is how long one attempt at the task may take: what the keyword says, else task_timeout of the settings; 0 is no limit.
func (t *taskRun) timeout(s *scope) (time.Duration, error) {
	if a, ok := t.task.Inherit("timeout"); ok && a.Value == nil {
		return 0, nil
	}
	v, given, err := t.keyword(s, "timeout")
	if err != nil {
		return 0, err
	}
	if !given {
		return t.x.o.Settings.TaskTimeout, nil
	}
	f, _ := toFloat(v)
	return time.Duration(f * float64(time.Second)), nil
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
	if t.serviceGone(res) {
		return nothingToRestart()
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
