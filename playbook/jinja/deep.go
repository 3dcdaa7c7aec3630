package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// maxNesting is how deep lists and mappings may be nested in each other.
const maxNesting = 500

// deep renders every Template inside a value. A value without any is returned as it is, not copied.
func (ev *evaluation) deep(v any, depth int) (any, error) {
	switch x := v.(type) {
	case nil, bool, int, float64, string:
		return v, nil
	case nativeText:
		return string(x), nil
	case value.Template:
		out, err := ev.nested(x)
		if n, ok := out.(nativeText); ok {
			out = string(n)
		}
		return out, err
	case value.Vault:
		out, err := ev.force(x, "")
		if err != nil {
			return nil, err
		}
		if u, ok := out.(*value.Undefined); ok {
			return nil, undefinedError(u)
		}
		return ev.deep(out, depth+1)
	case *value.List, *value.Dict, *value.Tuple:
		if depth > maxNesting {
			return nil, errorf("a list or mapping is nested too deeply: does it contain itself?")
		}
		if !ev.hasTemplates(v, 0) {
			return v, nil
		}
		return ev.rendered(v, depth)
	}
	return v, nil
}

// rendered copies a list or mapping with everything in it rendered.
func (ev *evaluation) rendered(v any, depth int) (any, error) {
	switch x := v.(type) {
	case *value.List:
		items, err := ev.renderedItems(x.Items, depth)
		return &value.List{Items: items}, err
	case *value.Tuple:
		items, err := ev.renderedItems(x.Items, depth)
		return &value.Tuple{Items: items}, err
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			r, err := ev.deep(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(k, r)
		}
		return out, nil
	}
	return ev.deep(v, depth)
}

func (ev *evaluation) renderedItems(items []any, depth int) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		r, err := ev.deep(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// worthRemembering is the size from which a container without templates is remembered, not searched again.
const worthRemembering = 32

// hasTemplates tells whether there is something to render inside a list or mapping.
func (ev *evaluation) hasTemplates(v any, depth int) bool {
	if depth > maxNesting {
		return true
	}
	switch x := v.(type) {
	case nil, bool, int, float64, string:
		return false
	case value.Template, value.Vault, nativeText:
		return true
	case *value.List:
		return ev.searchOnce(x, len(x.Items), func() bool { return ev.anyTemplates(x.Items, depth) })
	case *value.Tuple:
		return ev.anyTemplates(x.Items, depth)
	case *value.Dict:
		return ev.searchOnce(x, x.Len(), func() bool {
			for _, item := range x.All() {
				if ev.hasTemplates(item, depth+1) {
					return true
				}
			}
			return false
		})
	}
	return false
}

func (ev *evaluation) anyTemplates(items []any, depth int) bool {
	for _, item := range items {
		switch item.(type) {
		case nil, bool, int, float64, string:
			continue
		}
		if ev.hasTemplates(item, depth+1) {
			return true
		}
	}
	return false
}

func (ev *evaluation) searchOnce(container any, size int, search func() bool) bool {
	if size < worthRemembering {
		return search()
	}
	if _, ok := ev.plain[container]; ok {
		return false
	}
	if search() {
		return true
	}
	if ev.plain == nil {
		ev.plain = map[any]struct{}{}
	}
	ev.plain[container] = struct{}{}
	return false
}

// ownCopy renders and copies a list or mapping, so that a template may change it without changing the variable.
func (ev *evaluation) ownCopy(v any) (any, error) {
	out, err := ev.copied(v, 0)
	if u, ok := asUndefined(err); ok {
		return &value.Undefined{Name: u.Name, Hint: u.Message, Pos: u.Pos}, nil
	}
	return out, err
}

func (ev *evaluation) copied(v any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errorf("a list or mapping is nested too deeply: does it contain itself?")
	}
	switch x := v.(type) {
	case *value.List:
		items, err := ev.copiedItems(x.Items, depth)
		return &value.List{Items: items}, err
	case *value.Tuple:
		items, err := ev.copiedItems(x.Items, depth)
		return &value.Tuple{Items: items}, err
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			c, err := ev.copied(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(k, c)
		}
		return out, nil
	}
	return ev.deep(v, depth)
}

func (ev *evaluation) copiedItems(items []any, depth int) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		c, err := ev.copied(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}
