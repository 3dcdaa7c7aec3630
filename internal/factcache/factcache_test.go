package factcache_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/factcache"
	"github.com/musterhq/muster/internal/value"
)

func TestFilesAreAnsibles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	now := time.Now()
	c := factcache.Open(dir, "p_", time.Minute, func() time.Time { return now })
	if _, ok, err := c.Load("h"); ok || err != nil {
		t.Fatalf("facts in an empty cache: %v", err)
	}
	facts := value.DictOf("b", value.NewList(1, 1.5, nil), "a", value.DictOf("é", true), "e", value.NewList())
	if err := c.Save("h", facts); err != nil {
		t.Fatal(err)
	}
	const want = "{\n    \"a\": {\n        \"\\u00e9\": true\n    },\n    \"b\": [\n        1,\n        1.5,\n        null\n    ],\n    \"e\": []\n}"
	file := filepath.Join(dir, "p_h")
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%v, %s\nwant %s", err, got, want)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("others can read the facts: %v, %v", st.Mode(), err)
	}
	got, ok, err := c.Load("h")
	if err != nil || !ok || value.Repr(got) != "{'a': {'é': True}, 'b': [1, 1.5, None], 'e': []}" {
		t.Errorf("%v, %v, %s", ok, err, value.Repr(got))
	}
	now = now.Add(2 * time.Minute)
	if _, ok, _ := c.Load("h"); ok {
		t.Error("facts that are too old count")
	}
	if forever := factcache.Open(dir, "p_", 0, func() time.Time { return now }); true {
		if _, ok, _ := forever.Load("h"); !ok {
			t.Error("facts end though nothing says when")
		}
	}
	if err := c.Remove("h"); err != nil {
		t.Error(err)
	}
	if err := c.Remove("h"); err != nil {
		t.Error("removing what is not there:", err)
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	c := factcache.Open(dir, "", 0, time.Now)
	for name, text := range map[string]string{"broken": "{", "list": "[]"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Load(name); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
	for _, name := range []string{"", "..", "a/b"} {
		if err := c.Save(name, value.NewDict()); err == nil {
			t.Errorf("facts of %q were saved", name)
		}
	}
}
