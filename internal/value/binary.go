package value

import (
	"fmt"
	"strings"
)

// maxRepeat bounds what a template may build by repeating: bytes of text or items of a list.
const maxRepeat = 64 << 20

// Binary computes a op b for + - * / // % ** as Python does.
func Binary(op string, a, b any) (any, error) {
	if IsNumber(a) && IsNumber(b) {
		return arithmetic(op, a, b)
	}
	if s, ok := a.(string); ok {
		switch op {
		case "%":
			return Percent(s, b)
		case "+":
			return concatText(s, b)
		}
	}
	if err := Defined(a, b); err != nil {
		return nil, err
	}
	switch op {
	case "+":
		if v, err := concat(a, b); v != nil || err != nil {
			return v, err
		}
	case "-":
		if x, ok := a.(*Set); ok {
			if y, ok := b.(*Set); ok {
				return x.without(y), nil
			}
		}
	case "*":
		if v, err := repeat(a, b); v != nil || err != nil {
			return v, err
		}
	}
	if v, ok := timeArithmetic(op, a, b); ok {
		return v, nil
	}
	return nil, unsupported(op, a, b)
}

func unsupported(op string, a, b any) error {
	if op == "**" {
		op = "** or pow()"
	}
	return &TypeError{fmt.Sprintf("unsupported operand type(s) for %s: '%s' and '%s'", op, TypeName(a), TypeName(b))}
}

func concatText(s string, b any) (any, error) {
	if t, ok := b.(string); ok {
		return s + t, nil
	}
	return nil, cannotConcat("str", b)
}

func cannotConcat(want string, b any) error {
	if err := Defined(b); err != nil {
		return err
	}
	return &TypeError{fmt.Sprintf("can only concatenate %s (not \"%s\") to %s", want, TypeName(b), want)}
}

func concat(a, b any) (any, error) {
	switch x := a.(type) {
	case *List:
		if y, ok := b.(*List); ok {
			return &List{Items: joined(x.Items, y.Items)}, nil
		}
		return nil, cannotConcat("list", b)
	case *Tuple:
		if y, ok := b.(*Tuple); ok {
			return &Tuple{Items: joined(x.Items, y.Items)}, nil
		}
		return nil, cannotConcat("tuple", b)
	case Bytes:
		if y, ok := b.(Bytes); ok {
			return x + y, nil
		}
		return nil, &TypeError{"can't concat " + TypeName(b) + " to bytes"}
	}
	return nil, nil
}

func joined(a, b []any) []any {
	out := make([]any, 0, len(a)+len(b))
	return append(append(out, a...), b...)
}

func repeat(a, b any) (any, error) {
	seq, count := a, b
	if !isSequence(seq) {
		seq, count = b, a
	}
	if !isSequence(seq) {
		return nil, nil
	}
	n, ok := Integer(count)
	if !ok {
		return nil, &TypeError{"can't multiply sequence by non-int of type '" + TypeName(count) + "'"}
	}
	n = max(n, 0)
	size, _ := Len(seq)
	if s, ok := seq.(string); ok {
		size = len(s)
	}
	if size > 0 && n > maxRepeat/size {
		return nil, &ArithmeticError{"the repeated sequence is too large"}
	}
	switch x := seq.(type) {
	case string:
		return strings.Repeat(x, n), nil
	case Bytes:
		return Bytes(strings.Repeat(string(x), n)), nil
	case *List:
		return &List{Items: repeated(x.Items, n)}, nil
	case *Tuple:
		return &Tuple{Items: repeated(x.Items, n)}, nil
	}
	return nil, nil
}

func isSequence(v any) bool {
	switch v.(type) {
	case string, *List, *Tuple, Bytes:
		return true
	}
	return false
}

func repeated(items []any, n int) []any {
	out := make([]any, 0, len(items)*n)
	for range n {
		out = append(out, items...)
	}
	return out
}

func (s *Set) without(other *Set) *Set {
	drop := NewDict()
	for _, item := range other.Items {
		drop.Set(item, nil)
	}
	out := &Set{}
	for _, item := range s.Items {
		if _, ok := drop.Get(item); !ok {
			out.Items = append(out.Items, item)
		}
	}
	return out
}
