// Package queue keeps what daemons do and did: which runs are due, waiting, running and over, who works on them, and what
// people have to be told. Several daemons may share one database: every step is one transaction that keeps the others out,
// so a run that is due becomes one run, and one daemon takes it.
package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// migrations make and change the queue's tables. slot makes what starts a run happen once: for a schedule it is the job
// and the time, for events their identity.
var migrations = [][]string{{
	`CREATE TABLE serve_jobs (name TEXT PRIMARY KEY, handled BIGINT NOT NULL, news TEXT NOT NULL, news_digest TEXT NOT NULL, news_since BIGINT NOT NULL)`,
	`CREATE TABLE serve_runs (
		id TEXT PRIMARY KEY, job TEXT NOT NULL, slot TEXT NOT NULL UNIQUE, cause TEXT NOT NULL, by_whom TEXT NOT NULL, mode TEXT NOT NULL,
		limit_to TEXT NOT NULL, vars TEXT NOT NULL, attempt BIGINT NOT NULL, due BIGINT NOT NULL, not_before BIGINT NOT NULL, state TEXT NOT NULL,
		owner TEXT NOT NULL, lease BIGINT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL, exit_code BIGINT NOT NULL,
		runs TEXT NOT NULL, note TEXT NOT NULL)`,
	`CREATE INDEX serve_runs_job ON serve_runs (job, due)`,
	`CREATE INDEX serve_runs_state ON serve_runs (state, not_before)`,
	`CREATE INDEX serve_runs_due ON serve_runs (due)`,
	`CREATE TABLE serve_news (
		id TEXT PRIMARY KEY, job TEXT NOT NULL, run TEXT NOT NULL, notifier TEXT NOT NULL, body TEXT NOT NULL, created BIGINT NOT NULL,
		attempts BIGINT NOT NULL, next BIGINT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL)`,
	`CREATE INDEX serve_news_state ON serve_news (state, next)`,
	`CREATE TABLE serve_nonces (id TEXT PRIMARY KEY, expires BIGINT NOT NULL)`,
	`CREATE TABLE serve_secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
}, {
	`CREATE TABLE serve_watches (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL,
		looked BIGINT NOT NULL, trouble TEXT NOT NULL)`,
}, {
	`ALTER TABLE serve_runs ADD COLUMN stop_by TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE serve_runs ADD COLUMN stops_asked BIGINT NOT NULL DEFAULT 0`,
	`ALTER TABLE serve_runs ADD COLUMN stops_sent BIGINT NOT NULL DEFAULT 0`,
}}

// State says how far a run is.
type State string

// The states.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Skipped State = "skipped" // it was due, but did not run: the note says why
	Broken  State = "broken"  // its process ended without a result, or its daemon is gone for good
)

// Run is a run that a daemon starts.
type Run struct {
	ID        string    `json:"id"`
	Job       string    `json:"job"`
	Slot      string    `json:"-"`
	Cause     string    `json:"cause"` // schedule, manual, webhook, phone-home, files, git, prometheus, again
	By        string    `json:"by,omitempty"`
	Mode      string    `json:"mode"` // detect, correct, run, rollback
	Limit     string    `json:"limit,omitempty"`
	Vars      string    `json:"-"` // JSON: variables that are data
	Attempt   int       `json:"attempt"`
	Due       time.Time `json:"due"`
	NotBefore time.Time `json:"not_before"`
	State     State     `json:"state"`
	Owner     string    `json:"owner,omitempty"`
	Lease     time.Time `json:"-"`
	Started   time.Time `json:"started,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Exit      int       `json:"exit"`
	Runs      string    `json:"runs,omitempty"` // ids in the run store, with blanks between them
	Note      string    `json:"note,omitempty"`
	StopBy    string    `json:"stop_by,omitempty"` // who asked the run to end, the last of them

	StopsAsked int `json:"-"` // how often it was asked to end
	StopsSent  int `json:"-"` // how often its daemon told its process so
}

// Stopping reports that the run was asked to end and still goes on.
func (r Run) Stopping() bool { return r.State == Running && r.StopBy != "" }

// Queue is the open tables. Its methods may be called concurrently, by several daemons.
type Queue struct{ db *database.DB }

// Open makes or updates the tables.
func Open(ctx context.Context, db *database.DB) (*Queue, error) {
	if err := db.Migrate(ctx, "serve", migrations); err != nil {
		return nil, fmt.Errorf("queue: %s: %w", db.Location(), err)
	}
	return &Queue{db: db}, nil
}

// NewID is an identifier that sorts by the time at which it was made.
func NewID(now time.Time) string {
	return now.UTC().Format("20060102T150405.000000") + "-" + rand.Text()[:6]
}

const columns = "id, job, slot, cause, by_whom, mode, limit_to, vars, attempt, due, not_before, state, owner, lease, started, ended, exit_code, runs, note, stop_by, stops_asked, stops_sent"

type scanner interface{ Scan(...any) error }

func scan(row scanner) (r Run, err error) {
	var due, notBefore, lease, started, ended int64
	err = row.Scan(&r.ID, &r.Job, &r.Slot, &r.Cause, &r.By, &r.Mode, &r.Limit, &r.Vars, &r.Attempt, &due, &notBefore, &r.State, &r.Owner, &lease,
		&started, &ended, &r.Exit, &r.Runs, &r.Note, &r.StopBy, &r.StopsAsked, &r.StopsSent)
	r.Due, r.NotBefore, r.Lease = database.Time(due), database.Time(notBefore), database.Time(lease)
	r.Started, r.Ended = database.Time(started), database.Time(ended)
	return r, err
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (q *Queue) insert(ctx context.Context, tx execer, r Run) error {
	_, err := tx.ExecContext(ctx, q.db.Insert("serve_runs", columns), r.ID, r.Job, r.Slot, r.Cause, r.By, r.Mode, r.Limit, r.Vars, r.Attempt,
		database.Micros(r.Due), database.Micros(r.NotBefore), string(r.State), r.Owner, database.Micros(r.Lease), database.Micros(r.Started),
		database.Micros(r.Ended), r.Exit, r.Runs, r.Note, r.StopBy, r.StopsAsked, r.StopsSent)
	return err
}

// list runs a query for runs.
func (q *Queue) list(ctx context.Context, query string, args ...any) ([]Run, error) {
	return rows(ctx, q, func(r *sql.Rows) (Run, error) { return scan(r) }, "SELECT "+columns+" FROM serve_runs "+query, args...)
}

func rows[T any](ctx context.Context, q *Queue, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	found, err := q.db.SQL().QueryContext(ctx, q.db.Bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	defer found.Close() //nolint:errcheck // Err tells
	out := []T{}
	for found.Next() {
		item, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("queue: %w", err)
		}
		out = append(out, item)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return out, nil
}

// ErrNoRun says that there is no run of an id.
var ErrNoRun = errors.New("there is no such run")

// Get is the run of an id.
func (q *Queue) Get(ctx context.Context, id string) (Run, error) {
	r, err := scan(q.db.SQL().QueryRowContext(ctx, q.db.Bind("SELECT "+columns+" FROM serve_runs WHERE id = ?"), id))
	if errors.Is(err, sql.ErrNoRows) {
		return Run{}, ErrNoRun
	}
	return r, err
}

// Newest are the newest runs, of a job when one is named, the newest first.
func (q *Queue) Newest(ctx context.Context, job string, limit int) ([]Run, error) {
	if job == "" {
		return q.list(ctx, "ORDER BY due DESC, id DESC LIMIT ?", limit)
	}
	return q.list(ctx, "WHERE job = ? ORDER BY due DESC, id DESC LIMIT ?", job, limit)
}

// Open are the runs that wait or run, the oldest first.
func (q *Queue) Open(ctx context.Context) ([]Run, error) {
	return q.list(ctx, "WHERE state IN ('waiting', 'running') ORDER BY due, id")
}

// LastEnded is the run of a job that ended last, whatever became of it; ok is false when none did.
func (q *Queue) LastEnded(ctx context.Context, job string) (r Run, ok bool, err error) {
	list, err := q.list(ctx, "WHERE job = ? AND state IN ('done', 'broken') ORDER BY due DESC LIMIT 1", job)
	if err != nil || len(list) == 0 {
		return r, false, err
	}
	return list[0], true, nil
}

// Handled is the last time of a job's schedule that became a run or was left out; the zero time before the first.
func (q *Queue) Handled(ctx context.Context, job string) (time.Time, error) {
	var at int64
	err := q.db.SQL().QueryRowContext(ctx, q.db.Bind("SELECT handled FROM serve_jobs WHERE name = ?"), job).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return database.Time(at), err
}

// LastSuccess is when the last run of each job ended that found or left everything in order.
func (q *Queue) LastSuccess(ctx context.Context) (map[string]time.Time, error) {
	type last struct {
		job string
		at  int64
	}
	found, err := rows(ctx, q, func(r *sql.Rows) (l last, err error) {
		err = r.Scan(&l.job, &l.at)
		return l, err
	}, "SELECT job, MAX(ended) FROM serve_runs WHERE state = 'done' AND exit_code IN (0, 3) GROUP BY job")
	out := make(map[string]time.Time, len(found))
	for _, l := range found {
		out[l.job] = database.Time(l.at)
	}
	return out, err
}

// Secret is a secret that all daemons of the database share; it is made when there is none.
func (q *Queue) Secret(ctx context.Context, name string) (value string, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, q.db.Bind("SELECT value FROM serve_secrets WHERE name = ?"), name).Scan(&value)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		value = rand.Text() + rand.Text()
		_, err = tx.ExecContext(ctx, q.db.Insert("serve_secrets", "name, value"), name, value)
		return err
	})
	return value, err
}

// Once reports whether something is seen for the first time; it is remembered until it expires.
func (q *Queue) Once(ctx context.Context, id string, now, expires time.Time) (first bool, err error) {
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, q.db.Bind("DELETE FROM serve_nonces WHERE expires < ?"), database.Micros(now)); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, q.db.Bind("SELECT COUNT(*) FROM serve_nonces WHERE id = ?"), id).Scan(&n); err != nil || n > 0 {
			return err
		}
		first = true
		_, err := tx.ExecContext(ctx, q.db.Insert("serve_nonces", "id, expires"), id, database.Micros(expires))
		return err
	})
	return first && err == nil, err
}

// Prune removes the runs of a job that ended before a time, and returns their ids.
func (q *Queue) Prune(ctx context.Context, job string, before time.Time) (ids []string, err error) {
	old, err := q.list(ctx, "WHERE job = ? AND due < ? AND state NOT IN ('waiting', 'running')", job, database.Micros(before))
	if err != nil {
		return nil, err
	}
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range old {
			if _, err := tx.ExecContext(ctx, q.db.Bind("DELETE FROM serve_runs WHERE id = ?"), r.ID); err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		_, err := tx.ExecContext(ctx, q.db.Bind("DELETE FROM serve_news WHERE job = ? AND state <> 'waiting' AND created < ?"), job, database.Micros(before))
		return err
	})
	return ids, err
}
