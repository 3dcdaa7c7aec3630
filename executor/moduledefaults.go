package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// moduleDefaults are the parameters that module_defaults give the task: those of its groups, then its own. What an inner level says of
// a module or a group replaces what outer levels say of it.
func (t *taskRun) moduleDefaults(s *scope) (*value.Dict, error) {
	return t.defaultsOf(s, t.task.Action)
}

// defaultsOf are the parameters that the task's module_defaults give an action; nil when there are no module_defaults.
func (t *taskRun) defaultsOf(s *scope, action string) (*value.Dict, error) {
	found := t.task.InheritAll("module_defaults")
	if len(found) == 0 {
		return nil, nil
	}
	groups, own, err := t.defaultLevels(s, found, t.x.resolveAction(action))
	if err != nil {
		return nil, err
	}
	merged := value.NewDict()
	for _, v := range append(groups, own) {
		out, err := s.render(v)
		if err != nil {
			return nil, err
		}
		args, _ := out.(*value.Dict)
		for k, av := range args.All() {
			if av != jinja.Omit {
				merged.Set(k, av)
			}
		}
	}
	return merged, nil
}

// defaultLevels goes through the levels, the outermost first, and keeps what concerns an action: by group, and by its name.
func (t *taskRun) defaultLevels(s *scope, found []playbook.Attr, name string) (groups []any, own any, err error) {
	byGroup := value.NewDict()
	for _, a := range found {
		levels := []any{a.Value}
		if l, ok := a.Value.(*value.List); ok {
			levels = l.Items
		}
		for _, level := range levels {
			d, ok := level.(*value.Dict)
			if !ok {
				if level, err = s.render(level); err != nil {
					return nil, nil, err
				}
				d, _ = level.(*value.Dict)
			}
			for k, v := range d.All() {
				key := value.KeyText(k)
				if group, isGroup := playbook.ActionGroup(key); isGroup {
					if t.inGroup(s, group, name) {
						byGroup.Set(group, v)
					}
				} else if t.x.resolveAction(key) == name {
					own = v
				}
			}
		}
	}
	for _, v := range byGroup.All() {
		groups = append(groups, v)
	}
	return groups, own, nil
}

// inGroup reports whether an action is a member of a group. A group that nothing defines, as of a collection that is not installed, is
// warned of once: its modules are not there either.
func (t *taskRun) inGroup(s *scope, group, action string) bool {
	members, ok := t.x.o.Loader.GroupMembers(group, s.dir())
	if !ok {
		t.x.warn("could not resolve the module_defaults group %s", group)
	}
	return slices.ContainsFunc(members, func(m string) bool { return t.x.resolveAction(m) == action })
}
