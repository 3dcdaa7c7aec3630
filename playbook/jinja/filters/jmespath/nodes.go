package jmespath

import "github.com/musterhq/muster/internal/value"

// expression is an argument of the form &expr: it is evaluated by the function that it is given to.
type expression struct{ run node }

func identity(v any) (any, error) { return v, nil }

func field(key string) node {
	return func(v any) (any, error) {
		d, ok := v.(*value.Dict)
		if !ok {
			return nil, nil
		}
		item, _ := d.Get(key)
		return item, nil
	}
}

func chain(left, right node) node {
	return func(v any) (any, error) {
		inner, err := left(v)
		if err != nil {
			return nil, err
		}
		return right(inner)
	}
}

// isFalse is JMESPath's idea of false: false, null and what is empty.
func isFalse(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case bool:
		return !x
	case string:
		return x == ""
	case *value.List:
		return len(x.Items) == 0
	case *value.Dict:
		return x.Len() == 0
	}
	return false
}

func either(left, right node, and bool) node {
	return func(v any) (any, error) {
		first, err := left(v)
		if err != nil || isFalse(first) == and {
			return first, err
		}
		return right(v)
	}
}

func negation(n node) node {
	return func(v any) (any, error) {
		inner, err := n(v)
		return isFalse(inner), err
	}
}

func comparison(op string, left, right node) node {
	return func(v any) (any, error) {
		a, err := left(v)
		if err != nil {
			return nil, err
		}
		b, err := right(v)
		if err != nil {
			return nil, err
		}
		switch op {
		case "==":
			return equal(a, b), nil
		case "!=":
			return !equal(a, b), nil
		}
		if !isNumber(a) && !isText(a) || !isNumber(b) && !isText(b) || isText(a) != isText(b) {
			return nil, nil
		}
		return value.Order(op, a, b)
	}
}

// equal is ==, where a boolean never equals a number.
func equal(a, b any) bool {
	_, boolA := a.(bool)
	_, boolB := b.(bool)
	return boolA == boolB && value.Equal(a, b)
}

func isNumber(v any) bool {
	_, isBool := v.(bool)
	return !isBool && value.IsNumber(v)
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// items of a list or tuple.
func items(v any) ([]any, bool) {
	switch x := v.(type) {
	case *value.List:
		return x.Items, true
	case *value.Tuple:
		return x.Items, true
	}
	return nil, false
}

func each(list []any, right node) (any, error) {
	out := value.NewList()
	for _, item := range list {
		v, err := right(item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Items = append(out.Items, v)
		}
	}
	return out, nil
}

func projection(left, right node) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		list, ok := items(base)
		if !ok {
			return nil, nil
		}
		return each(list, right)
	}
}

func valueProjection(left, right node) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		d, ok := base.(*value.Dict)
		if !ok {
			return nil, nil
		}
		var values []any
		for _, item := range d.All() {
			values = append(values, item)
		}
		return each(values, right)
	}
}

func filtered(left, condition, right node) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		list, ok := items(base)
		if !ok {
			return nil, nil
		}
		var kept []any
		for _, item := range list {
			holds, err := condition(item)
			if err != nil {
				return nil, err
			}
			if !isFalse(holds) {
				kept = append(kept, item)
			}
		}
		return each(kept, right)
	}
}

func flattened(left node) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		list, ok := items(base)
		if !ok {
			return nil, nil
		}
		out := value.NewList()
		for _, item := range list {
			if inner, ok := items(item); ok {
				out.Items = append(out.Items, inner...)
			} else {
				out.Items = append(out.Items, item)
			}
		}
		return out, nil
	}
}

func at(left node, index int) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		list, ok := items(base)
		if !ok {
			return nil, nil
		}
		item, _, err := value.GetItem(value.NewList(list...), index)
		return item, err
	}
}

func sliced(left node, parts [3]any) node {
	return func(v any) (any, error) {
		base, err := left(v)
		if err != nil {
			return nil, err
		}
		if _, ok := items(base); !ok {
			return nil, nil
		}
		return value.Slice(base, parts[0], parts[1], parts[2])
	}
}

func listOf(nodes []node) node {
	return func(v any) (any, error) {
		if v == nil {
			return nil, nil
		}
		out := value.NewList()
		for _, n := range nodes {
			item, err := n(v)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, item)
		}
		return out, nil
	}
}

func hashOf(keys []string, nodes []node) node {
	return func(v any) (any, error) {
		if v == nil {
			return nil, nil
		}
		out := value.NewDict()
		for i, n := range nodes {
			item, err := n(v)
			if err != nil {
				return nil, err
			}
			out.Set(keys[i], item)
		}
		return out, nil
	}
}

func called(name string, args []node) node {
	return func(v any) (any, error) {
		values := make([]any, len(args))
		for i, a := range args {
			var err error
			if values[i], err = a(v); err != nil {
				return nil, err
			}
		}
		return call(name, values)
	}
}
