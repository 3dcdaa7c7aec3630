package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// nativeText is text that stays text, though it may look like a list or a mapping: the result of to_json and the like.
// It never leaves the engine.
type nativeText string

// lookup is the value of a variable of the scope. Templates within it are left for when they are used, unless own asks
// for a fresh copy that the caller may change.
func (ev *evaluation) lookup(name string, own bool) (any, bool, error) {
	if v, ok := ev.cache[name]; ok && !own {
		return v, true, nil
	}
	if ev.scope == nil {
		return ev.special(name)
	}
	raw, ok := ev.scope.Lookup(name)
	if !ok {
		return ev.special(name)
	}
	ev.noteTrust(name, raw)
	v := raw
	var err error
	switch x := raw.(type) {
	case nil, bool, int, float64, string:
		return v, true, nil
	case value.Template, value.Vault:
		v, err = ev.force(raw, name)
	case *HostVars:
		v = &hostMapping{ev, x}
	case *value.List, *value.Dict, *value.Tuple:
		if !own {
			return v, true, nil
		}
		v, err = ev.ownCopy(raw)
	default:
		return v, true, nil
	}
	if err != nil || own {
		return v, err == nil, err
	}
	if ev.cache == nil {
		ev.cache = map[string]any{}
	}
	ev.cache[name] = v
	return v, true, nil
}

// special finds the variables that every scope has.
func (ev *evaluation) special(name string) (any, bool, error) {
	switch name {
	case "vars":
		return &scopeMapping{ev}, true, nil
	case "omit":
		return Omit, true, nil
	}
	return nil, false, nil
}

// noteTrust remembers that a value was used which may have come from a host. The text of a Template is trusted; what it
// refers to is judged when it is looked up.
func (ev *evaluation) noteTrust(name string, raw any) {
	if !ev.judging || ev.untrusted {
		return
	}
	switch raw.(type) {
	case value.Template, value.Vault, nil, bool, int, float64:
		return
	}
	t, ok := ev.scope.(Trusting)
	if !ok || !t.Trusted(name) {
		ev.untrusted = true
	}
}

// force renders a value that is a Template or a Vault itself. What its rendering finds undefined makes it undefined, an
// error only when it is used.
func (ev *evaluation) force(v any, name string) (any, error) {
	var out any
	var err error
	switch x := v.(type) {
	case value.Template:
		out, err = ev.nested(x)
		if u, ok := asUndefined(err); ok {
			return &value.Undefined{Name: name, Hint: x.Src + ": " + u.Message, Pos: u.Pos}, nil
		}
	case value.Vault:
		var text string
		if text, err = ev.decrypt(x); err != nil {
			return nil, err
		}
		if !HasMarkers(text) {
			return text, nil
		}
		return ev.force(value.Template{Src: text, Pos: x.Pos}, name)
	default:
		return v, nil
	}
	return out, err
}

// nested renders the text of a variable, which sees the variables of the scope only.
func (ev *evaluation) nested(t value.Template) (any, error) {
	for a := ev.active; a != nil; a = a.outer {
		if a.src == t.Src && a.host == ev.host {
			return nil, &Error{Message: "recursive loop detected in template string: " + t.Src, Pos: t.Pos}
		}
	}
	ev.active = &activeText{ev.host, t.Src, ev.active}
	defer func() { ev.active = ev.active.outer }()
	return ev.template(t)
}

// argument renders everything inside a value that an operator, a filter or a function is about to use. What is
// undefined inside a Template makes the whole undefined, as for Ansible.
func (ev *evaluation) argument(v any) (any, error) {
	switch x := v.(type) {
	case nil, bool, int, float64, string:
		return v, nil
	case nativeText:
		return string(x), nil
	case *value.Undefined:
		return v, nil
	}
	out, err := ev.deep(v, 0)
	if u, ok := asUndefined(err); ok {
		return &value.Undefined{Name: u.Name, Hint: u.Message, Pos: u.Pos}, nil
	}
	return out, err
}

func (ev *evaluation) argumentsOf(args []any) error {
	for i, a := range args {
		v, err := ev.argument(a)
		if err != nil {
			return err
		}
		args[i] = v
	}
	return nil
}
