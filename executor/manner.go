package executor

import (
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// mannerKeywords say as whom a task runs. With the environment they belong to a request, not to its items.
var mannerKeywords = []string{"become", "become_user", "become_method", "become_flags", "become_exe", "remote_user", "port", "connection"}

// manners notes how each call of a loop is run, when templates may make that differ from item to item, so that only
// calls of one manner share a request. What cannot be rendered fails where it is used.
func (t *taskRun) manners(calls []*call) {
	var templated []string
	for _, k := range mannerKeywords {
		if a, ok := t.task.Inherit(k); ok && hasTemplate(a.Value) {
			templated = append(templated, k)
		}
	}
	environment := slices.ContainsFunc(t.task.InheritAll("environment"), func(a playbook.Attr) bool { return hasTemplate(a.Value) })
	if len(templated) == 0 && !environment {
		return
	}
	for _, c := range calls {
		if c == nil {
			continue
		}
		var b strings.Builder
		for _, k := range templated {
			a, _ := t.task.Inherit(k)
			if v, err := c.scope.render(a.Value); err == nil {
				b.WriteString(value.Repr(v) + "\n")
			}
		}
		if env, err := c.environment(); err == nil && environment {
			for _, name := range slices.Sorted(maps.Keys(env)) {
				b.WriteString(name + "=" + env[name] + "\n")
			}
		}
		c.manner = b.String()
	}
}
