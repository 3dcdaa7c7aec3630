package value

import "testing"

// lazy is a mapping of squares, where three is undefined.
type lazy struct{}

func (lazy) Item(key any) (any, bool, error) {
	n, ok := key.(int)
	if n == 3 {
		return nil, false, &UndefinedError{&Undefined{Name: "three"}}
	}
	return n * n, ok, nil
}

func (lazy) Iterate() ([]any, error) { return []any{1, 2, 3}, nil }

func (lazy) Len() int { return 3 }

func TestWhole(t *testing.T) {
	plain := NewList(1, DictOf("a", 2))
	if v, err := Whole(plain); err != nil || v != any(plain) {
		t.Fatalf("a value without a lazy mapping is copied: %v, %v", v, err)
	}
	v, err := Whole(NewList(lazy{}, DictOf("k", lazy{})))
	if err != nil || Repr(v) != "[{1: 1, 2: 4}, {'k': {1: 1, 2: 4}}]" {
		t.Fatalf("got %s, %v", Repr(v), err)
	}
}
