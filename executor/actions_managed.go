package executor

import (
	"context"
	"slices"

	"github.com/musterhq/muster/internal/value"
)

// manager is what decides which module does the work of package or service.
type manager struct {
	fact    string   // of the host, which names the module
	modules []string // that may do it
}

var managers = map[string]manager{
	"package": {fact: "pkg_mgr", modules: []string{"apt", "dnf", "yum", "zypper", "apk", "pacman"}},
	"service": {fact: "service_mgr", modules: []string{"systemd", "sysvinit"}},
}

// prepareManaged gives package and service the module_defaults of the module that will do their work; parameters of the task
// and module_defaults of package and service themselves go first. The host is asked for its manager only where there are such
// defaults and neither the task nor a fact names it.
func prepareManaged(ctx context.Context, c *call) (*prepared, *itemResult) {
	out := &prepared{module: c.action, args: c.args}
	m := managers[c.action]
	defaults := map[string]*value.Dict{}
	for _, module := range m.modules {
		d, err := c.t.defaultsOf(c.scope, module)
		if err != nil {
			return nil, c.t.broken(err)
		}
		if d.Len() > 0 {
			defaults[module] = d
		}
	}
	if len(defaults) == 0 {
		return out, nil
	}
	module, bad := c.managedBy(ctx, m)
	if bad != nil {
		return nil, bad
	}
	if d := defaults[module]; d != nil {
		out.args = combine(d, c.args, false)
	}
	return out, nil
}

// managedBy names the module that will do the work on the target, as far as it is known here.
func (c *call) managedBy(ctx context.Context, m manager) (string, *itemResult) {
	if use := c.text("use"); use != "" && use != "auto" {
		return c.t.x.resolveAction(use), nil
	}
	s := c.scope
	if c.target != c.t.host {
		s = c.t.x.newScope(s.play, c.target, s.task)
	}
	facts, _, err := s.variable("ansible_facts")
	if err != nil {
		return "", c.t.broken(err)
	}
	if found, ok := facts.(*value.Dict); ok {
		if name, ok := found.Get(m.fact); ok {
			return value.Str(name), nil
		}
	}
	sub := *c
	sub.action, sub.spec, sub.check = "setup", nil, false
	sub.args = value.DictOf("gather_subset", value.NewList("!all"), "filter", value.NewList("ansible_"+m.fact))
	res := c.t.remote(ctx, []*call{&sub}, nil)[0]
	if res.unreachable || res.failed() {
		return "", res
	}
	found, _ := mustArg(res.dict, "ansible_facts").(*value.Dict)
	name := value.Str(mustArg(found, "ansible_"+m.fact))
	if !slices.Contains(m.modules, name) {
		return "", nil
	}
	return name, nil
}
