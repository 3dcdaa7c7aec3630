package lookup

import (
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyrandom"
)

// listItems returns the items of a list or tuple.
func listItems(v any) ([]any, bool) {
	switch x := v.(type) {
	case *value.List:
		return x.Items, true
	case *value.Tuple:
		return x.Items, true
	}
	return nil, false
}

// flattenOnce puts the items of lists in their place, one level deep.
func flattenOnce(terms []any) []any {
	out := []any{}
	for _, t := range terms {
		if inner, ok := listItems(t); ok {
			out = append(out, inner...)
		} else {
			out = append(out, t)
		}
	}
	return out
}

func items(c *call) ([]any, error) { return flattenOnce(c.terms), nil }

func list(c *call) ([]any, error) { return c.terms, nil }

func indexedItems(c *call) ([]any, error) {
	out := flattenOnce(c.terms)
	for i, item := range out {
		out[i] = &value.Tuple{Items: []any{i, item}}
	}
	return out, nil
}

func dict(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		d, ok, err := value.AsDict(t)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errorf("with_dict expects a dict")
		}
		for k, v := range d.All() {
			out = append(out, value.DictOf("key", k, "value", v))
		}
	}
	return out, nil
}

// maxItems bounds what lookups that multiply may give.
const maxItems = 5_000_000

// terms of lists: what is no list stands for a list of one item.
func (c *call) lists() [][]any {
	out := make([][]any, len(c.terms))
	for i, t := range c.terms {
		if inner, ok := listItems(t); ok {
			out[i] = inner
		} else {
			out[i] = []any{t}
		}
	}
	return out
}

func nested(c *call) ([]any, error) {
	lists := c.lists()
	if len(lists) == 0 {
		return nil, errorf("with_nested requires at least one element in the nested list")
	}
	rows := [][]any{}
	for _, item := range lists[0] {
		rows = append(rows, flattenOnce([]any{item}))
	}
	for _, l := range lists[1:] {
		if len(rows)*len(l) > maxItems {
			return nil, errorf("with_nested would have more than %d items", maxItems)
		}
		next := make([][]any, 0, len(rows)*len(l))
		for _, row := range rows {
			for _, item := range l {
				next = append(next, append(slices.Clone(row), flattenOnce([]any{item})...))
			}
		}
		rows = next
	}
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = value.NewList(flattenOnce(row)...)
	}
	return out, nil
}

func together(c *call) ([]any, error) {
	lists := c.lists()
	if len(lists) == 0 {
		return nil, errorf("with_together requires at least one element in each list")
	}
	longest := 0
	for _, l := range lists {
		longest = max(longest, len(l))
	}
	out := make([]any, longest)
	for i := range out {
		row := make([]any, len(lists))
		for j, l := range lists {
			if i < len(l) {
				row[j] = l[i]
			}
		}
		out[i] = value.NewList(flattenOnce(row)...)
	}
	return out, nil
}

func randomChoice(c *call) ([]any, error) {
	if len(c.terms) == 0 {
		return c.terms, nil
	}
	return []any{c.terms[pyrandom.System().Below(len(c.terms))]}, nil
}

// inventoryHostnames takes patterns, alone or in lists; patterns that match nothing give nothing.
func inventoryHostnames(c *call) ([]any, error) {
	var patterns []string
	for _, t := range flattenOnce(c.terms) {
		patterns = append(patterns, value.Str(t))
	}
	names, err := c.env.Hosts(strings.Join(patterns, ","))
	if err != nil {
		return []any{}, nil
	}
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out, nil
}
