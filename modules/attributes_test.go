package modules

import (
	"reflect"
	"testing"
)

type attributeState struct {
	Exists bool     `json:"exists"`
	UID    int      `json:"uid"`
	Groups []string `json:"groups"`
	Nodes  []attributeNode

	Password string `json:"password"`
}

type attributeNode struct {
	Path   string
	HardOf string `json:",omitempty"`

	Secrets map[string]any `json:",omitempty"`
}

func TestAttributes(t *testing.T) {
	for name, c := range map[string]struct {
		from, want attributeState
		out        []any
	}{
		"nothing": {attributeState{UID: 1}, attributeState{UID: 1}, nil},
		"fields and lists": {
			attributeState{UID: 1, Groups: []string{"a"}}, attributeState{Exists: true, UID: 1, Groups: []string{"a", "b"}},
			[]any{
				map[string]any{"name": "exists", "before": false, "after": true},
				map[string]any{"name": "groups", "before": []any{"a"}, "after": []any{"a", "b"}},
			},
		},
		"going away": {attributeState{Exists: true, UID: 7, Groups: []string{"a"}}, attributeState{}, []any{map[string]any{"name": "exists", "before": true, "after": false}}},
		"passwords":  {attributeState{Password: "a"}, attributeState{Password: "b"}, []any{map[string]any{"name": "password", "before": Hidden, "after": Hidden}}},
		"passwords within": {
			attributeState{}, attributeState{Nodes: []attributeNode{{Path: "/a", Secrets: map[string]any{"a_password": "x", "n": "y"}}}},
			[]any{map[string]any{"name": "nodes./a", "before": nil, "after": map[string]any{"Path": "/a", "Secrets": map[string]any{"a_password": Hidden, "n": "y"}}}},
		},
		"elements by path": {
			attributeState{Nodes: []attributeNode{{Path: "/a"}, {Path: "/b"}}}, attributeState{Nodes: []attributeNode{{Path: "/b", HardOf: "/c"}, {Path: "/a"}}},
			[]any{map[string]any{"name": "nodes./b.hard_of", "before": nil, "after": "/c"}},
		},
	} {
		if got := attributes(c.from, c.want); !reflect.DeepEqual(got, c.out) {
			t.Errorf("%s: got %v, want %v", name, got, c.out)
		}
	}
}

func TestAttributesAreBounded(t *testing.T) {
	var want attributeState
	for i := range 150 {
		want.Nodes = append(want.Nodes, attributeNode{Path: string(rune('A' + i))})
	}
	got := attributes(attributeState{}, want)
	last, _ := got[len(got)-1].(map[string]any)
	if len(got) != maxAttributes+1 || last["name"] != "and 50 more" {
		t.Errorf("%d entries, the last is %v", len(got), last)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{"UID": "uid", "HardOf": "hard_of", "SHA256": "sha256", "exists": "exists", "home_there": "home_there"} {
		if got := snake(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
