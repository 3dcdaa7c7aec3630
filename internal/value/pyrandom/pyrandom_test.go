package pyrandom

import (
	"reflect"
	"testing"
)

// The expected numbers are CPython's.
func TestSeeded(t *testing.T) {
	for _, c := range []struct {
		seed     any
		numbers  []int
		shuffled []any
	}{
		{42, []int{654, 114, 25, 759, 281}, []any{2, 4, 5, 3, 7, 1, 6}},
		{"host1", []int{497, 254, 923, 999, 186}, []any{1, 3, 7, 5, 6, 2, 4}},
		{"", []int{983, 465, 609, 211, 397}, []any{6, 1, 3, 7, 2, 5, 4}},
		{0, []int{864, 394, 776, 911, 430}, []any{5, 3, 2, 1, 6, 4, 7}},
		{-5, []int{637, 261, 759, 367, 814}, []any{7, 4, 2, 1, 6, 3, 5}},
		{2.5, []int{428, 344, 963, 827, 182}, []any{7, 6, 5, 1, 2, 3, 4}},
		{-0.1, []int{931, 570, 437, 322, 620}, []any{7, 6, 2, 1, 3, 4, 5}},
		{true, []int{137, 582, 867, 821, 782}, []any{4, 7, 6, 3, 1, 5, 2}},
		{"é☃", []int{720, 132, 568, 538, 617}, []any{1, 3, 7, 4, 5, 2, 6}},
		{123456789012345678, []int{443, 716, 521, 208, 906}, []any{7, 3, 1, 2, 5, 6, 4}},
	} {
		r, err := Seeded(c.seed)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for range c.numbers {
			got = append(got, r.Below(1000))
		}
		if !reflect.DeepEqual(got, c.numbers) {
			t.Errorf("seed %v: got %v, want %v", c.seed, got, c.numbers)
		}
		items := []any{1, 2, 3, 4, 5, 6, 7}
		r, _ = Seeded(c.seed)
		r.Shuffle(items)
		if !reflect.DeepEqual(items, c.shuffled) {
			t.Errorf("seed %v: shuffled to %v, want %v", c.seed, items, c.shuffled)
		}
	}
}

func TestRange(t *testing.T) {
	r, _ := Seeded(42)
	for range 100 {
		n, err := r.Range(10, 20, 3)
		if err != nil || n != 10 && n != 13 && n != 16 && n != 19 {
			t.Fatalf("got %d, %v", n, err)
		}
	}
	if _, err := r.Range(5, 5, 1); err == nil {
		t.Fatal("an empty range gives a number")
	}
	if _, err := System().Range(0, 10, 0); err == nil {
		t.Fatal("a step of zero gives a number")
	}
}
