package filters

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyregex"
)

// keyMatch says whether a key is meant by a target, in one of the ways that the filters of keys offer.
func keyMatch(how, target string) (func(key string) (bool, error), error) {
	switch how {
	case "", "equality", "equal":
		return func(key string) (bool, error) { return key == target, nil }, nil
	case "starts_with":
		return func(key string) (bool, error) { return strings.HasPrefix(key, target), nil }, nil
	case "ends_with":
		return func(key string) (bool, error) { return strings.HasSuffix(key, target), nil }, nil
	case "regex":
		re, err := pyregex.Compile(target, pyregex.Flags{})
		if err != nil {
			return nil, err
		}
		return re.MatchStart, nil
	}
	return nil, errorf("matching_parameter must be one of equality, starts_with, ends_with, regex, not %s", how)
}

// keyMatches are the targets of a call.
func keyMatches(a *value.Args) ([]func(string) (bool, error), error) {
	targets := []any{a.Any("target")}
	if items, ok := sequence(a.Any("target")); ok {
		targets = items
	}
	var out []func(string) (bool, error)
	for _, t := range targets {
		m, err := keyMatch(a.Str("matching_parameter"), value.Str(t))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func anyMatch(matches []func(string) (bool, error), key any) (bool, error) {
	for _, m := range matches {
		if ok, err := m(value.Str(key)); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// generalKeyFilters are those of community.general: they work on the keys of mappings in a list, not deeper.
func generalKeyFilters() map[string]Func {
	choose := func(keep bool) Body {
		return func(_ Env, a *value.Args) (any, error) {
			matches, err := keyMatches(a)
			if err != nil {
				return nil, err
			}
			return eachMapping(a.Items("data"), func(d *value.Dict) (*value.Dict, error) {
				out := value.NewDict()
				for k, v := range d.All() {
					ok, err := anyMatch(matches, k)
					if err != nil {
						return nil, err
					}
					if ok == keep {
						out.Set(k, v)
					}
				}
				return out, nil
			})
		}
	}
	return map[string]Func{
		"keep_keys":   Strict("keep_keys(data, target=None, matching_parameter='equal')", choose(true)),
		"remove_keys": Strict("remove_keys(data, target=None, matching_parameter='equal')", choose(false)),
		"replace_keys": Strict("replace_keys(data, target=None, matching_parameter='equal')", func(_ Env, a *value.Args) (any, error) {
			return eachMapping(a.Items("data"), func(d *value.Dict) (*value.Dict, error) { return renamed(d, a) })
		}),
	}
}

func eachMapping(items []any, change func(d *value.Dict) (*value.Dict, error)) (any, error) {
	out := []any{}
	for _, item := range items {
		d, ok := item.(*value.Dict)
		if !ok {
			return nil, errorf("all items of the list must be dictionaries, but %s is %s", value.Str(item), pythonClass(item))
		}
		changed, err := change(d)
		if err != nil {
			return nil, err
		}
		out = append(out, changed)
	}
	return list(out), nil
}

// renamed replaces the keys that the targets' before means by their after.
func renamed(d *value.Dict, a *value.Args) (*value.Dict, error) {
	targets := []any{a.Any("target")}
	if items, ok := sequence(a.Any("target")); ok {
		targets = items
	}
	out := d.Clone()
	for _, t := range targets {
		target, ok := t.(*value.Dict)
		if !ok {
			return nil, errorf("target must be a list of dictionaries with before and after")
		}
		before, _ := target.Get("before")
		after, _ := target.Get("after")
		match, err := keyMatch(a.Str("matching_parameter"), value.Str(before))
		if err != nil {
			return nil, err
		}
		for _, k := range append([]any{}, out.Keys()...) {
			ok, err := match(value.Str(k))
			if err != nil {
				return nil, err
			}
			if ok {
				v, _ := out.Get(k)
				out.Delete(k)
				out.Set(after, v)
			}
		}
	}
	return out, nil
}
