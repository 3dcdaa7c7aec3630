package value

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Len is Python's len(v); text is counted in characters.
func Len(v any) (int, error) {
	switch x := v.(type) {
	case string:
		return utf8.RuneCountInString(x), nil
	case *List:
		return len(x.Items), nil
	case *Tuple:
		return len(x.Items), nil
	case *Dict:
		return x.Len(), nil
	case *Set:
		return len(x.Items), nil
	case Bytes:
		return len(x), nil
	case Vault:
		return utf8.RuneCountInString(x.Ciphertext), nil
	case Mapping:
		return x.Len(), nil
	}
	if err := Defined(v); err != nil {
		return 0, err
	}
	return 0, &TypeError{"object of type '" + TypeName(v) + "' has no len()"}
}

// Iterate returns the items that a for loop visits: the characters of text, the keys of a mapping. The caller must not
// change the slice.
func Iterate(v any) ([]any, error) {
	switch x := v.(type) {
	case *List:
		return x.Items, nil
	case *Tuple:
		return x.Items, nil
	case *Dict:
		return x.Keys(), nil
	case *Set:
		return x.Items, nil
	case string:
		return Characters(x), nil
	case Bytes:
		out := make([]any, len(x))
		for i := range len(x) {
			out[i] = int(x[i])
		}
		return out, nil
	}
	if it, ok := v.(interface{ Iterate() ([]any, error) }); ok {
		return it.Iterate()
	}
	if err := Defined(v); err != nil {
		return nil, err
	}
	return nil, &TypeError{"'" + TypeName(v) + "' object is not iterable"}
}

// Characters splits text into its characters, each a string.
func Characters(s string) []any {
	out := make([]any, 0, len(s))
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		out = append(out, s[:size])
		s = s[size:]
	}
	return out
}

// Contains is Python's item in container.
func Contains(container, item any) (bool, error) {
	if err := Defined(container, item); err != nil {
		return false, err
	}
	switch x := container.(type) {
	case string:
		s, ok := item.(string)
		if !ok {
			return false, &TypeError{"'in <string>' requires string as left operand, not " + TypeName(item)}
		}
		return strings.Contains(x, s), nil
	case *Dict:
		if err := Hashable(item); err != nil {
			return false, err
		}
		_, ok := x.Get(item)
		return ok, nil
	case Bytes:
		return containsByte(x, item)
	case Mapping:
		_, ok, err := x.Item(item)
		return ok, err
	}
	items, err := Iterate(container)
	if err != nil {
		return false, &TypeError{"argument of type '" + TypeName(container) + "' is not iterable"}
	}
	for _, v := range items {
		if Equal(v, item) {
			return true, nil
		}
	}
	return false, nil
}

func containsByte(b Bytes, item any) (bool, error) {
	if sub, ok := item.(Bytes); ok {
		return strings.Contains(string(b), string(sub)), nil
	}
	if n, ok := BigInt(item); ok {
		if n.Sign() < 0 || n.BitLen() > 8 {
			return false, &ValueError{"byte must be in range(0, 256)"}
		}
		return strings.IndexByte(string(b), byte(n.Int64())) >= 0, nil
	}
	return false, &TypeError{"a bytes-like object is required, not '" + TypeName(item) + "'"}
}

// GetItem is obj[key]: a key of a mapping, a position of a sequence (from the end when negative). It returns false when
// there is no such item, and an error when the object has no items or the key is of the wrong type.
func GetItem(obj, key any) (any, bool, error) {
	switch x := obj.(type) {
	case *Dict:
		if err := Hashable(key); err != nil {
			return nil, false, err
		}
		v, ok := x.Get(key)
		return v, ok, nil
	case *List:
		return itemAt("list", x.Items, key)
	case *Tuple:
		return itemAt("tuple", x.Items, key)
	case string:
		return charAt(x, key)
	case Bytes:
		i, ok := Integer(key)
		if !ok {
			return nil, false, &TypeError{"byte indices must be integers or slices, not " + TypeName(key)}
		}
		if i < 0 {
			i += len(x)
		}
		if i < 0 || i >= len(x) {
			return nil, false, nil
		}
		return int(x[i]), true, nil
	case Mapping:
		return x.Item(key)
	}
	if err := Defined(obj); err != nil {
		return nil, false, err
	}
	return nil, false, &TypeError{"'" + TypeName(obj) + "' object is not subscriptable"}
}

func itemAt(kind string, items []any, key any) (any, bool, error) {
	i, ok := Integer(key)
	if !ok {
		return nil, false, &TypeError{fmt.Sprintf("%s indices must be integers or slices, not %s", kind, TypeName(key))}
	}
	if i < 0 {
		i += len(items)
	}
	if i < 0 || i >= len(items) {
		return nil, false, nil
	}
	return items[i], true, nil
}

func charAt(s string, key any) (any, bool, error) {
	i, ok := Integer(key)
	if !ok {
		return nil, false, &TypeError{"string indices must be integers, not '" + TypeName(key) + "'"}
	}
	if i < 0 {
		i += utf8.RuneCountInString(s)
	}
	if i < 0 {
		return nil, false, nil
	}
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		if i == 0 {
			return s[:size], true, nil
		}
		i--
		s = s[size:]
	}
	return nil, false, nil
}
