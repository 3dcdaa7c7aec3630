package tests

import (
	"math/big"
	"reflect"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// is declares a test of one value that needs nothing else.
func is(name string, holds func(v any) bool) filters.Func {
	return filters.Lenient(name+"(value)", func(_ filters.Env, a *value.Args) (any, error) { return holds(a.Any("value")), nil })
}

func types() map[string]filters.Func {
	isInt := func(v any) bool {
		switch v.(type) {
		case int, *big.Int:
			return true
		}
		return false
	}
	return map[string]filters.Func{
		"defined":   is("test_defined", func(v any) bool { return !undefined(v) }),
		"undefined": is("test_undefined", undefined),
		"none":      is("test_none", func(v any) bool { return v == nil }),
		"boolean":   is("test_boolean", func(v any) bool { return v == true || v == false }),
		"true":      is("test_true", func(v any) bool { return v == true }),
		"false":     is("test_false", func(v any) bool { return v == false }),
		"integer":   is("test_integer", isInt),
		"float": is("test_float", func(v any) bool {
			_, ok := v.(float64)
			return ok
		}),
		"number": is("test_number", value.IsNumber),
		"string": is("test_string", isText),
		"mapping": is("test_mapping", func(v any) bool {
			switch v.(type) {
			case *value.Dict, value.Mapping:
				return true
			}
			return false
		}),
		"sequence": filters.Lenient("test_sequence(value)", func(_ filters.Env, a *value.Args) (any, error) {
			_, err := value.Len(a.Any("value"))
			_, isSet := a.Any("value").(*value.Set)
			return err == nil && !isSet, nil
		}),
		"iterable": filters.Strict("test_iterable(value)", func(_ filters.Env, a *value.Args) (any, error) {
			_, err := value.Iterate(a.Any("value"))
			return err == nil, nil
		}),
		"callable": is("callable", func(v any) bool {
			if _, ok := v.(value.Func); ok {
				return true
			}
			_, ok := v.(interface {
				Call(args []any, kw *value.Dict) (any, error)
			})
			return ok
		}),
		"escaped": is("test_escaped", func(any) bool { return false }),
		"sameas":  filters.Lenient("test_sameas(value, other)", sameAs),
	}
}

func undefined(v any) bool {
	_, ok := v.(*value.Undefined)
	return ok
}

func isText(v any) bool {
	switch v.(type) {
	case string, value.Template:
		return true
	}
	return false
}

// sameAs compares identity. Small and equal constants are one object in Python, so plain values are compared by type and
// value.
func sameAs(_ filters.Env, a *value.Args) (any, error) {
	x, y := a.Any("value"), a.Any("other")
	if x == nil || y == nil {
		return x == nil && y == nil, nil
	}
	t := reflect.TypeOf(x)
	return t == reflect.TypeOf(y) && t.Comparable() && x == y, nil
}

func comparisons() map[string]filters.Func {
	order := func(op string) filters.Func {
		return filters.Strict("compare(a, b, /)", func(_ filters.Env, a *value.Args) (any, error) {
			return value.Order(op, a.Any("a"), a.Any("b"))
		})
	}
	equal := filters.Strict("eq(a, b, /)", func(_ filters.Env, a *value.Args) (any, error) { return value.Equal(a.Any("a"), a.Any("b")), nil })
	differ := filters.Strict("ne(a, b, /)", func(_ filters.Env, a *value.Args) (any, error) { return !value.Equal(a.Any("a"), a.Any("b")), nil })
	m := map[string]filters.Func{
		"==": equal, "eq": equal, "equalto": equal, "!=": differ, "ne": differ,
		"in": filters.Lenient("test_in(value, seq)", func(_ filters.Env, a *value.Args) (any, error) {
			v, seq := a.Any("value"), a.Any("seq")
			if n, err := value.Len(seq); err == nil && n == 0 && undefined(v) {
				return false, nil // nothing is compared
			}
			if err := value.Defined(v, seq); err != nil {
				return nil, err
			}
			return value.Contains(seq, v)
		}),
	}
	for op, names := range map[string][]string{
		">": {"gt", "greaterthan"}, ">=": {"ge"}, "<": {"lt", "lessthan"}, "<=": {"le"},
	} {
		for _, name := range append(names, op) {
			m[name] = order(op)
		}
	}
	return m
}

func numbers() map[string]filters.Func {
	remainder := func(name string, want int) filters.Func {
		return filters.Strict(name+"(value)", func(_ filters.Env, a *value.Args) (any, error) {
			r, err := value.Binary("%", a.Any("value"), 2)
			return value.Equal(r, want), err
		})
	}
	return map[string]filters.Func{
		"odd":  remainder("test_odd", 1),
		"even": remainder("test_even", 0),
		"divisibleby": filters.Strict("test_divisibleby(value, num)", func(_ filters.Env, a *value.Args) (any, error) {
			r, err := value.Binary("%", a.Any("value"), a.Any("num"))
			return value.Equal(r, 0), err
		}),
	}
}

func texts() map[string]filters.Func {
	cased := func(name string, holds func(string) bool) filters.Func {
		return filters.Strict(name+"(value)", func(_ filters.Env, a *value.Args) (any, error) { return holds(a.Str("value")), nil })
	}
	return map[string]filters.Func{
		"lower": cased("test_lower", value.IsLower),
		"upper": cased("test_upper", value.IsUpper),
	}
}

func engine() map[string]filters.Func {
	return map[string]filters.Func{
		"filter": filters.Strict("test_filter(value)", func(env filters.Env, a *value.Args) (any, error) {
			_, ok := env.Filter(a.Str("value"))
			return ok, nil
		}),
		"test": filters.Strict("test_test(value)", func(env filters.Env, a *value.Args) (any, error) {
			_, ok := env.Test(a.Str("value"))
			return ok, nil
		}),
	}
}
