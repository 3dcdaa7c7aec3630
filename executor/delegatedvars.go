package executor

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// delegatedVars is ansible_delegated_vars: by name, the variables of the hosts that a task is delegated to, of all items when it
// loops. As in ansible-core 2.14, inventory_hostname in them is the host of the task, and where templates in them are rendered.
func (s *scope) delegatedVars() (any, bool) {
	if s.task == nil || s.play == nil {
		return nil, false
	}
	a, ok := s.task.Inherit("delegate_to")
	if !ok || a.Value == nil {
		return nil, false
	}
	all := value.NewDict()
	for _, in := range s.eachItem() {
		v, err := in.render(a.Value)
		if err != nil || v == jinja.Omit || v == nil {
			continue
		}
		name := value.Str(v)
		if _, known := all.Get(name); !known {
			all.Set(name, s.variablesOf(name))
		}
	}
	return all, all.Len() > 0
}

// eachItem are the scopes of all items of the task's loop, or the scope itself.
func (s *scope) eachItem() []*scope {
	if s.items == nil {
		return []*scope{s}
	}
	list := make([]*scope, len(s.items.items))
	for i := range s.items.items {
		list[i] = s.items.scope(i)
	}
	return list
}

// variablesOf are all variables that the task would see on another host.
func (s *scope) variablesOf(name string) *value.Dict {
	other := s.x.newScope(s.play, s.x.hosts.get(name), s.task)
	vars := value.DictOf("ansible_host", name, "ansible_port", nil, "ansible_user", nil)
	for _, n := range other.names() {
		if v, ok := other.Lookup(n); ok {
			vars.Set(n, v)
		}
	}
	vars.Set("inventory_hostname", s.host.name)
	return vars
}
