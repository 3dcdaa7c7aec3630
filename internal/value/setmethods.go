package value

func newSetMethods() methodsOf[*Set] {
	return table(
		of("union(*others)", func(s *Set, a *Args) (any, error) {
			all := append([]any{}, s.Items...)
			for _, o := range a.Rest {
				items, err := Iterate(o)
				if err != nil {
					return nil, err
				}
				all = append(all, items...)
			}
			return NewSet(all...), nil
		}),
		of("difference(other, /)", func(s *Set, a *Args) (any, error) { return s.without(NewSet(a.Items("other")...)), nil }),
		of("intersection(other, /)", func(s *Set, a *Args) (any, error) {
			return s.without(s.without(NewSet(a.Items("other")...))), nil
		}),
		of("symmetric_difference(other, /)", func(s *Set, a *Args) (any, error) {
			o := NewSet(a.Items("other")...)
			return NewSet(append(append([]any{}, s.without(o).Items...), o.without(s).Items...)...), nil
		}),
		of("issubset(other, /)", func(s *Set, a *Args) (any, error) { return NewSet(a.Items("other")...).includes(s), nil }),
		of("issuperset(other, /)", func(s *Set, a *Args) (any, error) { return s.includes(NewSet(a.Items("other")...)), nil }),
		of("isdisjoint(other, /)", func(s *Set, a *Args) (any, error) {
			return len(s.without(NewSet(a.Items("other")...)).Items) == len(s.Items), nil
		}),
		of("copy()", func(s *Set, _ *Args) (any, error) { return &Set{Items: append([]any{}, s.Items...)}, nil }),
		of("add(elem, /)", func(s *Set, a *Args) (any, error) {
			if !s.Has(a.Any("elem")) {
				s.Items = append(s.Items, a.Any("elem"))
			}
			return nil, nil
		}),
	)
}

func newBytesMethods() methodsOf[Bytes] {
	return table(
		of("decode(encoding='utf-8', errors='strict')", func(b Bytes, a *Args) (any, error) {
			return Decode(b, a.Text("encoding"), a.Text("errors"))
		}),
		of("hex()", func(b Bytes, _ *Args) (any, error) {
			const digits = "0123456789abcdef"
			out := make([]byte, 0, 2*len(b))
			for i := range len(b) {
				out = append(out, digits[b[i]>>4], digits[b[i]&15])
			}
			return string(out), nil
		}),
		of("upper()", func(b Bytes, _ *Args) (any, error) { return Bytes(Upper(string(b))), nil }),
		of("lower()", func(b Bytes, _ *Args) (any, error) { return Bytes(Lower(string(b))), nil }),
		of("strip()", func(b Bytes, _ *Args) (any, error) { return Bytes(Strip(string(b), nil, true, true)), nil }),
	)
}
