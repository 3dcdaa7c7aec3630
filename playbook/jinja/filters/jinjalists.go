package filters

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func jinjaLists() map[string]Func {
	length := Strict("len(obj, /)", func(_ Env, a *value.Args) (any, error) { return value.Len(a.Any("obj")) })
	return map[string]Func{
		"first":    Strict("do_first(seq)", func(env Env, a *value.Args) (any, error) { return endOf(env, a.Items("seq"), 0, "first") }),
		"last":     Strict("do_last(seq)", func(env Env, a *value.Args) (any, error) { return endOf(env, a.Items("seq"), -1, "last") }),
		"length":   length,
		"count":    length,
		"list":     Strict("do_list(value)", func(_ Env, a *value.Args) (any, error) { return list(append([]any{}, a.Items("value")...)), nil }),
		"batch":    Strict("do_batch(value, linecount, fill_with=None)", batch),
		"slice":    Strict("do_slice(value, slices, fill_with=None)", sliceFilter),
		"sort":     Strict("do_sort(value, reverse=False, case_sensitive=False, attribute=None)", sortFilter),
		"min":      Strict("do_min(value, case_sensitive=False, attribute=None)", extreme(-1)),
		"max":      Strict("do_max(value, case_sensitive=False, attribute=None)", extreme(1)),
		"sum":      Strict("do_sum(iterable, attribute=None, start=0)", sum),
		"join":     Strict("do_join(value, d='', attribute=None)", join),
		"groupby":  Strict("do_groupby(value, attribute, default=None, case_sensitive=False)", groupBy),
		"items":    Lenient("do_items(value)", items),
		"dictsort": Whole("do_dictsort(value, case_sensitive=False, by='key', reverse=False)", dictSort),
	}
}

func endOf(env Env, items []any, at int, word string) (any, error) {
	if len(items) == 0 {
		return env.Undefined("", fmt.Sprintf("No %s item, sequence was empty.", word)), nil
	}
	if at < 0 {
		at += len(items)
	}
	return items[at], nil
}

func batch(_ Env, a *value.Args) (any, error) {
	size, fill := a.Int("linecount"), a.Any("fill_with")
	items := a.Items("value")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if size < 1 {
		size = 1
	}
	out := []any{}
	for len(items) > 0 {
		n := min(size, len(items))
		row := append([]any{}, items[:n]...)
		items = items[n:]
		for fill != nil && len(row) < min(size, 1<<20) {
			row = append(row, fill)
		}
		out = append(out, list(row))
	}
	return list(out), nil
}

func sliceFilter(_ Env, a *value.Args) (any, error) {
	count, fill := a.Int("slices"), a.Any("fill_with")
	items := a.Items("value")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if count == 0 {
		return nil, &value.ArithmeticError{Message: "integer division or modulo by zero"}
	}
	if count > 1<<20 {
		return nil, errorf("slice: %d slices are too many", count)
	}
	per, more := len(items)/max(count, 1), len(items)%max(count, 1)
	out := []any{}
	for i := range count {
		n := per
		if i < more {
			n++
		}
		row := append([]any{}, items[:n]...)
		items = items[n:]
		if fill != nil && i >= more {
			row = append(row, fill)
		}
		out = append(out, list(row))
	}
	return list(out), nil
}

func sortFilter(env Env, a *value.Args) (any, error) {
	items := a.Items("value")
	if a.Err() != nil {
		return nil, a.Err()
	}
	keys, err := newGetter(env, a.Any("attribute"), true).keys(items, a.Bool("case_sensitive"))
	if err != nil {
		return nil, err
	}
	sorted, err := value.SortedBy(items, keys, a.Bool("reverse"))
	return list(sorted), err
}

func extreme(sign int) Body {
	return func(env Env, a *value.Args) (any, error) {
		items := a.Items("value")
		if a.Err() != nil {
			return nil, a.Err()
		}
		if len(items) == 0 {
			return env.Undefined("", "No aggregated item, sequence was empty."), nil
		}
		keys, err := newGetter(env, a.Any("attribute"), false).keys(items, a.Bool("case_sensitive"))
		if err != nil {
			return nil, err
		}
		best := 0
		for i := 1; i < len(items); i++ {
			op := "<"
			if sign > 0 {
				op = ">"
			}
			better, err := value.Order(op, keys[i], keys[best])
			if err != nil {
				return nil, err
			}
			if better {
				best = i
			}
		}
		return items[best], nil
	}
}

func sum(env Env, a *value.Args) (any, error) {
	g := newGetter(env, a.Any("attribute"), false)
	total := a.Any("start")
	if _, ok := total.(string); ok {
		return nil, &value.TypeError{Message: "sum() can't sum strings [use ''.join(seq) instead]"}
	}
	for _, item := range a.Items("iterable") {
		v, err := g.get(item)
		if err != nil {
			return nil, err
		}
		if total, err = value.Binary("+", total, v); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func join(env Env, a *value.Args) (any, error) {
	g := newGetter(env, a.Any("attribute"), false)
	var b strings.Builder
	for i, item := range a.Items("value") {
		v, err := g.get(item)
		if err != nil {
			return nil, err
		}
		if err := value.Defined(v); err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(a.Str("d"))
		}
		b.WriteString(value.Str(v))
	}
	return b.String(), nil
}

// groupBy sorts the items by an attribute and gathers those where it is equal: tuples named grouper and list.
func groupBy(env Env, a *value.Args) (any, error) {
	items := a.Items("value")
	if a.Err() != nil {
		return nil, a.Err()
	}
	g := newGetter(env, a.Any("attribute"), false)
	g.fallback = a.Any("default")
	caseSensitive := a.Bool("case_sensitive")
	keys, err := g.keys(items, caseSensitive)
	if err != nil {
		return nil, err
	}
	sorted, err := value.SortedBy(items, keys, false)
	if err != nil {
		return nil, err
	}
	out := []any{}
	var group *value.List
	var current any
	for _, item := range sorted {
		k, err := g.get(item)
		if err != nil {
			return nil, err
		}
		if group == nil || !value.Equal(folded(k, caseSensitive), current) {
			group, current = list(nil), folded(k, caseSensitive)
			out = append(out, &value.Tuple{Items: []any{k, group}, Names: []string{"grouper", "list"}})
		}
		group.Items = append(group.Items, item)
	}
	return list(out), nil
}

func items(_ Env, a *value.Args) (any, error) {
	if _, undefined := a.Any("value").(*value.Undefined); undefined {
		return list(nil), nil
	}
	d, ok, err := value.AsDict(a.Any("value"))
	if ok || err != nil {
		return value.Items(d), err
	}
	return nil, &value.TypeError{Message: "Can only get item pairs from a mapping."}
}

func dictSort(_ Env, a *value.Args) (any, error) {
	d, ok := a.Any("value").(*value.Dict)
	if !ok {
		return nil, &value.AttributeError{Message: "'" + value.TypeName(a.Any("value")) + "' object has no attribute 'items'"}
	}
	at := 0
	switch by := a.Any("by"); by {
	case "key":
	case "value":
		at = 1
	default:
		return nil, errorf(`You can only sort by either "key" or "value"`)
	}
	pairs := value.Items(d).Items
	keys := make([]any, len(pairs))
	for i, p := range pairs {
		keys[i] = folded(p.(*value.Tuple).Items[at], a.Bool("case_sensitive"))
	}
	sorted, err := value.SortedBy(pairs, keys, a.Bool("reverse"))
	return list(sorted), err
}
