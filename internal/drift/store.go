package drift

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// Flapping is something that came and went at least so many times within this time.
const (
	flapping       = 3
	flappingWithin = 30 * 24 * time.Hour
)

// trendLength is how many reports a trend shows.
const trendLength = 60

// migrations make and change the tables of reports.
//
// subject is what reports are compared within: a job, or the playbooks of reports that belong to none. An episode is
// the time from the first report that saw a difference to the first that did not; closed is 0 while it lasts. Only what
// came by itself (corrective) counts as coming back: applying a changed playbook is no flapping.
var migrations = [][]string{{
	`CREATE TABLE drift_reports (
		run TEXT PRIMARY KEY, subject TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL, summary TEXT NOT NULL)`,
	`CREATE INDEX drift_reports_subject ON drift_reports (subject, started)`,
	`CREATE TABLE drift_hosts (
		run TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL, started BIGINT NOT NULL, state TEXT NOT NULL, corrective BIGINT NOT NULL,
		intended BIGINT NOT NULL, unknown BIGINT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (run, host))`,
	`CREATE INDEX drift_hosts_host ON drift_hosts (host, started)`,
	`CREATE TABLE drift_now (
		subject TEXT NOT NULL, host TEXT NOT NULL, run TEXT NOT NULL, started BIGINT NOT NULL, since BIGINT NOT NULL, state TEXT NOT NULL,
		corrective BIGINT NOT NULL, intended BIGINT NOT NULL, unknown BIGINT NOT NULL, PRIMARY KEY (subject, host))`,
	`CREATE TABLE drift_episodes (
		subject TEXT NOT NULL, host TEXT NOT NULL, task_key TEXT NOT NULL, item TEXT NOT NULL, opened BIGINT NOT NULL,
		class TEXT NOT NULL, seen BIGINT NOT NULL, last BIGINT NOT NULL, closed BIGINT NOT NULL, PRIMARY KEY (subject, host, task_key, item, opened))`,
}, { // how many hosts of the subject were in which state after the report, also those that it did not look at
	`ALTER TABLE drift_reports ADD COLUMN drifted BIGINT NOT NULL DEFAULT 0`,
	`ALTER TABLE drift_reports ADD COLUMN failed BIGINT NOT NULL DEFAULT 0`,
	`ALTER TABLE drift_reports ADD COLUMN unreachable BIGINT NOT NULL DEFAULT 0`,
	`CREATE INDEX drift_reports_started ON drift_reports (started)`,
}}

// Store keeps reports. Its methods may be called concurrently.
type Store struct{ db *database.DB }

// OpenStore makes or updates the tables of reports.
func OpenStore(ctx context.Context, db *database.DB) (*Store, error) {
	if err := db.Migrate(ctx, "drift", migrations); err != nil {
		return nil, fmt.Errorf("drift: %s: %w", db.Location(), err)
	}
	return &Store{db: db}, nil
}

// Save keeps a report and completes it with what earlier ones say: since when a difference is there, how often it was
// seen, how often it came again, and the trend. seen are the keys of the tasks that were compared, by host.
func (s *Store) Save(ctx context.Context, subject string, r *Report, seen map[string][]string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		w := &writing{Store: s, ctx: ctx, tx: tx, subject: subject, at: database.Micros(r.Start)}
		for i := range r.Hosts {
			if err := w.host(r.Run, &r.Hosts[i], seen[r.Hosts[i].Name]); err != nil {
				return err
			}
		}
		text, err := json.Marshal(r.Summary)
		if err != nil {
			return err
		}
		if r.Whole {
			if err := w.forget(r.Hosts); err != nil {
				return err
			}
		}
		standing, err := w.standing()
		if err != nil {
			return err
		}
		return w.exec(s.db.Insert("drift_reports", "run, subject, started, ended, summary, drifted, failed, unreachable"),
			r.Run, subject, w.at, database.Micros(r.End), string(text), standing[Drifted], standing[Failed], standing[Unreachable])
	})
	if err != nil {
		return fmt.Errorf("drift: %w", err)
	}
	r.Trend, err = s.Trend(ctx, subject, trendLength)
	return err
}

// writing is a report on its way into the store.
type writing struct {
	*Store
	ctx     context.Context
	tx      *sql.Tx
	subject string
	at      int64
}

func (w *writing) exec(query string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}

// forget takes hosts out of the present that are not among those of the subject any more. What was reported of them stays.
func (w *writing) forget(there []Host) error {
	known := make(map[string]bool, len(there))
	for _, h := range there {
		known[h.Name] = true
	}
	rows, err := w.tx.QueryContext(w.ctx, w.db.Bind("SELECT host FROM drift_now WHERE subject = ?"), w.subject)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var gone []string
	for rows.Next() {
		var host string
		if err := rows.Scan(&host); err != nil {
			return err
		}
		if !known[host] {
			gone = append(gone, host)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, host := range gone {
		if err := w.exec(w.db.Bind("DELETE FROM drift_now WHERE subject = ? AND host = ?"), w.subject, host); err != nil {
			return err
		}
	}
	return nil
}

// standing counts the subject's hosts by state.
func (w *writing) standing() (map[State]int, error) {
	rows, err := w.tx.QueryContext(w.ctx, w.db.Bind("SELECT state, COUNT(*) FROM drift_now WHERE subject = ? GROUP BY state"), w.subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	out := map[State]int{}
	for rows.Next() {
		var state State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

func (w *writing) host(run string, h *Host, compared []string) error {
	drifting := map[episode]*Difference{}
	for i := range h.Drift {
		drifting[episode{h.Drift[i].Key, h.Drift[i].Item}] = &h.Drift[i]
	}
	if err := w.settle(h.Name, drifting, compared); err != nil {
		return err
	}
	for e, d := range drifting {
		if err := w.seen(h.Name, e, d); err != nil {
			return err
		}
	}
	detail, err := json.Marshal(h)
	if err != nil {
		return err
	}
	corrective, intended, unknown := h.Count(Corrective), h.Count(Intended), h.Count(Unknown)
	err = w.exec(w.db.Insert("drift_hosts", "run, host, subject, started, state, corrective, intended, unknown, detail"),
		run, h.Name, w.subject, w.at, string(h.State), corrective, intended, unknown, string(detail))
	if err != nil {
		return err
	}
	return w.now(run, h, corrective, intended, unknown)
}

// now replaces what is known of a host at present; since stays while the state does.
func (w *writing) now(run string, h *Host, corrective, intended, unknown int) error {
	since := w.at
	var state string
	var before int64
	err := w.tx.QueryRowContext(w.ctx, w.db.Bind("SELECT state, since FROM drift_now WHERE subject = ? AND host = ?"), w.subject, h.Name).Scan(&state, &before)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case state == string(h.State):
		since = before
	}
	if err := w.exec(w.db.Bind("DELETE FROM drift_now WHERE subject = ? AND host = ?"), w.subject, h.Name); err != nil {
		return err
	}
	return w.exec(w.db.Insert("drift_now", "subject, host, run, started, since, state, corrective, intended, unknown"),
		w.subject, h.Name, run, w.at, since, string(h.State), corrective, intended, unknown)
}

// episode is a difference of a host.
type episode struct{ key, item string }

// settle closes the episodes of a host whose tasks were compared and found in order.
func (w *writing) settle(host string, drifting map[episode]*Difference, compared []string) error {
	rows, err := w.tx.QueryContext(w.ctx, w.db.Bind("SELECT task_key, item FROM drift_episodes WHERE subject = ? AND host = ? AND closed = 0"), w.subject, host)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var open []episode
	for rows.Next() {
		var e episode
		if err := rows.Scan(&e.key, &e.item); err != nil {
			return err
		}
		open = append(open, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	looked := map[string]bool{}
	for _, k := range compared {
		looked[k] = true
	}
	for _, e := range open {
		if drifting[e] != nil || !looked[e.key] {
			continue
		}
		err := w.exec(w.db.Bind("UPDATE drift_episodes SET closed = ? WHERE subject = ? AND host = ? AND task_key = ? AND item = ? AND closed = 0"),
			w.at, w.subject, host, e.key, e.item)
		if err != nil {
			return err
		}
	}
	return nil
}

// seen opens an episode or counts on, and tells the difference about it.
func (w *writing) seen(host string, e episode, d *Difference) error {
	var opened int64
	var times int
	err := w.tx.QueryRowContext(w.ctx, w.db.Bind("SELECT opened, seen FROM drift_episodes WHERE subject = ? AND host = ? AND task_key = ? AND item = ? AND closed = 0"),
		w.subject, host, e.key, e.item).Scan(&opened, &times)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		opened, times = w.at, 1
		err = w.exec(w.db.Insert("drift_episodes", "subject, host, task_key, item, opened, class, seen, last, closed"), w.subject, host, e.key, e.item, w.at, string(d.Class), 1, w.at, 0)
	case err == nil:
		times++
		err = w.exec(w.db.Bind("UPDATE drift_episodes SET class = ?, seen = ?, last = ? WHERE subject = ? AND host = ? AND task_key = ? AND item = ? AND opened = ?"),
			string(d.Class), times, w.at, w.subject, host, e.key, e.item, opened)
	}
	if err != nil {
		return err
	}
	d.FirstSeen, d.Seen = database.Time(opened), times
	err = w.tx.QueryRowContext(w.ctx, w.db.Bind("SELECT COUNT(*) FROM drift_episodes WHERE subject = ? AND host = ? AND task_key = ? AND item = ? AND class = ? AND opened >= ?"),
		w.subject, host, e.key, e.item, string(Corrective), w.at-flappingWithin.Microseconds()).Scan(&d.Episodes)
	d.Episodes = max(d.Episodes, 1)
	d.Flapping = d.Episodes >= flapping
	return err
}

// Compared are the keys of the tasks that were compared, by host: what Save closes episodes by.
func (c *Collector) Compared() map[string][]string {
	out := make(map[string][]string, len(c.hosts))
	for name, f := range c.hosts {
		out[name] = f.seen
	}
	return out
}
