package value

import (
	"errors"
	"strings"
)

// Mapping is a mapping whose entries are computed when they are asked for, such as hostvars. Templates use it like a
// Dict: by key, in loops over its keys, and by its methods get, keys, items and values.
type Mapping interface {
	// Item returns the entry of a key; false when there is none.
	Item(key any) (any, bool, error)
	// Iterate returns the keys.
	Iterate() ([]any, error)
	// Len returns the number of entries.
	Len() int
}

// Whole returns a value with every Mapping in it computed: as a Dict. A value without any is returned as it is. An entry
// that needs something undefined is left out, as it cannot be written.
func Whole(v any) (any, error) { return whole(v, 0) }

func whole(v any, depth int) (any, error) {
	if depth > maxNesting || !hasMapping(v, depth) {
		return v, nil
	}
	switch x := v.(type) {
	case Mapping:
		d, err := entriesOf(x)
		if err != nil {
			return nil, err
		}
		return whole(d, depth+1)
	case *List:
		items, err := wholeItems(x.Items, depth)
		return &List{Items: items}, err
	case *Tuple:
		items, err := wholeItems(x.Items, depth)
		return &Tuple{Items: items, Names: x.Names}, err
	case *Dict:
		d := NewDict()
		for k, item := range x.All() {
			inner, err := whole(item, depth+1)
			if err != nil {
				return nil, err
			}
			d.Set(k, inner)
		}
		return d, nil
	}
	return v, nil
}

func wholeItems(items []any, depth int) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		inner, err := whole(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = inner
	}
	return out, nil
}

func hasMapping(v any, depth int) bool {
	if depth > maxNesting {
		return false
	}
	switch x := v.(type) {
	case Mapping:
		return true
	case *List:
		return anyMapping(x.Items, depth)
	case *Tuple:
		return anyMapping(x.Items, depth)
	case *Dict:
		for _, item := range x.All() {
			if hasMapping(item, depth+1) {
				return true
			}
		}
	}
	return false
}

func anyMapping(items []any, depth int) bool {
	for _, item := range items {
		if hasMapping(item, depth+1) {
			return true
		}
	}
	return false
}

// entriesOf computes the entries of a mapping, but not of mappings in them.
func entriesOf(m Mapping) (*Dict, error) {
	keys, err := m.Iterate()
	if err != nil {
		return nil, err
	}
	d := NewDict()
	for _, k := range keys {
		v, ok, err := m.Item(k)
		if IsUndefined(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, undefined := v.(*Undefined); ok && !undefined {
			d.Set(k, v)
		}
	}
	return d, nil
}

// AsDict returns a mapping as a Dict, and false when v is none.
func AsDict(v any) (d *Dict, ok bool, err error) {
	switch x := v.(type) {
	case *Dict:
		return x, true, nil
	case Mapping:
		d, err = entriesOf(x)
		return d, true, err
	}
	return nil, false, nil
}

// IsUndefined reports an error that is the use of something undefined.
func IsUndefined(err error) bool {
	var u *UndefinedError
	if errors.As(err, &u) {
		return true
	}
	for ; err != nil; err = errors.Unwrap(err) {
		text := err.Error()
		if strings.HasSuffix(text, "is undefined") || strings.Contains(text, "has no attribute '") || strings.Contains(text, "has no element ") {
			return true
		}
	}
	return false
}
