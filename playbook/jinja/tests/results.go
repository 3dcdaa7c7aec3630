package tests

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// result declares a test of a task's registered result.
func result(name string, holds func(d *value.Dict) any) filters.Func {
	return filters.Strict(name+"(result)", func(_ filters.Env, a *value.Args) (any, error) {
		d, ok := a.Any("result").(*value.Dict)
		if !ok {
			return nil, &filters.Error{Message: "The '" + name + "' test expects a dictionary"}
		}
		return value.Truth(holds(d)), nil
	})
}

func field(d *value.Dict, key string) any {
	v, _ := d.Get(key)
	return v
}

func results() map[string]filters.Func {
	failed := result("failed", func(d *value.Dict) any { return field(d, "failed") })
	succeeded := result("failed", func(d *value.Dict) any { return !value.Truth(field(d, "failed")) })
	changed := result("changed", changed)
	skipped := result("skipped", func(d *value.Dict) any { return field(d, "skipped") })
	return map[string]filters.Func{
		"failed": failed, "failure": failed,
		"succeeded": succeeded, "success": succeeded, "successful": succeeded,
		"changed": changed, "change": changed,
		"skipped": skipped, "skip": skipped,
		"unreachable": result("unreachable", func(d *value.Dict) any { return field(d, "unreachable") }),
		"reachable":   result("unreachable", func(d *value.Dict) any { return !value.Truth(field(d, "unreachable")) }),
		"timedout":    result("timedout", timedOut),
		"started":     result("started", func(d *value.Dict) any { return asyncState(d, "started") }),
		"finished":    result("finished", func(d *value.Dict) any { return asyncState(d, "finished") }),
	}
}

// changed looks into the items of a loop when the result says nothing itself.
func changed(d *value.Dict) any {
	if v, ok := d.Get("changed"); ok {
		return v
	}
	items, _ := field(d, "results").(*value.List)
	if items == nil {
		return false
	}
	for _, item := range items.Items {
		if r, ok := item.(*value.Dict); ok && value.Truth(field(r, "changed")) {
			return true
		}
	}
	return false
}

func timedOut(d *value.Dict) any {
	if t, ok := field(d, "timedout").(*value.Dict); ok {
		return field(t, "period")
	}
	return field(d, "timedout")
}

// asyncState is the state of an async task; other tasks count as started and finished.
func asyncState(d *value.Dict, key string) any {
	v, ok := d.Get(key)
	return !ok || value.Equal(v, 1)
}
