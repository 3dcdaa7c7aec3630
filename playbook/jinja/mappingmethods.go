package jinja

import "github.com/musterhq/muster/internal/value"

// mappingMethod is a method of hostvars, of one of its entries, or of vars: those of a mapping that only looks.
func mappingMethod(m value.Mapping, name string) (any, bool) {
	switch name {
	case "keys":
		return value.Func(func([]any, *value.Dict) (any, error) {
			keys, err := m.Iterate()
			return &value.List{Items: keys}, err
		}), true
	case "values":
		return listing(m, func(_, v any) any { return v }), true
	case "items":
		return listing(m, func(key, v any) any { return &value.Tuple{Items: []any{key, v}} }), true
	case "get":
		return value.Func(func(args []any, _ *value.Dict) (any, error) {
			if len(args) == 0 || len(args) > 2 {
				return nil, &value.TypeError{Message: "get expected 1 or 2 arguments"}
			}
			v, ok, err := m.Item(args[0])
			if err != nil || ok {
				return v, err
			}
			if len(args) == 2 {
				return args[1], nil
			}
			return nil, nil
		}), true
	}
	return nil, false
}

// listing is a method that lists something of every entry.
func listing(m value.Mapping, of func(key, v any) any) value.Func {
	return func([]any, *value.Dict) (any, error) {
		keys, err := m.Iterate()
		if err != nil {
			return nil, err
		}
		out := value.NewList()
		for _, key := range keys {
			v, ok, err := m.Item(key)
			if err != nil {
				return nil, err
			}
			if ok {
				out.Items = append(out.Items, of(key, v))
			}
		}
		return out, nil
	}
}
