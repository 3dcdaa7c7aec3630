package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestModulePagesAreFresh fails when a module changed and docs/modules did not: `make generate` writes it.
func TestModulePagesAreFresh(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "modules")
	pages, err := docPages()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("docs/modules/%s is stale; run `make generate` (%v)", name, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := pages[e.Name()]; !ok {
			t.Errorf("docs/modules/%s belongs to no module; run `make generate`", e.Name())
		}
	}
}
