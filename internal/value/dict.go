package value

import (
	"fmt"
	"iter"
	"math/big"
	"reflect"
)

// Dict is a mapping that keeps the order of insertion, as Python's dict does. The zero Dict is empty and ready.
// Keys are hashable values: nil, bool, int, float64, string; as in Python, 1, 1.0 and True are one key.
type Dict struct {
	keys   []any
	index  map[any]int
	values []any
}

// NewDict returns an empty mapping.
func NewDict() *Dict { return &Dict{} }

// DictOf returns a mapping of alternating keys and values.
func DictOf(pairs ...any) *Dict {
	d := NewDict()
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Set(pairs[i], pairs[i+1])
	}
	return d
}

// Len returns the number of entries.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.keys)
}

// Get returns the value of key.
func (d *Dict) Get(key any) (any, bool) {
	if d == nil {
		return nil, false
	}
	i, ok := d.index[hashKey(key)]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

// Set adds or replaces the value of key; a replaced entry keeps its place.
func (d *Dict) Set(key, v any) {
	h := hashKey(key)
	if i, ok := d.index[h]; ok {
		d.values[i] = v
		return
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[h] = len(d.keys)
	d.keys = append(d.keys, key)
	d.values = append(d.values, v)
}

// Delete removes key, if it is there. It costs time in proportion to the entries after it.
func (d *Dict) Delete(key any) {
	if d == nil {
		return
	}
	h := hashKey(key)
	i, ok := d.index[h]
	if !ok {
		return
	}
	delete(d.index, h)
	d.keys = append(d.keys[:i], d.keys[i+1:]...)
	d.values = append(d.values[:i], d.values[i+1:]...)
	for j := i; j < len(d.keys); j++ {
		d.index[hashKey(d.keys[j])] = j
	}
}

// Keys returns the keys in order; the caller must not change the slice.
func (d *Dict) Keys() []any {
	if d == nil {
		return nil
	}
	return d.keys
}

// All yields the entries in order.
func (d *Dict) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		if d == nil {
			return
		}
		for i, k := range d.keys {
			if !yield(k, d.values[i]) {
				return
			}
		}
	}
}

// Clone returns a shallow copy.
func (d *Dict) Clone() *Dict {
	c := &Dict{index: make(map[any]int, d.Len())}
	for k, v := range d.All() {
		c.Set(k, v)
	}
	return c
}

// hashKey folds keys that Python holds equal into one Go key. Tuples hash by their items.
func hashKey(key any) any {
	switch k := key.(type) {
	case bool:
		if k {
			return 1
		}
		return 0
	case float64:
		if i := int(k); float64(i) == k {
			return i
		}
		return k
	case *Tuple:
		return tupleKey(k)
	case *big.Int:
		return bigKey(k.String())
	case DateTime:
		return k.repr()
	case string, int, nil:
		return key
	default:
		if t := reflect.TypeOf(key); !t.Comparable() {
			return opaqueKey(fmt.Sprintf("%p", key))
		}
		return key
	}
}

type (
	bigKey    string
	opaqueKey string
)

// Hashable returns Python's error when a value cannot be a mapping's key.
func Hashable(v any) error {
	switch x := v.(type) {
	case *Dict, *List, *Set:
		return &TypeError{"unhashable type: '" + TypeName(v) + "'"}
	case *Tuple:
		for _, item := range x.Items {
			if err := Hashable(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// tupleKey chains the items of a tuple into nested comparable pairs.
func tupleKey(t *Tuple) any {
	type pair struct{ head, tail any }
	var key any = pair{}
	for _, item := range t.Items {
		key = pair{hashKey(item), key}
	}
	return key
}
