package queue

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// ErrOver says that a run is over and cannot be stopped any more.
var ErrOver = errors.New("the run is over")

// Stop asks a run to end. One that waits is skipped at once. One that runs keeps who asked until its daemon, which may be
// another one, has told its process; asked again, the process is told again.
func (q *Queue) Stop(ctx context.Context, id, by string, now time.Time) error {
	return q.db.Write(ctx, func(tx *sql.Tx) error {
		var state State
		err := tx.QueryRowContext(ctx, q.db.Bind("SELECT state FROM serve_runs WHERE id = ?"), id).Scan(&state)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNoRun
		case err != nil:
			return err
		case state == Waiting:
			_, err = tx.ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET state = 'skipped', note = ?, stop_by = ?, ended = ? WHERE id = ?"),
				"cancelled by "+by, by, database.Micros(now), id)
			return err
		case state != Running:
			return ErrOver
		}
		_, err = tx.ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET stop_by = ?, stops_asked = stops_asked + 1 WHERE id = ?"), by, id)
		return err
	})
}

// Told notes that the process of a run was told to end as often as r says that people asked.
func (q *Queue) Told(ctx context.Context, r Run) error {
	_, err := q.db.SQL().ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET stops_sent = ? WHERE id = ?"), r.StopsAsked, r.ID)
	return err
}
