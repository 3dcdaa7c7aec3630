package queue

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// Watch is what is known of something outside that is watched for events. One daemon at a time looks.
type Watch struct {
	Name    string // of the job and the kind of event
	Owner   string
	Number  int64     // of events so far
	State   string    // what the watcher compares with
	Looked  time.Time // last
	Trouble string    // why the last look saw nothing; "" when it did
}

// TakeWatch gives a daemon something to look at until a time; ok is false while another one has it.
func (q *Queue) TakeWatch(ctx context.Context, name, owner string, now, until time.Time) (w Watch, ok bool, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		w, ok = Watch{Name: name, Owner: owner}, false
		var holder string
		var end, looked int64
		err := tx.QueryRowContext(ctx, q.db.Bind("SELECT owner, until, number, state, looked, trouble FROM serve_watches WHERE name = ?"), name).
			Scan(&holder, &end, &w.Number, &w.State, &looked, &w.Trouble)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			ok = true
			_, err = tx.ExecContext(ctx, q.db.Insert("serve_watches", "name, owner, until, number, state, looked, trouble"), name, owner, database.Micros(until), 0, "", 0, "")
			return err
		case err != nil:
			return err
		case holder != owner && database.Time(end).After(now):
			return nil
		}
		w.Looked, ok = database.Time(looked), true
		_, err = tx.ExecContext(ctx, q.db.Bind("UPDATE serve_watches SET owner = ?, until = ? WHERE name = ?"), owner, database.Micros(until), name)
		return err
	})
	return w, ok && err == nil, err
}

// KeepWatch remembers what a look left, unless another daemon looks by now.
func (q *Queue) KeepWatch(ctx context.Context, w Watch) error {
	_, err := q.db.SQL().ExecContext(ctx, q.db.Bind("UPDATE serve_watches SET number = ?, state = ?, looked = ?, trouble = ? WHERE name = ? AND owner = ?"),
		w.Number, w.State, database.Micros(w.Looked), w.Trouble, w.Name, w.Owner)
	return err
}

// Watches are all that are remembered, by name.
func (q *Queue) Watches(ctx context.Context) ([]Watch, error) {
	return rows(ctx, q, func(r *sql.Rows) (w Watch, err error) {
		var looked int64
		err = r.Scan(&w.Name, &w.Owner, &w.Number, &looked, &w.Trouble)
		w.Looked = database.Time(looked)
		return w, err
	}, "SELECT name, owner, number, looked, trouble FROM serve_watches ORDER BY name")
}
