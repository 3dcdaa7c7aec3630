package jmespath

import (
	"math"
	"math/big"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// function is one of JMESPath's functions: the types that its arguments may have, and whether the last may be repeated.
type function struct {
	types    []string
	variadic bool
	run      func(name string, args []any) (any, error)
}

func functionFor(name string) (function, bool) {
	one := func(types string, run func(v any) (any, error)) function {
		return function{types: []string{types}, run: func(_ string, a []any) (any, error) { return run(a[0]) }}
	}
	switch name {
	case "abs", "ceil", "floor":
		return function{types: []string{"number"}, run: rounded}, true
	case "avg", "sum":
		return function{types: []string{"array-number"}, run: total}, true
	case "contains":
		return function{types: []string{"array|string", "any"}, run: contains}, true
	case "starts_with", "ends_with":
		return function{types: []string{"string", "string"}, run: affix}, true
	case "join":
		return function{types: []string{"string", "array-string"}, run: func(_ string, a []any) (any, error) {
			list, _ := items(a[1])
			return value.JoinText(a[0].(string), list)
		}}, true
	case "keys", "values":
		return function{types: []string{"object"}, run: entries}, true
	case "length":
		return one("string|array|object", func(v any) (any, error) { return value.Len(v) }), true
	case "map":
		return function{types: []string{"expression", "array"}, run: mapped}, true
	case "max", "min":
		return function{types: []string{"array-number|array-string"}, run: extreme}, true
	case "max_by", "min_by":
		return function{types: []string{"array", "expression"}, run: extremeBy}, true
	case "sort":
		return one("array-number|array-string", func(v any) (any, error) {
			list, _ := items(v)
			sorted, err := value.Sorted(list, nil, false)
			return value.NewList(sorted...), err
		}), true
	case "sort_by":
		return function{types: []string{"array", "expression"}, run: sortBy}, true
	case "merge":
		return function{types: []string{"object"}, variadic: true, run: merge}, true
	case "not_null":
		return function{types: []string{"any"}, variadic: true, run: notNull}, true
	case "reverse":
		return one("string|array", func(v any) (any, error) { return value.Slice(v, nil, nil, -1) }), true
	case "to_array":
		return one("any", func(v any) (any, error) {
			if _, ok := items(v); ok {
				return v, nil
			}
			return value.NewList(v), nil
		}), true
	case "to_number":
		return one("any", toNumber), true
	case "to_string":
		return one("any", toString), true
	case "type":
		return one("any", func(v any) (any, error) { return typeOf(v), nil }), true
	}
	return function{}, false
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case *value.Dict:
		return "object"
	case *value.List, *value.Tuple:
		return "array"
	case expression:
		return "expression"
	}
	if value.IsNumber(v) {
		return "number"
	}
	return "string"
}

func call(name string, args []any) (any, error) {
	f, ok := functionFor(name)
	if !ok {
		return nil, errorf("Unknown function: %s()", name)
	}
	if len(args) != len(f.types) && (!f.variadic || len(args) < len(f.types)) {
		return nil, errorf("Expected %d arguments for function %s(), received %d", len(f.types), name, len(args))
	}
	for i, a := range args {
		want := f.types[min(i, len(f.types)-1)]
		if !matches(a, want) {
			return nil, errorf("In function %s(), invalid type for value: %s, expected one of: %s, received: \"%s\"",
				name, value.Str(a), value.Repr(value.NewList(anys(strings.Split(want, "|"))...)), typeOf(a))
		}
	}
	return f.run(name, args)
}

func anys(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}

func matches(v any, want string) bool {
	for option := range strings.SplitSeq(want, "|") {
		base, inner, isArray := strings.Cut(option, "-")
		if option == "any" {
			_, isExpression := v.(expression)
			return !isExpression
		}
		if typeOf(v) != base {
			continue
		}
		if !isArray || allOf(v, inner) {
			return true
		}
	}
	return false
}

func allOf(v any, want string) bool {
	list, _ := items(v)
	for _, item := range list {
		if typeOf(item) != want {
			return false
		}
	}
	return true
}

func rounded(name string, a []any) (any, error) {
	if b, ok := value.BigInt(a[0]); ok {
		if name == "abs" {
			return value.FromBig(new(big.Int).Abs(b)), nil
		}
		return a[0], nil
	}
	f, _ := value.Float(a[0])
	switch name {
	case "abs":
		return math.Abs(f), nil
	case "ceil":
		f = math.Ceil(f)
	default:
		f = math.Floor(f)
	}
	b, _ := new(big.Float).SetFloat64(f).Int(nil)
	return value.FromBig(b), nil
}

func total(name string, a []any) (any, error) {
	list, _ := items(a[0])
	var sum any = 0
	var err error
	for _, item := range list {
		if sum, err = value.Binary("+", sum, item); err != nil {
			return nil, err
		}
	}
	if name == "sum" {
		return sum, nil
	}
	if len(list) == 0 {
		return nil, nil
	}
	return value.Binary("/", sum, len(list))
}

func contains(_ string, a []any) (any, error) {
	if s, ok := a[0].(string); ok {
		sub, ok := a[1].(string)
		return ok && strings.Contains(s, sub), nil
	}
	return value.Contains(a[0], a[1])
}

func affix(name string, a []any) (any, error) {
	if name == "starts_with" {
		return strings.HasPrefix(a[0].(string), a[1].(string)), nil
	}
	return strings.HasSuffix(a[0].(string), a[1].(string)), nil
}

func entries(name string, a []any) (any, error) {
	out := value.NewList()
	for k, v := range a[0].(*value.Dict).All() {
		if name == "keys" {
			out.Items = append(out.Items, k)
		} else {
			out.Items = append(out.Items, v)
		}
	}
	return out, nil
}

func mapped(_ string, a []any) (any, error) {
	list, _ := items(a[1])
	out := value.NewList()
	for _, item := range list {
		v, err := a[0].(expression).run(item)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func best(name string, list, keys []any) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	op := "<"
	if strings.HasPrefix(name, "max") {
		op = ">"
	}
	at := 0
	for i := range list {
		better, err := value.Order(op, keys[i], keys[at])
		if err != nil {
			return nil, err
		}
		if better {
			at = i
		}
	}
	return list[at], nil
}

func extreme(name string, a []any) (any, error) {
	list, _ := items(a[0])
	return best(name, list, list)
}

// keysBy evaluates an expression on every item; all keys must be numbers or all texts.
func keysBy(name string, a []any) (list, keys []any, err error) {
	list, _ = items(a[0])
	keys = make([]any, len(list))
	for i, item := range list {
		if keys[i], err = a[1].(expression).run(item); err != nil {
			return nil, nil, err
		}
		kind := typeOf(keys[i])
		if kind != "number" && kind != "string" || kind != typeOf(keys[0]) {
			return nil, nil, errorf("In function %s(), invalid type for value: %s, expected one of: ['number', 'string'], received: \"%s\"",
				name, value.Str(keys[i]), kind)
		}
	}
	return list, keys, nil
}

func extremeBy(name string, a []any) (any, error) {
	list, keys, err := keysBy(name, a)
	if err != nil {
		return nil, err
	}
	return best(name, list, keys)
}

func sortBy(name string, a []any) (any, error) {
	list, keys, err := keysBy(name, a)
	if err != nil {
		return nil, err
	}
	sorted, err := value.SortedBy(list, keys, false)
	return value.NewList(sorted...), err
}

func merge(_ string, a []any) (any, error) {
	out := value.NewDict()
	for _, d := range a {
		out.Merge(d.(*value.Dict))
	}
	return out, nil
}

func notNull(_ string, a []any) (any, error) {
	for _, v := range a {
		if v != nil {
			return v, nil
		}
	}
	return nil, nil
}

func toNumber(v any) (any, error) {
	if isNumber(v) {
		return v, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, nil
	}
	if i, ok := value.ParseInt(s, 10); ok {
		return i, nil
	}
	if f, ok := value.ParseFloat(s); ok {
		return f, nil
	}
	return nil, nil
}

func toString(v any) (any, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return value.JSON(v, value.JSONOptions{ItemSeparator: ",", KeySeparator: ":"})
}
