package modules

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Registry is the set of modules that a program knows. It is built once, passed along and never changes.
type Registry struct {
	byName map[string]Module
	names  []string
}

// builtinPrefixes are the collection names under which the modules of ansible-core are known.
var builtinPrefixes = []string{"ansible.builtin.", "ansible.legacy."}

// NewRegistry collects modules. Two modules of one name, and a module whose parameter struct is wrong, are errors.
func NewRegistry(mods ...Module) (*Registry, error) {
	r := &Registry{byName: make(map[string]Module, len(mods))}
	var errs []error
	for _, m := range mods {
		info := m.Info()
		for _, name := range append([]string{info.Name}, info.Aliases...) {
			if _, taken := r.byName[name]; taken || name == "" {
				errs = append(errs, fmt.Errorf("module %q: the name is empty or taken twice", name))
				continue
			}
			r.byName[name] = m
		}
		if !info.Hidden {
			r.names = append(r.names, info.Name)
		}
		if s, ok := m.(interface{ Spec() (*Spec, error) }); ok {
			if _, err := s.Spec(); err != nil {
				errs = append(errs, fmt.Errorf("module %s: %w", info.Name, err))
			}
		}
	}
	sort.Strings(r.names)
	return r, errors.Join(errs...)
}

// Get returns the module of a name, an alias, or either with ansible.builtin. or ansible.legacy. before it.
func (r *Registry) Get(name string) (Module, bool) {
	if m, ok := r.byName[name]; ok {
		return m, true
	}
	for _, prefix := range builtinPrefixes {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			m, ok := r.byName[short]
			return m, ok
		}
	}
	return nil, false
}

// Names lists the modules' own names, sorted; aliases are left out.
func (r *Registry) Names() []string { return append([]string{}, r.names...) }

// All lists the modules in the order of their names.
func (r *Registry) All() []Module {
	out := make([]Module, len(r.names))
	for i, n := range r.names {
		out[i] = r.byName[n]
	}
	return out
}
