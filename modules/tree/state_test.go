package tree

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestNodeSurvivesJSON(t *testing.T) {
	flags := uint32(0x10)
	for _, n := range []Node{
		{Path: "/f", Kind: File, Perm: 0o644, UID: 1, Size: 3, SHA256: "ab", Flags: &flags, Xattrs: map[string][]byte{"user.a": {0, 255}}, Mtime: 7},
		{Path: "/caf\xe9", Kind: Link, Target: "../\xff", Perm: 0o777},
		{Path: "/gone"},
	} {
		b, err := json.Marshal(State{Nodes: []Node{n}})
		if err != nil {
			t.Fatal(err)
		}
		var back State
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back.Nodes[0], n) {
			t.Errorf("%s: %+v %v", b, back.Nodes, err)
		}
	}
}

func TestSame(t *testing.T) {
	file := Node{Path: "/f", Kind: File, Size: 1, SHA256: "a"}
	for _, c := range []struct {
		name string
		a, b []Node
		want bool
	}{
		{"equal", []Node{file}, []Node{file}, true},
		{"a node that does not exist may be missing", []Node{file, {Path: "/g"}}, []Node{file}, true},
		{"one that exists may not", []Node{file, {Path: "/g", Kind: Directory}}, []Node{file}, false},
		{"other content", []Node{file}, []Node{{Path: "/f", Kind: File, Size: 1, SHA256: "b"}}, false},
		{"other owner", []Node{file}, []Node{{Path: "/f", Kind: File, Size: 1, SHA256: "a", UID: 5}}, false},
	} {
		if got := Same(State{Nodes: c.a}, State{Nodes: c.b}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := Same(State{Nodes: c.b}, State{Nodes: c.a}); got != c.want {
			t.Errorf("%s, the other way round: %v", c.name, got)
		}
	}
}

func TestStands(t *testing.T) {
	as := func(kind Kind, atime, mtime int64) State {
		return State{Nodes: []Node{{Path: "/f", Kind: kind, Atime: atime, Mtime: mtime}}}
	}
	at := func(atime, mtime int64) State { return as(File, atime, mtime) }
	for _, c := range []struct {
		name      string
		then, now State
		want      bool
	}{
		{"read since", at(5, 5), at(9, 5), true},
		{"an access set back", at(5, 5), at(3, 5), false},
		{"written since", at(5, 5), at(9, 9), false},
		{"a folder in which something was made since", as(Directory, 5, 5), as(Directory, 5, 9), true},
		{"a folder that is a file now", as(Directory, 5, 5), at(5, 5), false},
	} {
		if got := Stands(c.then, c.now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if Same(c.then, c.now) {
			t.Errorf("%s: the same", c.name)
		}
	}
}

func TestSplitWords(t *testing.T) {
	got, err := SplitWords(`a 'b c' "d \"e" f\ g ""`)
	if err != nil || !reflect.DeepEqual(got, []string{"a", "b c", `d "e`, "f g", ""}) {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range []string{"'a", `"a`, `a\`} {
		if _, err := SplitWords(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
