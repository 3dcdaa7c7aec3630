package drift

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/hostorder"
)

// Now is what is known of a host within a subject at present.
type Now struct {
	Subject    string    `json:"subject"`
	Host       string    `json:"host"`
	Run        string    `json:"run"`
	Time       time.Time `json:"time"`
	Since      time.Time `json:"since"` // in this state
	State      State     `json:"state"`
	Corrective int       `json:"corrective"`
	Intended   int       `json:"intended"`
	Unknown    int       `json:"unknown"`
}

// list runs a query and scans its rows.
func list[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.SQL().QueryContext(ctx, s.db.Bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("drift: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	out := []T{}
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("drift: %w", err)
		}
		out = append(out, item)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("drift: %w", err)
	}
	return out, nil
}

// Trend are the newest reports of a subject, the oldest of them first.
func (s *Store) Trend(ctx context.Context, subject string, limit int) ([]Point, error) {
	points, err := list(ctx, s, func(rows *sql.Rows) (p Point, err error) {
		var at int64
		var text string
		if err := rows.Scan(&p.Run, &at, &text); err != nil {
			return p, err
		}
		p.Time = database.Time(at)
		return p, json.Unmarshal([]byte(text), &p.Summary)
	}, "SELECT run, started, summary FROM drift_reports WHERE subject = ? ORDER BY started DESC LIMIT ?", subject, limit)
	slices.Reverse(points)
	return points, err
}

// Fleet is the present state of all hosts, by host and subject.
func (s *Store) Fleet(ctx context.Context) ([]Now, error) {
	all, err := list(ctx, s, scanNow, "SELECT subject, host, run, started, since, state, corrective, intended, unknown FROM drift_now ORDER BY subject")
	slices.SortStableFunc(all, func(a, b Now) int { return hostorder.Compare(a.Host, b.Host) })
	return all, err
}

// OfHost is the present state of a host, by subject.
func (s *Store) OfHost(ctx context.Context, host string) ([]Now, error) {
	return list(ctx, s, scanNow, "SELECT subject, host, run, started, since, state, corrective, intended, unknown FROM drift_now WHERE host = ? ORDER BY subject", host)
}

func scanNow(rows *sql.Rows) (n Now, err error) {
	var at, since int64
	err = rows.Scan(&n.Subject, &n.Host, &n.Run, &at, &since, &n.State, &n.Corrective, &n.Intended, &n.Unknown)
	n.Time, n.Since = database.Time(at), database.Time(since)
	return n, err
}

// Timeline are the newest reports on a host, the newest first.
func (s *Store) Timeline(ctx context.Context, host string, limit int) ([]Now, error) {
	return list(ctx, s, scanNow, "SELECT subject, host, run, started, started, state, corrective, intended, unknown FROM drift_hosts WHERE host = ? ORDER BY started DESC LIMIT ?", host, limit)
}

// Load is the report of a run, without its trend. ErrNoReport when there is none.
func (s *Store) Load(ctx context.Context, run string) (*Report, string, error) {
	r := &Report{Version: Version, Run: run}
	var subject, summary string
	var start, end int64
	err := s.db.SQL().QueryRowContext(ctx, s.db.Bind("SELECT subject, started, ended, summary FROM drift_reports WHERE run = ?"), run).Scan(&subject, &start, &end, &summary)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, "", ErrNoReport
	case err != nil:
		return nil, "", fmt.Errorf("drift: %w", err)
	}
	r.Start, r.End = database.Time(start), database.Time(end)
	if err := json.Unmarshal([]byte(summary), &r.Summary); err != nil {
		return nil, "", fmt.Errorf("drift: %w", err)
	}
	r.Hosts, err = list(ctx, s, func(rows *sql.Rows) (h Host, err error) {
		var text string
		if err := rows.Scan(&text); err != nil {
			return h, err
		}
		return h, json.Unmarshal([]byte(text), &h)
	}, "SELECT detail FROM drift_hosts WHERE run = ?", run)
	slices.SortFunc(r.Hosts, func(a, b Host) int { return hostorder.Compare(a.Name, b.Name) })
	return r, subject, err
}

// ErrNoReport says that a run made no report.
var ErrNoReport = errors.New("the run made no report on drift")

// Prune removes the reports of a subject that started before a time, and the episodes that ended before it.
func (s *Store) Prune(ctx context.Context, subject string, before time.Time) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, q := range []string{
			"DELETE FROM drift_hosts WHERE subject = ? AND started < ?", "DELETE FROM drift_reports WHERE subject = ? AND started < ?",
			"DELETE FROM drift_now WHERE subject = ? AND started < ?", "DELETE FROM drift_episodes WHERE subject = ? AND closed > 0 AND closed < ?",
		} {
			if _, err := tx.ExecContext(ctx, s.db.Bind(q), subject, database.Micros(before)); err != nil {
				return err
			}
		}
		return nil
	})
}

// HostReport is what the report of a run says of a host.
func (s *Store) HostReport(ctx context.Context, run, host string) (h Host, err error) {
	var text string
	err = s.db.SQL().QueryRowContext(ctx, s.db.Bind("SELECT detail FROM drift_hosts WHERE run = ? AND host = ?"), run, host).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return h, ErrNoReport
	case err != nil:
		return h, fmt.Errorf("drift: %w", err)
	}
	return h, json.Unmarshal([]byte(text), &h)
}
