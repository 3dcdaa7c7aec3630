package value

func newDictMethods() methodsOf[*Dict] {
	return table(
		of("items()", func(d *Dict, _ *Args) (any, error) { return Items(d), nil }),
		of("keys()", func(d *Dict, _ *Args) (any, error) { return &List{Items: append([]any{}, d.Keys()...)}, nil }),
		of("values()", func(d *Dict, _ *Args) (any, error) {
			l := &List{Items: make([]any, 0, d.Len())}
			for _, v := range d.All() {
				l.Items = append(l.Items, v)
			}
			return l, nil
		}),
		of("get(key, default=None, /)", func(d *Dict, a *Args) (any, error) {
			if err := Hashable(a.Any("key")); err != nil {
				return nil, err
			}
			if v, ok := d.Get(a.Any("key")); ok {
				return v, nil
			}
			return a.Any("default"), nil
		}),
		of("pop(key, default=None, /)", func(d *Dict, a *Args) (any, error) {
			if v, ok := d.Get(a.Any("key")); ok {
				d.Delete(a.Any("key"))
				return v, nil
			}
			if a.Given("default") {
				return a.Any("default"), nil
			}
			return nil, &KeyError{a.Any("key")}
		}),
		of("popitem()", func(d *Dict, _ *Args) (any, error) {
			keys := d.Keys()
			if len(keys) == 0 {
				return nil, &KeyError{"popitem(): dictionary is empty"}
			}
			k := keys[len(keys)-1]
			v, _ := d.Get(k)
			d.Delete(k)
			return &Tuple{Items: []any{k, v}}, nil
		}),
		of("setdefault(key, default=None, /)", func(d *Dict, a *Args) (any, error) {
			if err := Hashable(a.Any("key")); err != nil {
				return nil, err
			}
			if v, ok := d.Get(a.Any("key")); ok {
				return v, nil
			}
			d.Set(a.Any("key"), a.Any("default"))
			return a.Any("default"), nil
		}),
		of("update(other=None, /, **kwargs)", func(d *Dict, a *Args) (any, error) {
			other, err := ToDict(a.Any("other"))
			if err != nil {
				return nil, err
			}
			d.Merge(other)
			d.Merge(a.Keywords)
			return nil, nil
		}),
		of("copy()", func(d *Dict, _ *Args) (any, error) { return d.Clone(), nil }),
		of("clear()", func(d *Dict, _ *Args) (any, error) {
			*d = Dict{}
			return nil, nil
		}),
		of("fromkeys(iterable, value=None, /)", func(_ *Dict, a *Args) (any, error) {
			d := NewDict()
			for _, k := range a.Items("iterable") {
				if err := Hashable(k); err != nil {
					return nil, err
				}
				d.Set(k, a.Any("value"))
			}
			return d, nil
		}),
	)
}

// Items lists a mapping's entries as tuples of key and value.
func Items(d *Dict) *List {
	l := &List{Items: make([]any, 0, d.Len())}
	for k, v := range d.All() {
		l.Items = append(l.Items, &Tuple{Items: []any{k, v}})
	}
	return l
}

// Merge sets all entries of another mapping in d.
func (d *Dict) Merge(other *Dict) {
	for k, v := range other.All() {
		d.Set(k, v)
	}
}

// ToDict is Python's dict(v): a copy of a mapping, or a mapping of pairs.
func ToDict(v any) (*Dict, error) {
	if v == nil {
		return NewDict(), nil
	}
	if d, ok := v.(*Dict); ok {
		return d.Clone(), nil
	}
	items, err := Iterate(v)
	if err != nil {
		return nil, err
	}
	d := NewDict()
	for i, item := range items {
		pair, err := Iterate(item)
		if err != nil {
			return nil, &TypeError{"cannot convert dictionary update sequence element #" + Repr(i) + " to a sequence"}
		}
		if len(pair) != 2 {
			return nil, &ValueError{"dictionary update sequence element #" + Repr(i) + " has length " + Repr(len(pair)) + "; 2 is required"}
		}
		if err := Hashable(pair[0]); err != nil {
			return nil, err
		}
		d.Set(pair[0], pair[1])
	}
	return d, nil
}
