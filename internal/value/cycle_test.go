package value

import "testing"

// TestCycles uses lists that contain each other; without bounds it would never end.
func TestCycles(t *testing.T) {
	a, b := NewList(), NewList()
	a.Items, b.Items = []any{b}, []any{a}
	if Equal(a, b) {
		t.Error("two lists that contain each other are equal")
	}
	if _, err := Compare(a, b); err == nil {
		t.Error("two lists that contain each other have an order")
	}
	if _, err := JSON(a, JSONOptions{}); err == nil {
		t.Error("a list that contains itself is written as JSON")
	}
	if s := Repr(a); s != "[[[...]]]" {
		t.Errorf("got %s", s)
	}
}
