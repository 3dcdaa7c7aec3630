package database

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var parts = [][]string{{"CREATE TABLE things (name TEXT PRIMARY KEY)"}, {"ALTER TABLE things ADD COLUMN size BIGINT NOT NULL DEFAULT 0"}}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "m.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context(), "things", parts[:1]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Migrate(t.Context(), "things", parts); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), db.Insert("things", "name, size"), "a", 7)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
	var newer *NewerError
	if err := db.Migrate(t.Context(), "things", parts[:1]); !errors.As(err, &newer) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a store of a newer version: %v", err)
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	wrong := append([][]string{}, parts[0], []string{"CREATE TABLE more (name TEXT)", "NONSENSE"})
	if err := db.Migrate(t.Context(), "things", wrong); err == nil {
		t.Fatal("nonsense was taken")
	}
	if v, err := db.version(t.Context(), db.sql, "things"); err == nil && v != 0 {
		t.Errorf("version %d after a failure", v)
	}
	if _, err := db.sql.ExecContext(t.Context(), "SELECT * FROM more"); err == nil {
		t.Error("half of a migration stayed")
	}
}

func TestNumbered(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT ? , ?":            "SELECT $1 , $2",
		"SELECT '?', 'it''s?', ?": "SELECT '?', 'it''s?', $1",
		"SELECT 1":                "SELECT 1",
	} {
		if got := numbered(in); got != want {
			t.Errorf("%s: got %s", in, got)
		}
	}
}

func TestLocations(t *testing.T) {
	if _, err := Open(context.Background(), "mysql://x"); err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Errorf("got %v", err)
	}
	if got := Redacted("postgres://u:secret@h/db"); strings.Contains(got, "secret") {
		t.Errorf("shows the password: %s", got)
	}
	if got := Redacted("/var/lib/x.db"); got != "/var/lib/x.db" {
		t.Errorf("got %s", got)
	}
}
