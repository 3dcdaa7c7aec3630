package filters

import (
	"github.com/musterhq/muster/internal/value"
)

func jinjaSelect() map[string]Func {
	return map[string]Func{
		"map":        mapFilter,
		"select":     selection(false, true),
		"reject":     selection(false, false),
		"selectattr": selection(true, true),
		"rejectattr": selection(true, false),
	}
}

func missingArgument(name, argument string) error {
	return &value.TypeError{Message: name + "() missing 1 required positional argument: '" + argument + "'"}
}

// mapFilter applies a filter to every item, or reads an attribute of it.
func mapFilter(env Env, args []any, kw *value.Dict) (any, error) {
	if len(args) == 0 {
		return nil, missingArgument("do_map", "value")
	}
	items, err := itemsOf(args[0])
	if err != nil || len(items) == 0 {
		return list(nil), err
	}
	apply, err := mapping(env, args[1:], kw)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		if out[i], err = apply(item); err != nil {
			return nil, err
		}
	}
	return list(out), nil
}

// itemsOf lists the items of a value. Whatever is false has none: none | map('int') is an empty list.
func itemsOf(v any) ([]any, error) {
	if err := value.Defined(v); err != nil {
		return nil, err
	}
	if !value.Truth(v) {
		return nil, nil
	}
	return value.Iterate(v)
}

func mapping(env Env, args []any, kw *value.Dict) (func(any) (any, error), error) {
	if attribute, ok := kw.Get("attribute"); ok && len(args) == 0 {
		g := newGetter(env, attribute, false)
		for k, v := range kw.All() {
			switch k {
			case "attribute":
			case "default":
				g.fallback = v
			default:
				return nil, errorf("Unexpected keyword argument %s", value.Repr(k))
			}
		}
		return g.get, nil
	}
	if len(args) == 0 {
		return nil, errorf("map requires a filter argument")
	}
	name, ok := args[0].(string)
	if !ok {
		return nil, errorf("map requires the name of a filter, not %s", value.Repr(args[0]))
	}
	fn, ok := env.Filter(name)
	if !ok {
		return nil, errorf("No filter named %s.", value.Repr(name))
	}
	return func(item any) (any, error) {
		return fn(env, append([]any{item}, args[1:]...), kw)
	}, nil
}

// selection keeps or drops the items for which a test holds; without a test, those that are true.
func selection(byAttribute, keep bool) Func {
	return func(env Env, args []any, kw *value.Dict) (any, error) {
		if len(args) == 0 {
			return nil, missingArgument("select_or_reject", "value")
		}
		items, err := itemsOf(args[0])
		if err != nil || len(items) == 0 {
			return list(nil), err
		}
		args = args[1:]
		g := newGetter(env, nil, false)
		if byAttribute {
			if len(args) == 0 {
				return nil, errorf("Missing parameter for attribute name")
			}
			g = newGetter(env, args[0], false)
			args = args[1:]
		}
		holds, err := predicate(env, args, kw)
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, item := range items {
			v, err := g.get(item)
			if err != nil {
				return nil, err
			}
			ok, err := holds(v)
			if err != nil {
				return nil, err
			}
			if ok == keep {
				out = append(out, item)
			}
		}
		return list(out), nil
	}
}

func predicate(env Env, args []any, kw *value.Dict) (func(any) (bool, error), error) {
	if len(args) == 0 {
		return func(v any) (bool, error) { return value.Truth(v), value.Defined(v) }, nil
	}
	name, ok := args[0].(string)
	if !ok {
		return nil, errorf("the name of a test is needed, not %s", value.Repr(args[0]))
	}
	test, ok := env.Test(name)
	if !ok {
		return nil, errorf("No test named %s.", value.Repr(name))
	}
	return func(v any) (bool, error) {
		answer, err := test(env, append([]any{v}, args[1:]...), kw)
		return value.Truth(answer), err
	}, nil
}
