package filters

import "github.com/musterhq/muster/internal/value"

// listsMergeBy merges lists of mappings by the value that an attribute has in them; the last argument names it.
func listsMergeBy(_ Env, args []any, kw *value.Dict) (any, error) {
	m := merger{lists: "replace"}
	for k, v := range kw.All() {
		switch k {
		case "recursive":
			m.recursive = value.Truth(v)
		case "list_merge":
			m.lists = value.Str(v)
		default:
			return nil, errorf("'recursive' and 'list_merge' are the only valid keyword arguments.")
		}
	}
	if err := value.Defined(args...); err != nil {
		return nil, err
	}
	if len(args) < 2 {
		return nil, errorf("At least one list and index are needed.")
	}
	lists, err := mergeLists(args[:len(args)-1])
	if err != nil {
		return nil, err
	}
	switch len(lists) {
	case 0:
		return list(nil), nil
	case 1:
		return list(lists[0]), nil
	}
	index, ok := args[len(args)-1].(string)
	if !ok {
		return nil, errorf("First argument after the lists for community.general.lists_mergeby must be string. %s is %s",
			value.Str(args[len(args)-1]), pythonClass(args[len(args)-1]))
	}
	result := lists[len(lists)-1]
	for i := len(lists) - 2; i >= 0; i-- {
		if result, err = m.byIndex(lists[i], result, index); err != nil {
			return nil, err
		}
	}
	return list(result), nil
}

// mergeLists takes lists, and lists of lists.
func mergeLists(args []any) ([][]any, error) {
	var lists [][]any
	for _, arg := range args {
		items, ok := sequence(arg)
		if !ok {
			return nil, errorf("All arguments before the argument index for community.general.lists_mergeby must be lists. %s is %s",
				value.Str(arg), pythonClass(arg))
		}
		var inner [][]any
		for _, item := range items {
			if l, isList := sequence(item); isList {
				inner = append(inner, l)
			}
		}
		switch {
		case len(items) == 0:
		case len(inner) == len(items):
			lists = append(lists, inner...)
		default:
			lists = append(lists, items)
		}
	}
	return lists, nil
}

func (m merger) byIndex(low, high []any, index string) ([]any, error) {
	found := value.NewDict()
	for _, items := range [][]any{low, high} {
		for _, item := range items {
			d, ok := item.(*value.Dict)
			if !ok {
				return nil, errorf("Elements of list arguments for lists_mergeby must be dictionaries. %s is %s", value.Str(item), pythonClass(item))
			}
			k, ok := d.Get(index)
			if !ok {
				continue
			}
			if err := value.Hashable(k); err != nil {
				return nil, err
			}
			old, has := found.Get(k)
			if !has {
				old = value.NewDict()
			}
			merged := old.(*value.Dict).Clone()
			merged.Merge(m.merge(old.(*value.Dict), d))
			found.Set(k, merged)
		}
	}
	var out, keys []any
	for k, v := range found.All() {
		out, keys = append(out, v), append(keys, k)
	}
	return value.SortedBy(out, keys, false)
}
