package queue

import (
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// TestMigrated: the tables of every earlier version become those of this one, and keep what is in them: a run that goes on
// meanwhile is found, and can be ended.
func TestMigrated(t *testing.T) {
	for version := 1; version < len(migrations); version++ {
		path := file(t)
		db, err := database.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context(), "serve", migrations[:version]); err != nil {
			t.Fatal(err)
		}
		at := database.Micros(noon)
		_, err = db.SQL().ExecContext(t.Context(), db.Insert("serve_runs", "id, job, slot, cause, by_whom, mode, limit_to, vars, attempt, due, not_before, state, owner, lease, started, ended, exit_code, runs, note"),
			"r", "a", "a@1", "manual", "ops", "run", "", "", 1, at, at, "running", "me", at, at, 0, 0, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		q := open(t, path)
		mine, err := q.Mine(t.Context(), "me")
		if err != nil || len(mine) != 1 || mine[0].By != "ops" || mine[0].Stopping() {
			t.Fatalf("version %d: %+v, %v", version, mine, err)
		}
		if err := q.Stop(t.Context(), "r", "ops", noon); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
		if ended, err := q.Finish(t.Context(), mine[0], Done, 0, noon.Add(time.Second), nil); err != nil || !ended {
			t.Errorf("version %d: %v, %v", version, ended, err)
		}
	}
}
