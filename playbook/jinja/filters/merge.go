package filters

import "github.com/musterhq/muster/internal/value"

// merger merges mappings as hash_behaviour and combine do.
type merger struct {
	recursive bool
	lists     string // what becomes of lists that both have
}

var mergeModes = map[string]bool{
	"replace": true, "keep": true, "append": true, "prepend": true, "append_rp": true, "prepend_rp": true,
}

// merge returns low with the entries of high; neither is changed.
func (m merger) merge(low, high *value.Dict) *value.Dict {
	if low.Len() == 0 || value.Equal(low, high) {
		return high.Clone()
	}
	if high.Len() == 0 {
		return low
	}
	out := low.Clone()
	for k, v := range high.All() {
		old, has := out.Get(k)
		if !has || !m.recursive && m.lists == "replace" {
			out.Set(k, v)
			continue
		}
		out.Set(k, m.value(old, v))
	}
	return out
}

func (m merger) value(low, high any) any {
	lowDict, isDict := low.(*value.Dict)
	highDict, both := high.(*value.Dict)
	if isDict && both {
		if m.recursive {
			return m.merge(lowDict, highDict)
		}
		return high
	}
	lowList, isList := low.(*value.List)
	highList, both := high.(*value.List)
	if isList && both {
		return m.list(lowList, highList)
	}
	return high
}

func (m merger) list(low, high *value.List) any {
	join := func(a, b []any) *value.List { return list(append(append([]any{}, a...), b...)) }
	switch m.lists {
	case "append":
		return join(low.Items, high.Items)
	case "prepend":
		return join(high.Items, low.Items)
	case "append_rp":
		return join(without(low.Items, high.Items), high.Items)
	case "prepend_rp":
		return join(high.Items, without(low.Items, high.Items))
	case "keep":
		return low
	}
	return high
}

// without returns the items that are not among others.
func without(items, others []any) []any {
	has := newMembers(others)
	out := []any{}
	for _, item := range items {
		if !has.contains(item) {
			out = append(out, item)
		}
	}
	return out
}

// members answers quickly whether a value is among others: by hash when it has one, else by comparing.
type members struct {
	index *value.Dict
	rest  []any
}

func newMembers(items []any) *members {
	m := &members{index: value.NewDict()}
	for _, item := range items {
		m.add(item)
	}
	return m
}

func (m *members) add(item any) {
	if value.Hashable(item) == nil {
		m.index.Set(item, nil)
	} else {
		m.rest = append(m.rest, item)
	}
}

func (m *members) contains(item any) bool {
	if value.Hashable(item) == nil {
		_, ok := m.index.Get(item)
		return ok
	}
	for _, other := range m.rest {
		if value.Equal(item, other) {
			return true
		}
	}
	return false
}
