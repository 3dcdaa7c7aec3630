package jinja

import (
	"time"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// frame holds the variables that a template has set, in one of its scopes. It is the environment of the programs, and
// what filters may ask.
type frame struct {
	ev     *evaluation
	act    *activation
	parent *frame
	vars   []binding
	copies map[string]any // of variables of the scope, see scoped
}

type binding struct {
	name  string
	value any
}

func (f *frame) child() *frame { return &frame{ev: f.ev, act: f.act, parent: f} }

// set binds a name in this frame.
func (f *frame) set(name string, v any) {
	for i := range f.vars {
		if f.vars[i].name == name {
			f.vars[i].value = v
			return
		}
	}
	f.vars = append(f.vars, binding{name, v})
}

// local finds a name that a template has set.
func (f *frame) local(name string) (any, bool) {
	for ; f != nil; f = f.parent {
		for i := range f.vars {
			if f.vars[i].name == name {
				return f.vars[i].value, true
			}
		}
	}
	return nil, false
}

// variable is the value of a name: what a template set, a variable of the scope, a global, or undefined.
func (f *frame) variable(name string) (any, error) {
	if v, ok := f.local(name); ok {
		return f.ev.force(v, name)
	}
	if !f.act.isolate {
		v, ok, err := f.scoped(name)
		if ok || err != nil {
			return v, err
		}
	}
	if v, ok := f.ev.engine.globals[name]; ok {
		return v, nil
	}
	if name == "self" && f.act.root != nil {
		return &selfReference{f.act.root}, nil
	}
	return &value.Undefined{Name: name}, nil
}

// sealedVariable is a variable that stays encrypted when it is.
func (f *frame) sealedVariable(name string) (any, error) {
	if v, ok := f.local(name); ok {
		if _, encrypted := v.(value.Vault); encrypted {
			return v, nil
		}
	} else if !f.act.isolate && f.ev.scope != nil {
		if v, ok := f.ev.scope.Lookup(name); ok {
			if _, encrypted := v.(value.Vault); encrypted {
				return v, nil
			}
		}
	}
	return f.variable(name)
}

// scoped is the value of a variable of the scope. In a template that may change lists and mappings in place, each body of
// a loop, macro or the like works on a copy of its own, as with Jinja2, unless a body around it has one.
func (f *frame) scoped(name string) (any, bool, error) {
	if !f.act.unit.mutates {
		return f.ev.lookup(name, false)
	}
	for at := f; at != nil; at = at.parent {
		if v, ok := at.copies[name]; ok {
			return v, true, nil
		}
	}
	v, ok, err := f.ev.lookup(name, true)
	switch v.(type) {
	case *value.List, *value.Dict, *value.Tuple:
		if f.copies == nil {
			f.copies = map[string]any{}
		}
		f.copies[name] = v
	}
	return v, ok, err
}

// Filter implements filters.Env.
func (f *frame) Filter(name string) (filters.Func, bool) {
	fn, ok := f.ev.engine.filters[f.ev.engine.filterName(name)]
	return fn, ok
}

// Test implements filters.Env.
func (f *frame) Test(name string) (filters.Func, bool) {
	fn, ok := f.ev.engine.tests[f.ev.engine.testName(name)]
	return fn, ok
}

// GetItem implements filters.Env.
func (f *frame) GetItem(obj, key any) (any, error) {
	v, err := f.item(obj, key)
	if err != nil {
		return nil, err
	}
	return f.ev.argument(v)
}

// GetAttr implements filters.Env.
func (f *frame) GetAttr(obj any, name string) (any, error) {
	v, err := f.attribute(obj, name)
	if err != nil {
		return nil, err
	}
	return f.ev.argument(v)
}

// Call implements filters.Env.
func (f *frame) Call(fn any, args []any, kw *value.Dict) (any, error) { return f.call(fn, args, kw) }

// Undefined implements filters.Env.
func (f *frame) Undefined(name, hint string) any { return &value.Undefined{Name: name, Hint: hint} }

// Now implements filters.Env.
func (f *frame) Now() time.Time { return f.ev.now() }

// Decrypt implements filters.Env.
func (f *frame) Decrypt(v value.Vault) (string, error) { return f.ev.decrypt(v) }

// Var implements filters.Env.
func (f *frame) Var(name string) (any, bool, error) {
	v, err := f.variable(name)
	if err != nil {
		return nil, false, err
	}
	if _, missing := v.(*value.Undefined); missing {
		return nil, false, nil
	}
	v, err = f.ev.argument(v)
	return v, err == nil, err
}

// Newline is how the template's lines end.
func (f *frame) Newline() string { return f.act.unit.syntax.NewlineSequence }
