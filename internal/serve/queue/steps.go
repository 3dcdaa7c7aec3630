package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// Patience says how many runs of a job may wait while one runs.
type Patience int

// The degrees of patience; the others are skipped, and recorded as such.
const (
	WaitNone Patience = iota
	WaitOne
	WaitAll
)

// Plan turns the times at which a job is due into runs. due looks at the last time that was handled (the zero time for a
// job that is new) and returns the runs that are due and the time that is handled then; it may be called again when
// another daemon was faster. patience says what becomes of a run while another of its job is open.
func (q *Queue) Plan(ctx context.Context, job string, patience Patience, due func(handled time.Time) ([]Run, time.Time)) (planned []Run, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		planned = nil
		var at int64
		err := tx.QueryRowContext(ctx, q.db.Bind("SELECT handled FROM serve_jobs WHERE name = ?"), job).Scan(&at)
		fresh := errors.Is(err, sql.ErrNoRows)
		if err != nil && !fresh {
			return err
		}
		list, handled := due(database.Time(at))
		for _, r := range list {
			p, err := q.put(ctx, tx, r, patience)
			if err != nil {
				return err
			}
			if p != nil {
				planned = append(planned, *p)
			}
		}
		if fresh {
			_, err = tx.ExecContext(ctx, q.db.Insert("serve_jobs", "name, handled, news, news_digest, news_since"), job, database.Micros(handled), "", "", 0)
			return err
		}
		if database.Micros(handled) == at {
			return nil
		}
		_, err = tx.ExecContext(ctx, q.db.Bind("UPDATE serve_jobs SET handled = ? WHERE name = ?"), database.Micros(handled), job)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return planned, nil
}

// Add puts a run that somebody or something asked for into the queue; ok is false when the same was asked for before.
func (q *Queue) Add(ctx context.Context, r Run, patience Patience) (added Run, ok bool, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		p, err := q.put(ctx, tx, r, patience)
		if p != nil {
			added, ok = *p, true
		}
		return err
	})
	return added, ok, err
}

// put inserts a run: waiting, or skipped while another of its job is open. It returns nil when its slot was there before.
func (q *Queue) put(ctx context.Context, tx *sql.Tx, r Run, patience Patience) (*Run, error) {
	var same, running, waiting int
	for _, c := range []struct {
		to    *int
		query string
		args  []any
	}{
		{&same, "SELECT COUNT(*) FROM serve_runs WHERE slot = ?", []any{r.Slot}},
		{&running, "SELECT COUNT(*) FROM serve_runs WHERE state = 'running' AND job = ?", []any{r.Job}},
		{&waiting, "SELECT COUNT(*) FROM serve_runs WHERE state = 'waiting' AND job = ?", []any{r.Job}},
	} {
		if err := tx.QueryRowContext(ctx, q.db.Bind(c.query), c.args...).Scan(c.to); err != nil {
			return nil, err
		}
	}
	if same > 0 {
		return nil, nil
	}
	r.State = Waiting
	switch {
	case waiting > 0 && patience == WaitOne:
		r.State, r.Note = Skipped, "a run of the job waits already"
	case running+waiting > 0 && patience == WaitNone:
		r.State, r.Note = Skipped, "the run before was not over yet"
	}
	return &r, q.insert(ctx, tx, r)
}

// Claim gives a daemon at most n runs to start: those that wait and are due, none of a job of which another runs.
func (q *Queue) Claim(ctx context.Context, owner string, now time.Time, lease time.Duration, n int) (claimed []Run, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		claimed = nil
		found, err := tx.QueryContext(ctx, q.db.Bind("SELECT "+columns+" FROM serve_runs WHERE state = 'waiting' AND not_before <= ? "+
			"AND job NOT IN (SELECT job FROM serve_runs WHERE state = 'running') ORDER BY due, id"), database.Micros(now))
		if err != nil {
			return err
		}
		defer found.Close() //nolint:errcheck // Err tells
		jobs := map[string]bool{}
		for found.Next() {
			r, err := scan(found)
			if err != nil {
				return err
			}
			if len(claimed) < n && !jobs[r.Job] {
				jobs[r.Job] = true
				claimed = append(claimed, r)
			}
		}
		if err := found.Err(); err != nil {
			return err
		}
		for i := range claimed {
			r := &claimed[i]
			r.State, r.Owner, r.Started, r.Lease = Running, owner, now, now.Add(lease)
			if _, err := tx.ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET state = 'running', owner = ?, started = ?, lease = ? WHERE id = ?"),
				owner, database.Micros(now), database.Micros(r.Lease), r.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// Mine are the runs that a daemon works on.
func (q *Queue) Mine(ctx context.Context, owner string) ([]Run, error) {
	return q.list(ctx, "WHERE state = 'running' AND owner = ? ORDER BY started, id", owner)
}

// Renew tells that a daemon still works on its runs.
func (q *Queue) Renew(ctx context.Context, owner string, until time.Time) error {
	_, err := q.db.SQL().ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET lease = ? WHERE state = 'running' AND owner = ?"), database.Micros(until), owner)
	return err
}

// Abandoned marks runs as broken whose daemon gave no sign of life for long, and returns them.
func (q *Queue) Abandoned(ctx context.Context, now time.Time, long time.Duration) (gone []Run, err error) {
	list, err := q.list(ctx, "WHERE state = 'running' AND lease < ?", database.Micros(now.Add(-long)))
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		r.Note = "its daemon, " + r.Owner + ", gives no sign of life"
		ok, err := q.end(ctx, r, Broken, 1, now, nil)
		if err != nil {
			return gone, err
		}
		if ok {
			gone = append(gone, r)
		}
	}
	return gone, nil
}

// Finish ends a run, and puts what follows from it into the queue in the same transaction: news for people, and the run
// that makes up for it, if any. It reports false when somebody else ended it before.
func (q *Queue) Finish(ctx context.Context, r Run, state State, exit int, now time.Time, then func(tx *Following) error) (bool, error) {
	return q.end(ctx, r, state, exit, now, then)
}

func (q *Queue) end(ctx context.Context, r Run, state State, exit int, now time.Time, then func(*Following) error) (ok bool, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, q.db.Bind("UPDATE serve_runs SET state = ?, exit_code = ?, ended = ?, runs = ?, note = ? WHERE id = ? AND state = 'running'"),
			string(state), exit, database.Micros(now), r.Runs, r.Note, r.ID)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		ok = true
		if then != nil {
			return then(&Following{q: q, ctx: ctx, tx: tx})
		}
		return nil
	})
	return ok && err == nil, err
}

// Events counts the runs of a job that events started since a time, and tells when the last of them was put in.
func (q *Queue) Events(ctx context.Context, job string, since time.Time) (n int, last time.Time, err error) {
	var at sql.NullInt64
	err = q.db.SQL().QueryRowContext(ctx, q.db.Bind("SELECT COUNT(*), MAX(due) FROM serve_runs WHERE job = ? AND due >= ? AND state <> 'skipped' AND cause NOT IN ('schedule', 'manual', 'again')"),
		job, database.Micros(since)).Scan(&n, &at)
	return n, database.Time(at.Int64), err
}
