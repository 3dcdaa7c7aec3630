package value

import "sort"

func newListMethods() methodsOf[*List] {
	return table(
		of("append(object, /)", func(l *List, a *Args) (any, error) {
			l.Items = append(l.Items, a.Any("object"))
			return nil, nil
		}),
		of("extend(iterable, /)", func(l *List, a *Args) (any, error) {
			items := a.Items("iterable")
			l.Items = append(l.Items, items...)
			return nil, nil
		}),
		of("insert(index, object, /)", func(l *List, a *Args) (any, error) {
			at, err := sliceBound(a.Int("index"), 0, len(l.Items), 1)
			if err != nil || a.Err() != nil {
				return nil, err
			}
			l.Items = append(l.Items[:at:at], append([]any{a.Any("object")}, l.Items[at:]...)...)
			return nil, nil
		}),
		of("pop(index=-1, /)", listPop),
		of("remove(value, /)", func(l *List, a *Args) (any, error) {
			i := indexOf(l.Items, a.Any("value"))
			if i < 0 {
				return nil, &ValueError{"list.remove(x): x not in list"}
			}
			l.Items = append(l.Items[:i:i], l.Items[i+1:]...)
			return nil, nil
		}),
		of("index(value, start=0, stop=9223372036854775807, /)", func(l *List, a *Args) (any, error) {
			return indexWithin("list", l.Items, a)
		}),
		of("count(value, /)", func(l *List, a *Args) (any, error) { return countOf(l.Items, a.Any("value")), nil }),
		of("sort(key=None, reverse=False)", func(l *List, a *Args) (any, error) {
			sorted, err := Sorted(l.Items, a.Any("key"), a.Bool("reverse"))
			if err == nil {
				l.Items = sorted
			}
			return nil, err
		}),
		of("reverse()", func(l *List, _ *Args) (any, error) {
			out := make([]any, len(l.Items))
			for i, item := range l.Items {
				out[len(out)-1-i] = item
			}
			l.Items = out
			return nil, nil
		}),
		of("copy()", func(l *List, _ *Args) (any, error) { return &List{Items: append([]any{}, l.Items...)}, nil }),
		of("clear()", func(l *List, _ *Args) (any, error) {
			l.Items = nil
			return nil, nil
		}),
	)
}

func newTupleMethods() methodsOf[*Tuple] {
	return table(
		of("index(value, start=0, stop=9223372036854775807, /)", func(t *Tuple, a *Args) (any, error) {
			return indexWithin("tuple", t.Items, a)
		}),
		of("count(value, /)", func(t *Tuple, a *Args) (any, error) { return countOf(t.Items, a.Any("value")), nil }),
	)
}

func listPop(l *List, a *Args) (any, error) {
	i := a.Int("index")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if len(l.Items) == 0 {
		return nil, &IndexError{"pop from empty list"}
	}
	if i < 0 {
		i += len(l.Items)
	}
	if i < 0 || i >= len(l.Items) {
		return nil, &IndexError{"pop index out of range"}
	}
	v := l.Items[i]
	l.Items = append(l.Items[:i:i], l.Items[i+1:]...)
	return v, nil
}

func indexOf(items []any, v any) int {
	for i, item := range items {
		if Equal(item, v) {
			return i
		}
	}
	return -1
}

func indexWithin(kind string, items []any, a *Args) (any, error) {
	from, err := sliceBound(a.Any("start"), 0, len(items), 1)
	if err != nil {
		return nil, err
	}
	to, err := sliceBound(a.Any("stop"), len(items), len(items), 1)
	if err != nil {
		return nil, err
	}
	if from < to {
		if i := indexOf(items[from:to], a.Any("value")); i >= 0 {
			return from + i, nil
		}
	}
	if kind == "tuple" {
		return nil, &ValueError{"tuple.index(x): x not in tuple"}
	}
	return nil, &ValueError{Repr(a.Any("value")) + " is not in list"}
}

func countOf(items []any, v any) int {
	n := 0
	for _, item := range items {
		if Equal(item, v) {
			n++
		}
	}
	return n
}

// Sorted is Python's sorted(items, key=key, reverse=reverse): stable, also when it is reversed. The key is a Func or nil.
func Sorted(items []any, key any, reverse bool) ([]any, error) {
	keys := make([]any, len(items))
	copy(keys, items)
	if fn, ok := key.(Func); ok {
		for i, item := range items {
			k, err := fn([]any{item}, nil)
			if err != nil {
				return nil, err
			}
			keys[i] = k
		}
	}
	return SortedBy(items, keys, reverse)
}

// SortedBy sorts items by the keys that stand at the same places.
func SortedBy(items, keys []any, reverse bool) ([]any, error) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	var failed error
	sort.SliceStable(order, func(i, j int) bool {
		a, b := keys[order[i]], keys[order[j]]
		if reverse {
			a, b = b, a
		}
		less, err := Order("<", a, b)
		if err != nil && failed == nil {
			failed = err
		}
		return less
	})
	if failed != nil {
		return nil, failed
	}
	out := make([]any, len(items))
	for i, at := range order {
		out[i] = items[at]
	}
	return out, nil
}
