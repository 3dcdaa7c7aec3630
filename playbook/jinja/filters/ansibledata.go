package filters

import (
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func ansibleData() map[string]Func {
	return map[string]Func{
		"bool":            emptyWhenLenient(Strict("to_bool(a)", func(_ Env, a *value.Args) (any, error) { return ToBool(a.Any("a")), nil })),
		"type_debug":      Lenient("type_debug(o)", func(_ Env, a *value.Args) (any, error) { return value.TypeName(a.Any("o")), nil }),
		"ternary":         Lenient("ternary(value, true_val, false_val, none_val=None)", ternary),
		"mandatory":       Lenient("mandatory(a, msg=None)", mandatory),
		"combine":         combine,
		"extract":         Lenient("extract(item, container, morekeys=None)", extract),
		"dict2items":      Whole("dict2items(mydict, key_name='key', value_name='value')", dictToItems),
		"items2dict":      Strict("items2dict(mylist, key_name='key', value_name='value')", itemsToDict),
		"subelements":     Whole("subelements(obj, subelements, skip_missing=False)", subelements),
		"rekey_on_member": Whole("rekey_on_member(data, key, duplicates='error')", rekeyOnMember),
	}
}

// ToBool is Ansible's idea of a boolean: none and booleans stay, and only a few words and the number one are true.
func ToBool(v any) any {
	switch x := v.(type) {
	case nil, bool:
		return v
	case string:
		switch value.Lower(x) {
		case "yes", "on", "1", "true":
			return true
		}
		return false
	}
	return value.Equal(v, 1)
}

func ternary(_ Env, a *value.Args) (any, error) {
	v := a.Any("value")
	if err := value.Defined(v); err != nil {
		return nil, err
	}
	switch {
	case v == nil && a.Any("none_val") != nil:
		return a.Any("none_val"), nil
	case value.Truth(v):
		return a.Any("true_val"), nil
	}
	return a.Any("false_val"), nil
}

func mandatory(_ Env, a *value.Args) (any, error) {
	u, missing := a.Any("a").(*value.Undefined)
	if !missing {
		return a.Any("a"), nil
	}
	if a.Any("msg") != nil {
		return nil, errorf("%s", a.Str("msg"))
	}
	name := ""
	if u.Name != "" {
		name = "'" + u.Name + "' "
	}
	return nil, errorf("Mandatory variable %s not defined.", name)
}

func extract(env Env, a *value.Args) (any, error) {
	keys := []any{a.Any("item")}
	switch more := a.Any("morekeys").(type) {
	case nil:
	case *value.List:
		keys = append(keys, more.Items...)
	default:
		keys = append(keys, more)
	}
	v := a.Any("container")
	if err := value.Defined(keys...); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if _, missing := v.(*value.Undefined); missing {
			break // what an undefined value contains is undefined as it is
		}
		var err error
		if v, err = env.GetItem(v, k); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func dictToItems(_ Env, a *value.Args) (any, error) {
	d, ok := a.Any("mydict").(*value.Dict)
	if !ok {
		return nil, errorf("dict2items requires a dictionary, got %s instead.", pythonClass(a.Any("mydict")))
	}
	out := make([]any, 0, d.Len())
	for k, v := range d.All() {
		out = append(out, value.DictOf(a.Any("key_name"), k, a.Any("value_name"), v))
	}
	return list(out), nil
}

func pythonClass(v any) string { return "<class '" + value.TypeName(v) + "'>" }

// sequence returns the items of a list or tuple, but not of text.
func sequence(v any) ([]any, bool) {
	switch x := v.(type) {
	case *value.List:
		return x.Items, true
	case *value.Tuple:
		return x.Items, true
	}
	return nil, false
}

func itemsToDict(_ Env, a *value.Args) (any, error) {
	items, ok := sequence(a.Any("mylist"))
	if !ok {
		return nil, errorf("items2dict requires a list, got %s instead.", pythonClass(a.Any("mylist")))
	}
	out := value.NewDict()
	for _, item := range items {
		k, hasKey, err := value.GetItem(item, a.Any("key_name"))
		if err != nil {
			return nil, errorf("items2dict requires a list of dictionaries, got %s instead.", value.Str(a.Any("mylist")))
		}
		v, hasValue, _ := value.GetItem(item, a.Any("value_name"))
		if !hasKey || !hasValue {
			return nil, errorf("items2dict requires each dictionary in the list to contain the keys '%s' and '%s', got %s instead.",
				a.Str("key_name"), a.Str("value_name"), value.Str(a.Any("mylist")))
		}
		if err := errors.Join(value.Defined(k), value.Hashable(k)); err != nil {
			return nil, err
		}
		out.Set(k, v)
	}
	return out, nil
}

func subelements(_ Env, a *value.Args) (any, error) {
	var elements, path []any
	switch x := a.Any("obj").(type) {
	case *value.Dict:
		for _, v := range x.All() {
			elements = append(elements, v)
		}
	case *value.List:
		elements = x.Items
	default:
		return nil, errorf("obj must be a list of dicts or a nested dict")
	}
	switch x := a.Any("subelements").(type) {
	case *value.List:
		path = x.Items
	case string:
		for part := range strings.SplitSeq(x, ".") {
			path = append(path, part)
		}
	default:
		return nil, errorf("subelements must be a list or a string")
	}
	out := []any{}
	for _, element := range elements {
		values, err := subelement(element, path, a.Bool("skip_missing"))
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			out = append(out, tuple(element, v))
		}
	}
	return list(out), nil
}

func subelement(element any, path []any, skipMissing bool) ([]any, error) {
	v := element
	for _, key := range path {
		next, ok, err := value.GetItem(v, key)
		switch {
		case err != nil:
			return nil, errorf("the key %s should point to a dictionary, got '%s'", value.Str(key), value.Str(v))
		case !ok && skipMissing:
			return nil, nil
		case !ok:
			return nil, errorf("could not find %s key in iterated item %s", value.Repr(key), value.Repr(v))
		}
		v = next
	}
	l, ok := v.(*value.List)
	if !ok {
		return nil, errorf("the key %s should point to a list, got %s", value.Repr(path[len(path)-1]), value.Repr(v))
	}
	return l.Items, nil
}

func rekeyOnMember(_ Env, a *value.Args) (any, error) {
	key, duplicates := a.Any("key"), a.Any("duplicates")
	if duplicates != "error" && duplicates != "overwrite" {
		return nil, errorf("duplicates parameter to rekey_on_member has unknown value: %s", value.Str(duplicates))
	}
	var items []any
	switch x := a.Any("data").(type) {
	case *value.Dict:
		for _, v := range x.All() {
			items = append(items, v)
		}
	case string, value.Bytes:
		return nil, errorf("Type is not a valid list, set, or dict")
	default:
		var err error
		if items, err = value.Iterate(x); err != nil {
			return nil, errorf("Type is not a valid list, set, or dict")
		}
	}
	out := value.NewDict()
	for _, item := range items {
		d, ok := item.(*value.Dict)
		if !ok {
			return nil, errorf("List item is not a valid dict")
		}
		k, ok := d.Get(key)
		if !ok {
			return nil, errorf("Key %s was not found", value.Str(key))
		}
		if err := value.Hashable(k); err != nil {
			return nil, err
		}
		if _, taken := out.Get(k); taken && duplicates == "error" {
			return nil, errorf("Key %s is not unique, cannot correctly turn into dict", value.Str(k))
		}
		out.Set(k, d)
	}
	return out, nil
}

// combine merges mappings, the later over the earlier.
func combine(_ Env, args []any, kw *value.Dict) (any, error) {
	m := merger{lists: "replace"}
	for k, v := range kw.All() {
		switch k {
		case "recursive":
			m.recursive = value.Truth(v)
		case "list_merge":
			m.lists = value.Str(v)
		default:
			return nil, errorf("'recursive' and 'list_merge' are the only valid keyword arguments")
		}
	}
	if !mergeModes[m.lists] {
		return nil, errorf("merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'")
	}
	terms, err := flattenItems(args, 1, true)
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		if err := allDefined(t, 0); err != nil {
			return nil, err
		}
	}
	for i, t := range terms {
		if d, ok, err := value.AsDict(t); err != nil {
			return nil, err
		} else if ok {
			terms[i] = d
		}
	}
	switch len(terms) {
	case 0:
		return value.NewDict(), nil
	case 1:
		return terms[0], nil
	}
	result := terms[len(terms)-1]
	for i := len(terms) - 2; i >= 0; i-- {
		low, lowOK := terms[i].(*value.Dict)
		high, highOK := result.(*value.Dict)
		if !lowOK || !highOK {
			return nil, errorf("failed to combine variables, expected dicts but got a '%s' and a '%s': \n%s\n%s",
				value.TypeName(terms[i]), value.TypeName(result), value.Repr(terms[i]), value.Repr(result))
		}
		result = m.merge(low, high)
	}
	return result, nil
}

// allDefined looks for undefined values inside of mappings and lists.
func allDefined(v any, depth int) error {
	if depth > 200 {
		return fmt.Errorf("the value is nested too deeply")
	}
	items, isList := sequence(v)
	if d, ok := v.(*value.Dict); ok {
		for _, item := range d.All() {
			if err := allDefined(item, depth+1); err != nil {
				return err
			}
		}
	}
	if isList {
		for _, item := range items {
			if err := allDefined(item, depth+1); err != nil {
				return err
			}
		}
	}
	return value.Defined(v)
}
