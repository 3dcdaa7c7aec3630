package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// macro is a macro with the scope in which it was defined.
type macro struct {
	def   *macroDefinition
	frame *frame
}

// TypeName implements value.Object.
func (m *macro) TypeName() string { return "Macro" }

// Repr implements value.Object.
func (m *macro) Repr() string { return "<Macro " + value.Repr(m.def.name) + ">" }

// Attr implements value.Object.
func (m *macro) Attr(name string) (any, bool) {
	switch name {
	case "name":
		return m.def.name, true
	case "arguments":
		t := &value.Tuple{}
		for _, p := range m.def.params {
			t.Items = append(t.Items, p)
		}
		return t, true
	case "catch_kwargs":
		return m.def.catchKw, true
	case "catch_varargs":
		return m.def.catchRest, true
	case "caller":
		return m.def.caller, true
	}
	return nil, false
}

// call runs the macro and returns what it writes.
func (m *macro) call(f *frame, args []any, kw *value.Dict) (any, error) {
	if err := f.ev.enter(); err != nil {
		return nil, err
	}
	defer f.ev.leave()
	inner := m.frame.child()
	if err := m.bindArguments(inner, args, kw.Clone()); err != nil {
		return nil, err
	}
	return m.frame.capture(inner, m.def.body)
}

func (m *macro) bindArguments(inner *frame, args []any, kw *value.Dict) error {
	d := m.def
	firstDefault := len(d.params) - len(d.defaults)
	for i, name := range d.params {
		v, given := kw.Get(name)
		switch {
		case i < len(args):
			inner.set(name, args[i])
			continue
		case given:
			kw.Delete(name)
		case i >= firstDefault:
			var err error
			if v, err = d.defaults[i-firstDefault].run(inner); err != nil {
				return err
			}
		default:
			v = &value.Undefined{Name: name, Hint: "parameter '" + name + "' was not provided"}
		}
		inner.set(name, v)
	}
	if d.caller && !contains(d.params, "caller") {
		caller, ok := kw.Get("caller")
		kw.Delete("caller")
		if !ok {
			caller = &value.Undefined{Name: "caller", Hint: "No caller defined"}
		}
		inner.set("caller", caller)
	}
	return m.bindRest(inner, args, kw)
}

// bindRest binds what is left over to varargs and kwargs, or refuses it.
func (m *macro) bindRest(inner *frame, args []any, kw *value.Dict) error {
	d := m.def
	if d.catchKw {
		inner.set("kwargs", kw)
	} else if kw.Len() > 0 {
		if _, ok := kw.Get("caller"); ok {
			return &value.TypeError{Message: "macro " + value.Repr(d.name) + " was called by a call block, but does not use its caller"}
		}
		return &value.TypeError{Message: "macro " + value.Repr(d.name) + " takes no keyword argument " + value.Repr(kw.Keys()[0])}
	}
	rest := args[min(len(args), len(d.params)):]
	if d.catchRest {
		inner.set("varargs", &value.Tuple{Items: rest})
	} else if len(rest) > 0 {
		return &value.TypeError{Message: "macro " + value.Repr(d.name) + " takes not more than " + value.Str(len(d.params)) + " argument(s)"}
	}
	return nil
}

func (f *frame) execCall(s *callStatement, out *sink) error {
	inner := f.child()
	inner.set(hiddenCaller, &macro{def: s.caller, frame: f})
	v, err := s.call.run(inner)
	if err != nil {
		return err
	}
	if out.muted {
		return nil
	}
	if v, err = f.final(v); err != nil {
		return f.locate(err, s.call.off)
	}
	return f.locate(out.add(v), s.call.off)
}
