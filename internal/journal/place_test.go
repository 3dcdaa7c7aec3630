package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/journal"
)

func TestReachable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]bool{dir: true, filepath.Join(dir, "a/b/c"): true, file: false, filepath.Join(file, "a"): false} {
		if got := journal.Reachable(place); got != want {
			t.Errorf("%s: %v", place, got)
		}
	}
}
