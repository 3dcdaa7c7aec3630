package jinja

import (
	"github.com/expr-lang/expr/builtin"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// functionTable makes the functions that compiled expressions call.
func (e *Engine) functionTable() map[string]*builtin.Function {
	table := map[string]*builtin.Function{}
	add := func(name string, fn func(args ...any) (any, error)) {
		table[name] = &builtin.Function{Name: name, Func: fn}
	}
	add(fnVariable, func(a ...any) (any, error) {
		f := a[0].(*frame)
		if err := f.ev.step(); err != nil {
			return nil, err
		}
		return f.variable(a[1].(string))
	})
	add(fnSealed, func(a ...any) (any, error) { return a[0].(*frame).sealedVariable(a[1].(string)) })
	add(fnAttr, func(a ...any) (any, error) { return a[0].(*frame).attribute(a[1], a[2].(string)) })
	add(fnItem, func(a ...any) (any, error) { return a[0].(*frame).item(a[1], a[2]) })
	add(fnSlice, func(a ...any) (any, error) { return a[0].(*frame).slice(a[1], a[2], a[3], a[4]) })
	add(fnTruth, func(a ...any) (any, error) { return truth(a[0]) })
	add(fnConcat, func(a ...any) (any, error) { return a[0].(*frame).concat(a[1:]) })
	add(fnList, func(a ...any) (any, error) { return &value.List{Items: a[0].([]any)}, nil })
	add(fnTuple, func(a ...any) (any, error) { return &value.Tuple{Items: a[0].([]any)}, nil })
	add(fnDict, func(a ...any) (any, error) { return dictOf(a[0].([]any)) })
	add(fnCall, func(a ...any) (any, error) { return a[0].(*frame).callWith(a[1].(*callSpec), a[2], a[3:]) })
	add(fnCoalesce, func(a ...any) (any, error) { return isMissing(a[0]), nil })
	for _, op := range []string{"+", "-", "*", "/", "//", "%", "**"} {
		add(op, func(a ...any) (any, error) { return a[0].(*frame).binary(op, a[1], a[2]) })
	}
	for _, op := range []string{"==", "!=", "<", "<=", ">", ">=", fnIn, fnNotIn} {
		add(op, func(a ...any) (any, error) { return a[0].(*frame).compare(op, a[1], a[2]) })
	}
	add(fnRange, func(a ...any) (any, error) { return a[0].(*frame).inclusiveRange(a[1], a[2]) })
	add(fnNeg, func(a ...any) (any, error) { return a[0].(*frame).unary(value.Neg, a[1]) })
	add(fnPos, func(a ...any) (any, error) { return a[0].(*frame).unary(value.Plus, a[1]) })
	for name, fn := range e.filters {
		add("|"+name, filterFunction(name, fn))
	}
	for name, fn := range e.tests {
		add("is "+name, testFunction(name, fn))
	}
	return table
}

// filterFunction adapts a filter: its arguments are the frame, the call's description, the value, and its own.
func filterFunction(name string, fn filters.Func) func(a ...any) (any, error) {
	text := staysText(name)
	return func(a ...any) (any, error) {
		f := a[0].(*frame)
		if err := f.ev.step(); err != nil {
			return nil, err
		}
		args, kw, err := f.arguments(a[1].(*callSpec), a[3:], a[2])
		if err != nil {
			return nil, err
		}
		v, err := fn(f, args, kw)
		if err != nil {
			return nil, err
		}
		if s, ok := v.(string); ok && text {
			return nativeText(s), nil
		}
		return v, nil
	}
}

// takesSealed tells whether a filter or test looks at an encrypted value itself, not at what it hides.
func takesSealed(name string) bool {
	switch name {
	case "vault_encrypted", "unvault", "type_debug":
		return true
	}
	return false
}

// staysText tells whether the result of a filter is never read as a list or mapping.
func staysText(name string) bool {
	switch name {
	case "string", "to_json", "to_nice_json", "to_yaml", "to_nice_yaml", "ppretty", "json":
		return true
	}
	return false
}

func testFunction(name string, fn filters.Func) func(a ...any) (any, error) {
	switch name {
	case "defined":
		return func(a ...any) (any, error) {
			_, undefined := a[2].(*value.Undefined)
			return !undefined, nil
		}
	case "undefined":
		return func(a ...any) (any, error) {
			_, undefined := a[2].(*value.Undefined)
			return undefined, nil
		}
	}
	return func(a ...any) (any, error) {
		f := a[0].(*frame)
		if err := f.ev.step(); err != nil {
			return nil, err
		}
		args, kw, err := f.arguments(a[1].(*callSpec), a[3:], a[2])
		if err != nil {
			return nil, err
		}
		v, err := fn(f, args, kw)
		if err != nil {
			return nil, err
		}
		return truth(v)
	}
}

// isSealed tells whether the value in front of a filter or test is encrypted and stays so.
func isSealed(name string, front []any) bool {
	if len(front) == 0 || !takesSealed(name) {
		return false
	}
	_, encrypted := front[0].(value.Vault)
	return encrypted
}

// arguments sorts the arguments of a call into positional ones, after those in front, and named ones.
func (f *frame) arguments(spec *callSpec, given []any, front ...any) ([]any, *value.Dict, error) {
	if !isSealed(spec.name, front) {
		if err := f.ev.argumentsOf(front); err != nil {
			return nil, nil, err
		}
	}
	if err := f.ev.argumentsOf(given); err != nil {
		return nil, nil, err
	}
	if spec.args == nil {
		if len(front) == 0 {
			return given, nil, nil
		}
		return append(front, given...), nil, nil
	}
	args := append(make([]any, 0, len(front)+len(given)), front...)
	var kw *value.Dict
	for i, a := range spec.args {
		switch {
		case a.star == 1:
			items, err := value.Iterate(given[i])
			if err != nil {
				return nil, nil, err
			}
			args = append(args, items...)
		case a.star == 2:
			d, ok := given[i].(*value.Dict)
			if !ok {
				return nil, nil, &value.TypeError{Message: "argument after ** must be a mapping, not " + value.TypeName(given[i])}
			}
			for k, v := range d.All() {
				kw = withKeyword(kw, value.Str(k), v)
			}
		case a.name != "":
			kw = withKeyword(kw, a.name, given[i])
		default:
			args = append(args, given[i])
		}
	}
	return args, kw, nil
}

func withKeyword(kw *value.Dict, name string, v any) *value.Dict {
	if kw == nil {
		kw = value.NewDict()
	}
	kw.Set(name, v)
	return kw
}

func dictOf(pairs []any) (any, error) {
	d := value.NewDict()
	for i := 0; i+1 < len(pairs); i += 2 {
		k := pairs[i]
		if n, ok := k.(nativeText); ok {
			k = string(n)
		}
		if err := value.Defined(k); err != nil {
			return nil, err
		}
		if err := value.Hashable(k); err != nil {
			return nil, err
		}
		d.Set(k, pairs[i+1])
	}
	return d, nil
}
