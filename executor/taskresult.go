package executor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/filters"
	"github.com/musterhq/muster/transport"
)

// itemResult is the result of one execution of the action, or of a whole loop.
type itemResult struct {
	notify      []string // handlers, when they depend on the item
	dict        *value.Dict
	unreachable bool
	includes    []includeRequest
	facts       []func(*hostState)
	delegated   string
	looped      bool
	args        string   // digest of the rendered arguments
	entries     []string // of the host's journal
	secret      bool     // shows nothing, whatever no_log says
	hopeless    bool     // there is no such action: rescue and always sections do not follow
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

// failed reports whether the task counts as failed: what failed_when: said has the last word, even after until: gave up.
func (r *itemResult) failed() bool {
	v, _ := r.dict.Get("failed_when_result")
	if verdict, judged := v.(bool); judged {
		return verdict
	}
	return r.truthy("failed")
}

func (r *itemResult) changed() bool { return r.truthy("changed") }

func (r *itemResult) skipped() bool { return r.truthy("skipped") }

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
