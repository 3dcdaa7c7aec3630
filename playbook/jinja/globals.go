package jinja

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// globals are the functions that every template may call.
func globals() map[string]any {
	return map[string]any{
		"range":     globalFunction(globalRange),
		"dict":      globalFunction(globalDict),
		"namespace": globalFunction(globalNamespace),
		"cycler":    globalFunction(globalCycler),
		"joiner":    globalFunction(globalJoiner),
		"lookup":    globalFunction(globalLookup),
		"query":     globalFunction(globalQuery),
		"q":         globalFunction(globalQuery),
		"now":       globalFunction(globalNow),
		"undef":     globalFunction(globalUndef),
	}
}

// maxRange is how many numbers range makes.
const maxRange = 10_000_000

func globalRange(_ *frame, args []any, _ *value.Dict) (any, error) {
	if len(args) < 1 || len(args) > 3 {
		return nil, &value.TypeError{Message: "range expected 1 to 3 arguments, got " + value.Str(len(args))}
	}
	n := make([]int, len(args))
	for i, a := range args {
		if err := needed(a); err != nil {
			return nil, err
		}
		_, isFloat := a.(float64)
		v, ok := value.Integer(a)
		if !ok || isFloat {
			return nil, &value.TypeError{Message: "'" + value.TypeName(a) + "' object cannot be interpreted as an integer"}
		}
		n[i] = v
	}
	switch len(n) {
	case 1:
		return rangeList(0, n[0], 1)
	case 2:
		return rangeList(n[0], n[1], 1)
	}
	if n[2] == 0 {
		return nil, &value.ValueError{Message: "range() arg 3 must not be zero"}
	}
	return rangeList(n[0], n[1], n[2])
}

func rangeList(start, stop, step int) (any, error) {
	count := 0
	if step > 0 && start < stop {
		count = int((uint(stop)-uint(start)-1)/uint(step)) + 1
	} else if step < 0 && start > stop {
		count = int((uint(start)-uint(stop)-1)/uint(-step)) + 1
	}
	if count < 0 || count > maxRange {
		return nil, errorf("range: too many items")
	}
	l := &value.List{Items: make([]any, count)}
	for i := range l.Items {
		l.Items[i] = start + i*step
	}
	return l, nil
}

func globalDict(f *frame, args []any, kw *value.Dict) (any, error) {
	d := value.NewDict()
	if len(args) > 1 {
		return nil, &value.TypeError{Message: "dict expected at most 1 argument, got " + value.Str(len(args))}
	}
	if len(args) == 1 {
		if from, ok := args[0].(*value.Dict); ok {
			d = from.Clone()
		} else if err := f.fromPairs(d, args[0]); err != nil {
			return nil, err
		}
	}
	for k, v := range kw.All() {
		d.Set(k, v)
	}
	return d, nil
}

// fromPairs fills a mapping from pairs, or from a mapping that is computed.
func (f *frame) fromPairs(d *value.Dict, from any) error {
	items, err := f.iterate(from)
	if err != nil {
		return err
	}
	m, isMapping := from.(value.Mapping)
	for _, item := range items {
		if isMapping {
			v, _, err := m.Item(item)
			if err != nil {
				return err
			}
			d.Set(item, v)
			continue
		}
		pair, err := f.iterate(item)
		if err != nil {
			return err
		}
		if len(pair) != 2 {
			return &value.ValueError{Message: "dictionary update sequence element has length " + value.Str(len(pair)) + "; 2 is required"}
		}
		if err := value.Hashable(pair[0]); err != nil {
			return err
		}
		d.Set(pair[0], pair[1])
	}
	return nil
}

func globalNow(f *frame, args []any, kw *value.Dict) (any, error) {
	utc, format := argument1(args, kw, 0, "utc"), argument1(args, kw, 1, "fmt")
	t := f.ev.now()
	if value.Truth(utc) {
		t = t.UTC()
	} else {
		t = t.Local()
	}
	now := value.DateTime{Time: t}
	if format == nil || format == "" {
		return now, nil
	}
	strftime, ok := value.GetAttr(now, "strftime")
	if !ok {
		return nil, errorf("now: dates cannot be formatted")
	}
	return f.call(strftime, []any{format}, nil)
}

// argument1 is an argument given by position or by name, nil when it is not given.
func argument1(args []any, kw *value.Dict, i int, name string) any {
	if i < len(args) {
		return args[i]
	}
	v, _ := kw.Get(name)
	return v
}

func globalUndef(_ *frame, args []any, kw *value.Dict) (any, error) {
	hint, _ := argument1(args, kw, 0, "hint").(string)
	if hint == "" {
		hint = "Mandatory variable has not been overridden"
	}
	return &value.Undefined{Hint: hint}, nil
}

func globalQuery(f *frame, args []any, kw *value.Dict) (any, error) {
	kw = kw.Clone()
	kw.Set("wantlist", true)
	return globalLookup(f, args, kw)
}

func globalLookup(f *frame, args []any, kw *value.Dict) (any, error) {
	if len(args) == 0 {
		return nil, &value.TypeError{Message: "lookup needs the name of a lookup plugin"}
	}
	name, err := text(args[0])
	if err != nil {
		return nil, err
	}
	if f.ev.ctx.Lookup == nil {
		return nil, errorf("the lookup %s was found, however lookups were disabled from templating", value.Repr(name))
	}
	kw = kw.Clone()
	wantList, mode := take(kw, "wantlist"), take(kw, "errors")
	take(kw, "allow_unsafe")
	terms := args[1:]
	for _, t := range terms {
		if err := definedInside(t, 0); err != nil {
			return nil, err
		}
	}
	f.ev.untrusted = true
	for _, prefix := range []string{"ansible.builtin.", "ansible.legacy."} {
		name = strings.TrimPrefix(name, prefix)
	}
	v, err := f.ev.ctx.Lookup(f.ev.context(), name, terms, kw)
	if err != nil {
		if _, undefined := asUndefined(err); !undefined && (mode == "ignore" || mode == "warn") {
			if value.Truth(wantList) {
				return value.NewList(), nil
			}
			return nil, nil
		}
		return nil, err
	}
	return lookupResult(v, value.Truth(wantList))
}

// context is what a lookup may use: the variables that this evaluation sees.
func (ev *evaluation) context() *Context {
	if ev.host == "" {
		return ev.ctx
	}
	c := *ev.ctx
	c.Scope = ev.scope
	return &c
}

func take(kw *value.Dict, name string) any {
	v, _ := kw.Get(name)
	kw.Delete(name)
	return v
}

// lookupResult is the list of a lookup, or, when no list is wanted, its texts joined by commas; a single value that is no
// text is returned as it is.
func lookupResult(v any, wantList bool) (any, error) {
	l, ok := v.(*value.List)
	if !ok {
		if wantList {
			return value.NewList(v), nil
		}
		return v, nil
	}
	if wantList || len(l.Items) == 0 {
		return l, nil
	}
	texts := make([]string, len(l.Items))
	for i, item := range l.Items {
		s, ok := item.(string)
		if !ok {
			if len(l.Items) == 1 {
				return item, nil
			}
			return l, nil
		}
		texts[i] = s
	}
	return strings.Join(texts, ","), nil
}
