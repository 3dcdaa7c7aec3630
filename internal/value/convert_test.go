package value

import (
	"reflect"
	"testing"
	"time"
)

func TestToGo(t *testing.T) {
	v := DictOf("set", NewSet(1, 2), "bytes", Bytes("ab"), "time", Naive(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)),
		"lazy", lazy{}, true, nil, "tuple", &Tuple{Items: []any{1}})
	want := map[string]any{"set": []any{1, 2}, "bytes": "ab", "time": "2024-01-02 03:04:05", "lazy": map[string]any{"1": 1, "2": 4},
		"true": nil, "tuple": []any{1}}
	if got := ToGo(v); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %#v", got)
	}
	back := From(map[string]any{"b": []any{uint8(1), float32(2)}, "a": map[any]any{2: "x", 1: "y"}})
	if s := Repr(back); s != "{'a': {1: 'y', 2: 'x'}, 'b': [1, 2.0]}" {
		t.Fatalf("got %s", s)
	}
}
