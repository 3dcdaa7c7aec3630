package value

import (
	"math"
	"math/big"
	"strings"
)

// Slice is obj[start:stop:step]; nil stands for a part that is left out.
func Slice(obj, start, stop, step any) (any, error) {
	switch x := obj.(type) {
	case string:
		chars := Characters(x)
		items, err := sliceItems(chars, start, stop, step)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, c := range items {
			b.WriteString(c.(string))
		}
		return b.String(), nil
	case *List:
		items, err := sliceItems(x.Items, start, stop, step)
		return &List{Items: items}, err
	case *Tuple:
		items, err := sliceItems(x.Items, start, stop, step)
		return &Tuple{Items: items}, err
	case Bytes:
		all, _ := Iterate(x)
		items, err := sliceItems(all, start, stop, step)
		out := make([]byte, len(items))
		for i, item := range items {
			out[i] = byte(item.(int))
		}
		return Bytes(out), err
	}
	if err := Defined(obj); err != nil {
		return nil, err
	}
	if _, ok := obj.(*Dict); ok {
		return nil, &TypeError{"unhashable type: 'slice'"}
	}
	return nil, &TypeError{"'" + TypeName(obj) + "' object is not subscriptable"}
}

func sliceItems(items []any, start, stop, step any) ([]any, error) {
	by, err := sliceIndex(step, 1)
	if err != nil {
		return nil, err
	}
	if by == 0 {
		return nil, &ValueError{"slice step cannot be zero"}
	}
	n := len(items)
	first, last := 0, n
	if by < 0 {
		first, last = n-1, -1
	}
	from, err := sliceBound(start, first, n, by)
	if err != nil {
		return nil, err
	}
	to, err := sliceBound(stop, last, n, by)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
		out = append(out, items[i])
		if by > 0 && i > math.MaxInt-by || by < 0 && i < math.MinInt-by {
			break
		}
	}
	return out, nil
}

func sliceIndex(v any, missing int) (int, error) {
	if v == nil {
		return missing, nil
	}
	if i, ok := Integer(v); ok {
		return i, nil
	}
	if b, ok := v.(*big.Int); ok {
		return b.Sign() * math.MaxInt, nil
	}
	if err := Defined(v); err != nil {
		return 0, err
	}
	return 0, &TypeError{"slice indices must be integers or None or have an __index__ method"}
}

func sliceBound(v any, missing, n, step int) (int, error) {
	if v == nil {
		return missing, nil
	}
	i, err := sliceIndex(v, 0)
	if err != nil {
		return 0, err
	}
	if i < 0 {
		i += n
	}
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
	}
	return min(max(i, low), high), nil
}
