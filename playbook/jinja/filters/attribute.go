package filters

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// getter reads an attribute path such as a.b.0 of items, as map, sort, sum and others are given it.
type getter struct {
	env      Env
	paths    [][]any
	single   bool
	fallback any // for attributes that are not there; nil: none
}

// newGetter reads the attribute argument; several paths, separated by commas, give lists of values when multi.
func newGetter(env Env, attribute any, multi bool) *getter {
	g := &getter{env: env, single: true}
	switch x := attribute.(type) {
	case nil:
		return g
	case string:
		parts := []string{x}
		if multi {
			parts = strings.Split(x, ",")
			g.single = len(parts) == 1
		}
		for _, p := range parts {
			g.paths = append(g.paths, attributePath(p))
		}
	default:
		g.paths = [][]any{{x}}
	}
	return g
}

func attributePath(path string) []any {
	var out []any
	for part := range strings.SplitSeq(path, ".") {
		if n, err := strconv.Atoi(part); err == nil && part != "" && part[0] != '-' && part[0] != '+' {
			out = append(out, n)
		} else {
			out = append(out, part)
		}
	}
	return out
}

// get returns what the paths lead to; the item itself when there is none.
func (g *getter) get(item any) (any, error) {
	if len(g.paths) == 0 {
		return item, nil
	}
	values := make([]any, len(g.paths))
	for i, path := range g.paths {
		v := item
		var err error
		for _, part := range path {
			if err := value.Defined(v); err != nil && g.fallback == nil {
				break
			}
			if v, err = g.env.GetItem(v, part); err != nil {
				return nil, err
			}
			if _, missing := v.(*value.Undefined); missing && g.fallback != nil {
				v = g.fallback
			}
		}
		values[i] = v
	}
	if g.single {
		return values[0], nil
	}
	return list(values), nil
}

// folded is a value as filters compare it when case does not matter.
func folded(v any, caseSensitive bool) any {
	if s, ok := v.(string); ok && !caseSensitive {
		return value.Lower(s)
	}
	return v
}

// keys returns what sort and others compare for each item. A single item is compared with nothing, so that what is undefined
// does not matter.
func (g *getter) keys(items []any, caseSensitive bool) ([]any, error) {
	keys := make([]any, len(items))
	for i, item := range items {
		v, err := g.get(item)
		if err != nil {
			return nil, err
		}
		if err := value.Defined(v); err != nil && len(items) > 1 {
			return nil, err
		}
		if l, ok := v.(*value.List); ok && !g.single {
			for j := range l.Items {
				l.Items[j] = folded(l.Items[j], caseSensitive)
			}
		}
		keys[i] = folded(v, caseSensitive)
	}
	return keys, nil
}

func isInteger(v any) bool {
	switch v.(type) {
	case int, bool, *big.Int:
		return true
	}
	return false
}
