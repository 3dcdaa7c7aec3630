package executor

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// scope is what a name means for a host at a place of the playbook. Nothing is copied: every look-up walks the
// sources from the highest precedence to the lowest.
type scope struct {
	x     *Executor
	play  *playRun // nil: hostvars of another host
	base  string   // the playbook's folder, where play is nil
	host  *hostState
	task  *playbook.Task  // nil outside of tasks
	block *playbook.Block // the block around the task; set without a task for block-level evaluation
	loop  *value.Dict     // the loop's variables; nil outside of loops
	// trusted says that no part of the loop's items can have come from a host.
	trusted bool
	items   *loopRun // the loop whose item this is the scope of; nil outside of loops
	bare    bool     // variables that nobody set are not made up: see reached
	// captured are variables as they were when rollback handlers were registered.
	captured *value.Dict
	extra    *value.Dict // variables of the moment that nothing overrides, such as the result that until: looks at
	ctx      *jinja.Context
	inv      []*value.Dict // the inventory's variables of the host, once they were asked for
}

// newScope returns the scope of a task on a host.
func (x *Executor) newScope(p *playRun, h *hostState, t *playbook.Task) *scope {
	s := &scope{x: x, play: p, host: h, task: t}
	if t != nil {
		s.block = t.Parent
	} else if p != nil {
		s.block = p.play.Root
	}
	return s
}

// with returns a copy of the scope whose loop variables are vars.
func (s *scope) with(vars *value.Dict) *scope {
	c := *s
	c.loop, c.ctx = vars, nil
	return &c
}

// withExtra returns a copy of the scope with variables that override everything.
func (s *scope) withExtra(vars *value.Dict) *scope {
	c := *s
	if c.extra != nil {
		merged := c.extra.Clone()
		for k, v := range vars.All() {
			merged.Set(k, v)
		}
		vars = merged
	}
	c.extra, c.ctx = vars, nil
	return &c
}

// Lookup returns the raw value of a variable.
func (s *scope) Lookup(name string) (any, bool) {
	if v, ok := s.given(name); ok {
		return v, true
	}
	return s.reached(name)
}

// given returns the raw value of a variable that somebody set.
func (s *scope) given(name string) (any, bool) {
	if v, ok := s.extra.Get(name); ok {
		return v, true
	}
	if v, ok := s.loop.Get(name); ok {
		return v, true
	}
	if v, ok := s.captured.Get(name); ok {
		return v, true
	}
	if v, ok := s.magic(name); ok {
		return v, true
	}
	if s.x.o.Settings.HashBehaviour == "merge" {
		return s.merged(name)
	}
	v, _, ok := s.find(name)
	return v, ok
}

// find returns the value of the highest source that has the variable, and whether that source is text of playbooks and
// inventories.
func (s *scope) find(name string) (v any, written, ok bool) {
	s.sources(func(d *value.Dict, w bool) bool {
		v, ok = d.Get(name)
		written = w
		return ok
	})
	return v, written, ok
}

// merged is find under hash_behaviour = merge: mappings of all sources are joined at every depth, the highest source wins.
func (s *scope) merged(name string) (any, bool) {
	var found []any
	s.sources(func(d *value.Dict, _ bool) bool {
		v, ok := d.Get(name)
		if !ok {
			return false
		}
		found = append(found, v)
		_, mapping := v.(*value.Dict)
		return !mapping
	})
	if len(found) == 0 {
		return nil, false
	}
	out, isDict := found[0].(*value.Dict)
	if !isDict {
		return found[0], true
	}
	for _, v := range found[1:] {
		if d, ok := v.(*value.Dict); ok {
			out = combine(d, out, true)
		}
	}
	return out, true
}

// visit looks at one source of variables and returns true to stop. written says that the source is text of playbooks and
// inventories, not something that a host or a run made.
type visit func(d *value.Dict, written bool) bool

// sources visits every source of variables, the highest precedence first.
func (s *scope) sources(f visit) bool {
	return f(s.x.o.ExtraVars, true) || s.paramSources(f) || s.host != nil && s.host.variableSources(f) ||
		s.writtenSources(f) || s.lowSources(f)
}

// paramSources are the parameters of includes and roles around the task.
func (s *scope) paramSources(f visit) bool {
	if s.task != nil && isInclude(s.task.Action) && f(s.task.Vars, true) {
		return true
	}
	for b := s.block; b != nil; b = b.Parent {
		if b.Include && !b.Static && b.Vars != nil && f(b.Vars, !b.Computed) {
			return true
		}
	}
	for b := s.block; b != nil; b = b.Parent {
		if b.Role == nil {
			continue
		}
		if f(b.Role.Params, true) {
			return true
		}
		for _, r := range b.Role.Parents {
			if f(r.Params, true) {
				return true
			}
		}
	}
	return false
}

// params looks in the parameters of includes and roles around the task.
func (s *scope) params(name string) (v any, ok bool) {
	s.paramSources(func(d *value.Dict, _ bool) bool {
		v, ok = d.Get(name)
		return ok
	})
	return v, ok
}

// writtenSources are what the playbook says: vars of the task and its blocks, of roles, files and the play.
func (s *scope) writtenSources(f visit) bool {
	if s.task != nil && f(s.task.Vars, true) {
		return true
	}
	for b := s.block; b != nil && b.Parent != nil; b = b.Parent {
		if f(b.Vars, !b.Computed) {
			return true
		}
	}
	if s.roleVarSources(f) {
		return true
	}
	if s.play == nil {
		return false
	}
	return s.play.eachFile(s.host, func(d *value.Dict) bool { return f(d, true) }) || f(s.play.prompted, true) ||
		f(s.play.play.Root.Vars, true)
}

// roleVarSources are the vars of the roles around the task, each followed by those that it depends on and those that depend
// on it, then of the play's public roles.
func (s *scope) roleVarSources(f visit) bool {
	return s.eachRole(func(r *playbook.Role) bool {
		flat := r.Flatten()
		for i := len(flat) - 1; i >= 0; i-- {
			if f(flat[i].Vars, true) {
				return true
			}
		}
		for _, parent := range r.Parents {
			if f(parent.Vars, true) {
				return true
			}
		}
		return false
	}) || s.play != nil && s.play.publicSources(func(r *playbook.Role) *value.Dict { return r.Vars }, f)
}

// roleDefaultSources are the defaults likewise, but those of the roles that it depends on come last.
func (s *scope) roleDefaultSources(f visit) bool {
	return s.eachRole(func(r *playbook.Role) bool {
		for _, one := range append([]*playbook.Role{r}, r.Parents...) {
			if f(one.Defaults, true) {
				return true
			}
		}
		flat := r.Flatten()
		for i := len(flat) - 2; i >= 0; i-- {
			if f(flat[i].Defaults, true) {
				return true
			}
		}
		return false
	}) || s.play != nil && s.play.publicSources(func(r *playbook.Role) *value.Dict { return r.Defaults }, f)
}

// eachRole visits the roles around the task, the innermost first, until f returns true.
func (s *scope) eachRole(f func(*playbook.Role) bool) bool {
	var last *playbook.Role
	for b := s.block; b != nil; b = b.Parent {
		if b.Role != nil && b.Role != last {
			if last = b.Role; f(last) {
				return true
			}
		}
	}
	return false
}

// lowSources are facts, unless inject_facts_as_vars leaves them to ansible_facts, the inventory and role defaults.
func (s *scope) lowSources(f visit) bool {
	if s.host != nil {
		if s.x.o.Settings.InjectFacts && s.host.factSource(f) {
			return true
		}
		layers := s.layers()
		for i := len(layers) - 1; i >= 0; i-- {
			if f(layers[i], true) {
				return true
			}
		}
	}
	return s.roleDefaultSources(f)
}

func (s *scope) dir() string {
	if s.play != nil {
		return s.play.play.Dir
	}
	return s.base
}

// context returns the template context of the scope.
func (s *scope) context() *jinja.Context {
	if s.ctx == nil {
		s.ctx = s.x.templateContext(s)
	}
	return s.ctx
}

// render evaluates every template in v.
func (s *scope) render(v any) (any, error) { return s.x.o.Engine.Render(s.context(), v) }

// variable returns a variable, rendered.
func (s *scope) variable(name string) (any, bool, error) {
	raw, ok := s.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	v, err := s.render(raw)
	return v, err == nil, err
}

// Keys returns the names of all variables that the scope can see.
func (s *scope) Keys() []string { return s.names() }

// Trusted reports whether the text of a variable comes from playbooks and inventories only, never from a host.
func (s *scope) Trusted(name string) bool {
	if _, ok := s.extra.Get(name); ok {
		return false
	}
	if _, ok := s.loop.Get(name); ok {
		return s.trusted
	}
	if _, ok := s.captured.Get(name); ok {
		return false
	}
	if _, ok := s.magic(name); ok {
		return false
	}
	_, written, ok := s.find(name)
	return written || !ok
}

// names returns the names of all variables that the scope can see.
func (s *scope) names() []string {
	seen := map[string]bool{}
	var out []string
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	addDict := func(d *value.Dict) {
		for k := range d.All() {
			if n, ok := k.(string); ok {
				add(n)
			}
		}
	}
	addDict(s.extra)
	addDict(s.loop)
	addDict(s.captured)
	for _, n := range magicNames {
		if _, ok := s.magic(n); ok {
			add(n)
		}
	}
	s.sources(func(d *value.Dict, _ bool) bool {
		addDict(d)
		return false
	})
	return out
}
