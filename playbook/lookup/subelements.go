package lookup

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

func subelements(c *call) ([]any, error) {
	fail := func(why string) error {
		return errorf("subelements lookup expects a list of two or three items, %s", why)
	}
	if len(c.terms) < 2 || len(c.terms) > 3 {
		return nil, fail("")
	}
	path, isText := c.terms[1].(string)
	var elements []any
	switch x := c.terms[0].(type) {
	case string, int, float64, bool:
		elements = []any{x}
	case *value.Dict:
		if skipped, ok := x.Get("skipped"); ok && skipped != false {
			return []any{}, nil
		}
		for _, v := range x.All() {
			elements = append(elements, v)
		}
	case *value.List:
		elements = x.Items
	default:
		isText = false
	}
	if !isText {
		return nil, fail("first a dict or a list, second a string pointing to the subkey")
	}
	skipMissing := false
	if len(c.terms) == 3 {
		flags, ok := c.terms[2].(*value.Dict)
		if !ok {
			return nil, fail("the optional third item must be a dict with flags ('skip_missing',)")
		}
		flag, _ := flags.Get("skip_missing")
		skipMissing = filters.ToBool(flag) == true
	}
	out := []any{}
	for _, e := range elements {
		pairs, err := elementPairs(e, strings.Split(path, "."), skipMissing)
		if err != nil {
			return nil, err
		}
		out = append(out, pairs...)
	}
	return out, nil
}

// elementPairs pairs an element, without the list that the path leads to, with each item of the list.
func elementPairs(element any, path []string, skipMissing bool) ([]any, error) {
	d, ok := element.(*value.Dict)
	if !ok {
		return nil, errorf("subelements lookup expects a dictionary, got '%s'", value.Str(element))
	}
	if skipped, has := d.Get("skipped"); has && skipped != false {
		return nil, nil
	}
	whole := d.Clone()
	inner := whole
	for i, key := range path {
		v, has := inner.Get(key)
		if !has {
			if skipMissing {
				return nil, nil
			}
			return nil, errorf("could not find '%s' key in iterated item '%s'", key, value.Str(inner))
		}
		if i == len(path)-1 {
			l, isList := v.(*value.List)
			if !isList {
				return nil, errorf("the key %s should point to a list, got '%s'", key, value.Str(v))
			}
			inner.Delete(key)
			out := make([]any, len(l.Items))
			for j, item := range l.Items {
				out[j] = &value.Tuple{Items: []any{whole, item}}
			}
			return out, nil
		}
		next, isDict := v.(*value.Dict)
		if !isDict {
			if skipMissing {
				return nil, nil
			}
			return nil, errorf("the key %s should point to a dictionary, got '%s'", key, value.Str(v))
		}
		next = next.Clone()
		inner.Set(key, next)
		inner = next
	}
	return nil, nil
}
