package history

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// TestNewerStore: a store that a newer muster wrote is refused with words, and not touched.
func TestNewerStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("UPDATE meta SET value = '999' WHERE name = 'schema'"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer muster (schema 999") {
		t.Errorf("got %v", err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var v string
	if err := db.QueryRow("SELECT value FROM meta WHERE name = 'schema'").Scan(&v); err != nil || v != "999" {
		t.Errorf("the schema is %s, %v", v, err)
	}
}

// TestSweep: a run whose process is gone is interrupted, one of another machine only after silence.
func TestSweep(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []string{"gone", "elsewhere", "silent"} {
		if _, err := s.open(t.Context(), Run{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{
		"UPDATE runs SET pid = 2147483647 WHERE id = 'gone'",
		"UPDATE runs SET machine = 'other' WHERE id <> 'gone'",
		"UPDATE runs SET seen = seen - 3600000000 WHERE id = 'silent'",
	} {
		if _, err := s.db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]State{"gone": Interrupted, "elsewhere": Running, "silent": Interrupted} {
		if got, err := s.Find(t.Context(), id); err != nil || got.State != want {
			t.Errorf("%s is %s, want %s (%v)", id, got.State, want, err)
		}
	}
}
