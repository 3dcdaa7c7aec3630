package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// signal tells how a body ended.
type signal int

const (
	signalNone signal = iota
	signalBreak
	signalContinue
)

// exec runs a template's body.
func (f *frame) exec(body []statement, out *sink) (signal, error) {
	for _, s := range body {
		if err := f.ev.step(); err != nil {
			return signalNone, err
		}
		sig, err := f.statement(s, out)
		if err != nil || sig != signalNone {
			return sig, err
		}
	}
	return signalNone, nil
}

func (f *frame) statement(s statement, out *sink) (signal, error) {
	switch x := s.(type) {
	case *textStatement:
		return signalNone, out.add(x.text)
	case *outputStatement:
		return signalNone, f.output(x, out)
	case *ifStatement:
		return f.execIf(x, out)
	case *forStatement:
		return signalNone, f.execFor(x, out)
	case *breakStatement:
		return signalBreak, nil
	case *continueStatement:
		return signalContinue, nil
	case *withStatement:
		return f.execWith(x, out)
	case *scopeStatement:
		return f.child().exec(x.body, out)
	}
	return signalNone, f.definition(s, out)
}

// definition runs the statements that cannot end a loop.
func (f *frame) definition(s statement, out *sink) error {
	switch x := s.(type) {
	case *setStatement:
		v, err := x.value.run(f)
		if err != nil {
			return err
		}
		return f.locate(f.assign(x.target, v), x.target.off)
	case *setBlockStatement:
		return f.execSetBlock(x)
	case *doStatement:
		_, err := x.value.run(f)
		return err
	case *macroStatement:
		f.export(x.macro.name, &macro{def: x.macro, frame: f})
		return nil
	case *callStatement:
		return f.execCall(x, out)
	case *filterStatement:
		return f.execFilter(x, out)
	case *blockStatement:
		return f.execBlock(x, out)
	case *extendsStatement:
		return f.execExtends(x, out)
	case *includeStatement:
		return f.execInclude(x, out)
	case *importStatement:
		return f.execImport(x)
	case *fromStatement:
		return f.execFrom(x)
	}
	return errorf("unknown statement %T", s)
}

// output writes the value of {{ }}.
func (f *frame) output(s *outputStatement, out *sink) error {
	if out.muted {
		return nil
	}
	before := f.ev.untrusted
	v, err := s.value.run(f)
	if err != nil {
		return err
	}
	if v, err = f.final(v); err != nil {
		return f.locate(err, s.value.off)
	}
	if out.judged && !before && f.ev.untrusted && out.inert(v) {
		f.ev.untrusted = false
	}
	return f.locate(out.add(v), s.value.off)
}

// final prepares a value to be written: nothing undefined may be in it, and None is written as nothing.
func (f *frame) final(v any) (any, error) {
	if n, ok := v.(nativeText); ok {
		return n, nil
	}
	v, err := f.ev.argument(v)
	if err != nil {
		return nil, err
	}
	if v == nil && !f.ev.engine.native {
		return "", nil
	}
	if v, err = value.Whole(v); err != nil {
		return nil, err
	}
	return v, definedInside(v, 0)
}

// definedInside refuses a value that is undefined or contains something undefined.
func definedInside(v any, depth int) error {
	if depth > maxNesting {
		return errorf("a list or mapping is nested too deeply: does it contain itself?")
	}
	switch x := v.(type) {
	case nil, bool, int, float64, string:
		return nil
	case *value.Undefined:
		if !x.Lenient {
			return undefinedError(x)
		}
	case *value.List:
		return definedItems(x.Items, depth)
	case *value.Tuple:
		return definedItems(x.Items, depth)
	case *value.Dict:
		for _, item := range x.All() {
			if err := definedInside(item, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func definedItems(items []any, depth int) error {
	for _, item := range items {
		if err := definedInside(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (f *frame) execIf(s *ifStatement, out *sink) (signal, error) {
	for _, b := range s.branches {
		ok, err := b.test.test(f)
		if err != nil {
			return signalNone, err
		}
		if ok {
			return f.exec(b.body, out)
		}
	}
	return f.exec(s.otherwise, out)
}

func (f *frame) execWith(s *withStatement, out *sink) (signal, error) {
	inner := f.child()
	for i, p := range s.values {
		v, err := p.run(f)
		if err != nil {
			return signalNone, err
		}
		if err := inner.bind(s.targets[i], v); err != nil {
			return signalNone, f.locate(err, p.off)
		}
	}
	return inner.exec(s.body, out)
}

// export binds a name that importing templates may see, when this is the top of a template.
func (f *frame) export(name string, v any) {
	f.set(name, v)
	if f == f.act.root && name[0] != '_' {
		f.act.exports = append(f.act.exports, name)
	}
}

// assign is {% set target = v %}.
func (f *frame) assign(t target, v any) error {
	if t.attr != "" {
		obj, err := f.variable(t.name)
		if err != nil {
			return err
		}
		ns, ok := obj.(*namespace)
		if !ok {
			return errorf("cannot assign attribute on non-namespace object")
		}
		ns.attrs.Set(t.attr, v)
		return nil
	}
	if t.items != nil {
		items, err := f.unpack(t, v)
		if err != nil {
			return err
		}
		for i, sub := range t.items {
			if err := f.assign(sub, items[i]); err != nil {
				return err
			}
		}
		return nil
	}
	f.export(t.name, v)
	return nil
}

// bind is the assignment of a loop or with statement, which nothing else sees.
func (f *frame) bind(t target, v any) error {
	if t.items == nil {
		f.set(t.name, v)
		return nil
	}
	items, err := f.unpack(t, v)
	if err != nil {
		return err
	}
	for i, sub := range t.items {
		if err := f.bind(sub, items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *frame) unpack(t target, v any) ([]any, error) {
	v, err := f.ev.force(v, "")
	if err != nil {
		return nil, err
	}
	items, err := f.iterate(v)
	if err != nil {
		return nil, err
	}
	switch {
	case len(items) < len(t.items):
		return nil, &value.ValueError{Message: "not enough values to unpack (expected " + value.Str(len(t.items)) + ", got " + value.Str(len(items)) + ")"}
	case len(items) > len(t.items):
		return nil, &value.ValueError{Message: "too many values to unpack (expected " + value.Str(len(t.items)) + ")"}
	}
	return items, nil
}

// iterate lists the items that a loop visits.
func (f *frame) iterate(v any) ([]any, error) {
	switch x := v.(type) {
	case nativeText:
		v = string(x)
	case *value.Undefined:
		if x.Lenient {
			return nil, nil
		}
		return nil, undefinedError(x)
	case value.Mapping:
		return x.Iterate()
	}
	return value.Iterate(v)
}

func (f *frame) execSetBlock(s *setBlockStatement) error {
	v, err := f.capture(f.child(), s.body)
	if err == nil && s.filters != nil {
		inner := f.child()
		inner.set(hiddenBody, v)
		v, err = s.filters.run(inner)
	}
	if err != nil {
		return err
	}
	return f.locate(f.assign(s.target, v), s.target.off)
}

func (f *frame) execFilter(s *filterStatement, out *sink) error {
	if out.muted {
		return nil
	}
	v, err := f.capture(f.child(), s.body)
	if err != nil {
		return err
	}
	inner := f.child()
	inner.set(hiddenBody, v)
	if v, err = s.filters.run(inner); err != nil {
		return err
	}
	if v, err = f.final(v); err != nil {
		return f.locate(err, s.filters.off)
	}
	return f.locate(out.add(v), s.filters.off)
}

// capture runs a body and returns what it writes.
func (f *frame) capture(in *frame, body []statement) (any, error) {
	out := &sink{ev: f.ev}
	if _, err := in.exec(body, out); err != nil {
		return nil, err
	}
	return out.result(f.act.convert)
}
