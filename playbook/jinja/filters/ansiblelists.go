package filters

import "github.com/musterhq/muster/internal/value"

func ansibleLists() map[string]Func {
	return map[string]Func{
		"flatten":      Strict("flatten(mylist, levels=None, skip_nulls=True)", flatten),
		"zip":          Strict("zip(*iterables, strict=False)", zip),
		"zip_longest":  Strict("zip_longest(*iterables, fillvalue=None)", zipLongest),
		"product":      Strict("product(*iterables, repeat=1)", product),
		"permutations": Strict("permutations(iterable, r=None)", permutations),
		"combinations": Strict("combinations(iterable, r)", combinations),
	}
}

func flatten(_ Env, a *value.Args) (any, error) {
	levels := -1
	if a.Any("levels") != nil {
		levels = max(a.Int("levels"), 0)
	}
	items := a.Items("mylist")
	if a.Err() != nil {
		return nil, a.Err()
	}
	out, err := flattenItems(items, levels, a.Bool("skip_nulls"))
	return list(out), err
}

// flattenItems puts the items of nested lists in their place, levels deep; a negative number means all.
func flattenItems(items []any, levels int, skipNulls bool) ([]any, error) {
	return flattenInto([]any{}, items, levels, skipNulls, 0)
}

func flattenInto(out, items []any, levels int, skipNulls bool, depth int) ([]any, error) {
	if depth > 500 {
		return nil, errorf("flatten: the list is nested too deeply")
	}
	var err error
	for _, item := range items {
		if skipNulls && (item == nil || item == "None" || item == "null") {
			continue
		}
		if err := value.Defined(item); err != nil {
			return nil, err
		}
		inner, ok := sequence(item)
		if !ok || levels == 0 {
			out = append(out, item)
			continue
		}
		if out, err = flattenInto(out, inner, levels-1, skipNulls, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxCombinations bounds the lists that products and permutations give.
const maxCombinations = 5_000_000

func tooMany() error { return errorf("the result would have more than %d items", maxCombinations) }

// columns are the items of each of several iterables.
func columns(iterables []any) ([][]any, error) {
	out := make([][]any, len(iterables))
	for i, it := range iterables {
		items, err := value.Iterate(it)
		if err != nil {
			return nil, err
		}
		out[i] = items
	}
	return out, nil
}

func zip(_ Env, a *value.Args) (any, error) {
	cols, err := columns(a.Rest)
	if err != nil || len(cols) == 0 {
		return list(nil), err
	}
	shortest := len(cols[0])
	for i, c := range cols {
		if a.Bool("strict") && len(c) != len(cols[0]) {
			return nil, &value.ValueError{Message: "zip() argument " + value.Repr(i+1) + " has another length than argument 1"}
		}
		shortest = min(shortest, len(c))
	}
	return rows(cols, shortest, nil), nil
}

func zipLongest(_ Env, a *value.Args) (any, error) {
	cols, err := columns(a.Rest)
	longest := 0
	for _, c := range cols {
		longest = max(longest, len(c))
	}
	return rows(cols, longest, a.Any("fillvalue")), err
}

func rows(cols [][]any, count int, fill any) any {
	out := make([]any, count)
	for i := range out {
		row := make([]any, len(cols))
		for j, c := range cols {
			row[j] = fill
			if i < len(c) {
				row[j] = c[i]
			}
		}
		out[i] = tuple(row...)
	}
	return list(out)
}

func product(_ Env, a *value.Args) (any, error) {
	cols, err := columns(a.Rest)
	if err != nil {
		return nil, err
	}
	times := a.Int("repeat")
	if a.Err() != nil || times < 0 || times > 64 {
		return nil, errorf("product: repeat must be a small number")
	}
	var all [][]any
	for range times {
		all = append(all, cols...)
	}
	out := [][]any{{}}
	for _, c := range all {
		if len(out)*len(c) > maxCombinations {
			return nil, tooMany()
		}
		next := make([][]any, 0, len(out)*len(c))
		for _, row := range out {
			for _, item := range c {
				next = append(next, append(row[:len(row):len(row)], item))
			}
		}
		out = next
	}
	return tuples(out), nil
}

func tuples(rows [][]any) any {
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = tuple(row...)
	}
	return list(out)
}

func permutations(_ Env, a *value.Args) (any, error) {
	items := a.Items("iterable")
	r := len(items)
	if a.Any("r") != nil {
		r = a.Int("r")
	}
	if a.Err() != nil {
		return nil, a.Err()
	}
	if r < 0 {
		return nil, &value.ValueError{Message: "r must be non-negative"}
	}
	return choose(items, r, false)
}

func combinations(_ Env, a *value.Args) (any, error) {
	items, r := a.Items("iterable"), a.Int("r")
	if a.Err() != nil {
		return nil, a.Err()
	}
	if r < 0 {
		return nil, &value.ValueError{Message: "r must be non-negative"}
	}
	return choose(items, r, true)
}

// choose lists the ways to take r items, in the order of their positions; ascending takes each set of items once.
func choose(items []any, r int, ascending bool) (any, error) {
	var out [][]any
	used := make([]bool, len(items))
	row := make([]any, 0, min(r, len(items)))
	var take func(from int) error
	take = func(from int) error {
		if len(row) == r {
			if len(out) >= maxCombinations {
				return tooMany()
			}
			out = append(out, append([]any{}, row...))
			return nil
		}
		for i := from; i < len(items); i++ {
			if used[i] {
				continue
			}
			used[i] = true
			row = append(row, items[i])
			next := 0
			if ascending {
				next = i + 1
			}
			if err := take(next); err != nil {
				return err
			}
			row = row[:len(row)-1]
			used[i] = false
		}
		return nil
	}
	const mostChosen = 1000 // one way of choosing that many is as long as a list may get
	switch {
	case r > len(items):
		return list(nil), nil
	case r > mostChosen:
		return nil, tooMany()
	}
	err := take(0)
	return tuples(out), err
}
