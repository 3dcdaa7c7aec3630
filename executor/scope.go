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
	host  *hostState
	task  *playbook.Task  // nil outside of tasks
	block *playbook.Block // the block around the task; set without a task for block-level evaluation
	loop  *value.Dict     // the loop's variables; nil outside of loops
	extra *value.Dict     // variables of the moment that nothing overrides, such as the result that until: looks at
	ctx   *jinja.Context
	inv   []*value.Dict // the inventory's variables of the host, once they were asked for
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
	if v, ok := s.extra.Get(name); ok {
		return v, true
	}
	if v, ok := s.loop.Get(name); ok {
		return v, true
	}
	if v, ok := s.magic(name); ok {
		return v, true
	}
	if v, ok := s.x.o.ExtraVars.Get(name); ok {
		return v, true
	}
	if v, ok := s.params(name); ok {
		return v, true
	}
	if s.host != nil {
		if v, ok := s.host.variable(name); ok {
			return v, true
		}
	}
	if v, ok := s.written(name); ok {
		return v, true
	}
	return s.below(name)
}

// params looks in the parameters of includes and roles around the task.
func (s *scope) params(name string) (any, bool) {
	for b := s.block; b != nil; b = b.Parent {
		if b.Include && b.Vars != nil {
			if v, ok := b.Vars.Get(name); ok {
				return v, true
			}
		}
	}
	for b := s.block; b != nil; b = b.Parent {
		if b.Role == nil {
			continue
		}
		if v, ok := b.Role.Params.Get(name); ok {
			return v, true
		}
		for _, r := range b.Role.Parents {
			if v, ok := r.Params.Get(name); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// written looks in what the playbook says: vars of the task and its blocks, of roles, files and the play.
func (s *scope) written(name string) (any, bool) {
	if s.task != nil {
		if v, ok := s.task.Vars.Get(name); ok {
			return v, true
		}
	}
	for b := s.block; b != nil && b.Parent != nil; b = b.Parent {
		if v, ok := b.Vars.Get(name); ok {
			return v, true
		}
	}
	if v, ok := s.roleVars(name); ok {
		return v, true
	}
	if s.play == nil {
		return nil, false
	}
	if v, ok := s.play.fileVar(s.host, name); ok {
		return v, true
	}
	if v, ok := s.play.prompted.Get(name); ok {
		return v, true
	}
	return s.play.play.Root.Vars.Get(name)
}

func (s *scope) roleVars(name string) (any, bool) {
	var last *playbook.Role
	for b := s.block; b != nil; b = b.Parent {
		if b.Role == nil || b.Role == last {
			continue
		}
		last = b.Role
		if v, ok := b.Role.Vars.Get(name); ok {
			return v, true
		}
		for _, r := range b.Role.Parents {
			if v, ok := r.Vars.Get(name); ok {
				return v, true
			}
		}
	}
	if s.play != nil {
		return s.play.publicVar(name)
	}
	return nil, false
}

// below looks in facts, the inventory and role defaults.
func (s *scope) below(name string) (any, bool) {
	if s.host != nil {
		if v, ok := s.injectedFact(name); ok {
			return v, true
		}
		if v, ok := s.inventoryVar(name); ok {
			return v, true
		}
	}
	var last *playbook.Role
	for b := s.block; b != nil; b = b.Parent {
		if b.Role == nil || b.Role == last {
			continue
		}
		last = b.Role
		if v, ok := b.Role.Defaults.Get(name); ok {
			return v, true
		}
		for _, r := range b.Role.Parents {
			if v, ok := r.Defaults.Get(name); ok {
				return v, true
			}
		}
	}
	if s.play != nil {
		return s.play.publicDefault(name)
	}
	return nil, false
}

// injectedFact finds a fact under the name that its module gave it: ansible_distribution, getent_passwd, services.
func (s *scope) injectedFact(name string) (any, bool) { return s.host.fact(name) }

func (s *scope) dir() string {
	if s.play != nil {
		return s.play.play.Dir
	}
	return ""
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
		return false
	}
	if _, ok := s.magic(name); ok {
		return false
	}
	if _, ok := s.x.o.ExtraVars.Get(name); ok {
		return true
	}
	if _, ok := s.params(name); ok {
		return true
	}
	if s.host == nil {
		return true
	}
	if _, ok := s.host.variable(name); ok {
		return false
	}
	if _, ok := s.written(name); ok {
		return true
	}
	_, fact := s.injectedFact(name)
	return !fact
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
	for _, n := range magicNames {
		if _, ok := s.magic(n); ok {
			add(n)
		}
	}
	addDict(s.x.o.ExtraVars)
	if s.task != nil {
		addDict(s.task.Vars)
	}
	for b := s.block; b != nil; b = b.Parent {
		addDict(b.Vars)
		if b.Role != nil {
			addDict(b.Role.Params)
			addDict(b.Role.Vars)
			addDict(b.Role.Defaults)
		}
	}
	if s.play != nil {
		s.play.names(s.host, addDict)
	}
	if s.host != nil {
		s.host.names(add)
		for _, layer := range s.layers() {
			addDict(layer)
		}
	}
	return out
}
