package lookup_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/musterhq/muster/internal/value"
)

func TestOthers(t *testing.T) {
	for _, c := range []struct {
		name  string
		kw    *value.Dict
		terms []any
		want  string
	}{
		{name: "inventory_hostnames", terms: []any{"web"}, want: "['web01', 'web02']"},
		{name: "inventory_hostnames", terms: []any{"nope"}, want: "[]"},
		{name: "config", terms: []any{"DEFAULT_FORKS"}, want: "[5]"},
		{name: "config", terms: []any{"DEFAULT_FORKS"}, kw: value.DictOf("show_origin", true), want: "[[5, 'default']]"},
		{name: "cartesian", terms: []any{value.NewList(1, 2), value.NewList("a", "b")}, want: "[[1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']]"},
		{name: "flattened", terms: []any{value.NewList(1, value.NewList(2, nil)), "x"}, want: "[1, 2, 'x']"},
		{name: "random_choice", terms: []any{"only"}, want: "['only']"},
		{name: "random_string", kw: value.DictOf("override_all", "x", "length", 3), want: "['xxx']"},
		{name: "sequence", kw: value.DictOf("start", 1, "end", 5, "stride", 2), want: "['1', '3', '5']"},
	} {
		got, err := run(t, c.name, c.kw, c.terms...)
		if err != nil || value.Repr(value.NewList(got...)) != c.want {
			t.Errorf("%s %v: got %s, %v, want %s", c.name, c.terms, value.Repr(value.NewList(got...)), err, c.want)
		}
	}
}

func TestFileTree(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "etc", "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "etc", "app", "conf"), []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("app", filepath.Join(dir, "etc", "link")); err != nil {
		t.Fatal(err)
	}
	entries, err := run(t, "filetree", nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	for _, e := range entries {
		path, _ := e.(*value.Dict).Get("path")
		state, _ := e.(*value.Dict).Get("state")
		got = append(got, path, state)
	}
	want := []any{"etc", "directory", "etc/app", "directory", "etc/app/conf", "file", "etc/link", "link"}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v", got)
	}
}
