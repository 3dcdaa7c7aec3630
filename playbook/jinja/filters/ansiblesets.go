package filters

import (
	"errors"

	"github.com/musterhq/muster/internal/value"
)

func ansibleSets() map[string]Func {
	return map[string]Func{
		"unique":               Strict("unique(a, case_sensitive=None, attribute=None)", unique),
		"union":                Strict("union(a, b)", union),
		"intersect":            Strict("intersect(a, b)", filterBy(true)),
		"difference":           Strict("difference(a, b)", filterBy(false)),
		"symmetric_difference": Strict("symmetric_difference(a, b)", symmetricDifference),
	}
}

// unique keeps the first of equal items. Ansible ignores the case of text here unless it is told not to, but not when
// an item is a list or a mapping.
func unique(env Env, a *value.Args) (any, error) {
	items := a.Items("a")
	if a.Err() != nil {
		return nil, a.Err()
	}
	caseSensitive, attribute := a.Bool("case_sensitive"), a.Any("attribute")
	keys, err := newGetter(env, attribute, false).keys(items, caseSensitive)
	var missing *value.UndefinedError
	if value.Truth(attribute) && errors.As(err, &missing) {
		return nil, errorf("Jinja2's unique filter failed and we cannot fall back to Ansible's version "+
			"as it does not support the parameters supplied. %v", err)
	}
	if err == nil {
		err = value.Defined(keys...)
	}
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if value.Hashable(k) == nil {
			continue
		}
		if a.Any("case_sensitive") == false || value.Truth(attribute) {
			return nil, errorf("Jinja2's unique filter failed and we cannot fall back to Ansible's version " +
				"as it does not support the parameters supplied")
		}
		return list(distinct(items, items)), nil
	}
	return list(distinct(items, keys)), nil
}

// distinct returns the items whose keys no earlier item has.
func distinct(items, keys []any) []any {
	seen := newMembers(nil)
	out := []any{}
	for i, item := range items {
		if !seen.contains(keys[i]) {
			seen.add(keys[i])
			out = append(out, item)
		}
	}
	return out
}

// hashableItems returns the items of both operands when Python makes sets of them: tuples and texts.
func hashableItems(a *value.Args) (x, y []any, ok bool) {
	for _, name := range []string{"a", "b"} {
		switch a.Any(name).(type) {
		case *value.Tuple, string, value.Bytes:
		default:
			return nil, nil, false
		}
	}
	return a.Items("a"), a.Items("b"), true
}

func union(_ Env, a *value.Args) (any, error) {
	if x, y, ok := hashableItems(a); ok {
		return value.NewSet(append(append([]any{}, x...), y...)...), nil
	}
	all, err := value.Binary("+", a.Any("a"), a.Any("b"))
	if err != nil {
		return nil, err
	}
	items, err := value.Iterate(all)
	return list(distinct(items, items)), err
}

func filterBy(present bool) Body {
	return func(_ Env, a *value.Args) (any, error) {
		items, err := filterItems(a, present)
		if err != nil {
			return nil, err
		}
		if _, _, ok := hashableItems(a); ok {
			return value.NewSet(items...), nil
		}
		return list(distinct(items, items)), nil
	}
}

// filterItems returns the items of a that b has, or those it has not.
func filterItems(a *value.Args, present bool) ([]any, error) {
	items := a.Items("a")
	if a.Err() != nil {
		return nil, a.Err()
	}
	has, err := membership(a.Any("b"))
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, item := range items {
		in, err := has(item)
		if err != nil {
			return nil, err
		}
		if in == present {
			out = append(out, item)
		}
	}
	return out, nil
}

func membership(container any) (func(any) (bool, error), error) {
	if items, ok := sequence(container); ok {
		m := newMembers(items)
		return func(item any) (bool, error) { return m.contains(item), nil }, nil
	}
	return func(item any) (bool, error) { return value.Contains(container, item) }, nil
}

func symmetricDifference(_ Env, a *value.Args) (any, error) {
	if x, y, ok := hashableItems(a); ok {
		both := without(x, without(x, y))
		return value.NewSet(without(append(append([]any{}, x...), y...), both)...), nil
	}
	both, err := filterItems(a, true)
	if err != nil {
		return nil, err
	}
	all, err := value.Binary("+", a.Any("a"), a.Any("b"))
	if err != nil {
		return nil, err
	}
	items, err := value.Iterate(all)
	return list(without(distinct(items, items), both)), err
}
