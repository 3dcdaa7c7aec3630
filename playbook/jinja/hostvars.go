package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// HostVars is the value of the variable hostvars: the variables of every host, each rendered with its own host's
// variables when it is used.
type HostVars struct {
	Names func() []string
	Scope func(host string) (Scope, bool)
}

// hostMapping is hostvars as one evaluation sees it.
type hostMapping struct {
	ev   *evaluation
	vars *HostVars
}

// TypeName implements value.Object.
func (m *hostMapping) TypeName() string { return "HostVars" }

// Item implements value.Mapping.
func (m *hostMapping) Item(key any) (any, bool, error) {
	name, ok := key.(string)
	if !ok {
		return nil, false, nil
	}
	scope, ok := m.vars.Scope(name)
	if !ok {
		return nil, false, nil
	}
	ev := *m.ev
	ev.scope, ev.host, ev.cache = scope, name, nil
	m.ev.untrusted = true
	return &scopeMapping{&ev}, true, nil
}

// Iterate implements value.Mapping.
func (m *hostMapping) Iterate() ([]any, error) {
	names := m.vars.Names()
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out, nil
}

// Len implements value.Mapping.
func (m *hostMapping) Len() int { return len(m.vars.Names()) }

// scopeMapping is all variables of a scope as a mapping: the variable vars, and an entry of hostvars.
type scopeMapping struct{ ev *evaluation }

// TypeName implements value.Object.
func (m *scopeMapping) TypeName() string {
	if m.ev.host != "" {
		return "HostVarsVars"
	}
	return "dict"
}

// Item implements value.Mapping.
func (m *scopeMapping) Item(key any) (any, bool, error) {
	name, ok := key.(string)
	if !ok || name == "vars" || m.ev.scope == nil {
		return nil, false, nil
	}
	if _, ok := m.ev.scope.Lookup(name); !ok {
		return nil, false, nil
	}
	if err := m.ev.enter(); err != nil {
		return nil, false, err
	}
	defer m.ev.leave()
	v, ok, err := m.ev.lookup(name, false)
	if err != nil || !ok {
		return nil, false, err
	}
	v, err = m.ev.argument(v)
	if _, undefined := v.(*value.Undefined); undefined && m.ev.host != "" {
		raw, _ := m.ev.scope.Lookup(name)
		return asWritten(raw), true, nil
	}
	return v, err == nil, err
}

// asWritten is a value with the text of its templates: what hostvars has of a variable that uses something that only tasks
// of that host know.
func asWritten(v any) any {
	switch x := v.(type) {
	case value.Template:
		return x.Src
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, asWritten(item))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, asWritten(item))
		}
		return out
	}
	return v
}

// Iterate implements value.Mapping.
func (m *scopeMapping) Iterate() ([]any, error) {
	k, ok := m.ev.scope.(Keyed)
	if !ok {
		return nil, nil
	}
	names := k.Keys()
	out := make([]any, 0, len(names))
	for _, name := range names {
		if name != "omit" { // stands for the absence of a value
			out = append(out, name)
		}
	}
	return out, nil
}

// Len implements value.Mapping.
func (m *scopeMapping) Len() int {
	if k, ok := m.ev.scope.(Keyed); ok {
		return len(k.Keys())
	}
	return 0
}

var (
	_ value.Mapping = (*hostMapping)(nil)
	_ value.Mapping = (*scopeMapping)(nil)
)
