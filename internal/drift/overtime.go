package drift

import (
	"context"
	"database/sql"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// Moment is how a fleet fared in a span of time: the most hosts that were in each state, over all subjects.
type Moment struct {
	Time        time.Time `json:"time"` // the start of the span
	Drifted     int       `json:"drifted"`
	Failed      int       `json:"failed"`
	Unreachable int       `json:"unreachable"`
}

// spanRow is what the reports of a subject within a span say.
type spanRow struct {
	subject string
	span    int64
	most    Moment
	last    Moment
}

// OverTime cuts the time from one moment to another into n spans and says how the fleet fared in each. Where a subject has
// no report in a span, what the one before left goes on.
func (s *Store) OverTime(ctx context.Context, from, to time.Time, n int) ([]Moment, error) {
	length := max(to.Sub(from).Microseconds()/int64(n), 1)
	start := database.Micros(from)
	standing, err := s.standingAt(ctx, start)
	if err != nil {
		return nil, err
	}
	rows, err := list(ctx, s, func(rows *sql.Rows) (r spanRow, err error) {
		err = rows.Scan(&r.subject, &r.span, &r.most.Drifted, &r.most.Failed, &r.most.Unreachable, &r.last.Drifted, &r.last.Failed, &r.last.Unreachable)
		return r, err
	}, `SELECT a.subject, a.span, a.drifted, a.failed, a.unreachable, r.drifted, r.failed, r.unreachable FROM (
			SELECT subject, (started - ?) / ? AS span, MAX(drifted) AS drifted, MAX(failed) AS failed, MAX(unreachable) AS unreachable, MAX(started) AS last
			FROM drift_reports WHERE started >= ? AND started < ? GROUP BY 1, 2) a
		JOIN drift_reports r ON r.subject = a.subject AND r.started = a.last ORDER BY a.span`, start, length, start, database.Micros(to))
	if err != nil {
		return nil, err
	}
	out := make([]Moment, n)
	for i, k := 0, 0; i < n; i++ {
		m := Moment{Time: database.Time(start + int64(i)*length)}
		seen := map[string]bool{}
		for ; k < len(rows) && rows[k].span <= int64(i); k++ {
			r := rows[k]
			if !seen[r.subject] { // two reports of one moment count once
				m.add(r.most)
			}
			seen[r.subject], standing[r.subject] = true, r.last
		}
		for subject, kept := range standing {
			if !seen[subject] {
				m.add(kept)
			}
		}
		out[i] = m
	}
	return out, nil
}

func (m *Moment) add(o Moment) {
	m.Drifted, m.Failed, m.Unreachable = m.Drifted+o.Drifted, m.Failed+o.Failed, m.Unreachable+o.Unreachable
}

// standingAt is how every subject's last report before a time left its hosts.
func (s *Store) standingAt(ctx context.Context, at int64) (map[string]Moment, error) {
	rows, err := list(ctx, s, func(rows *sql.Rows) (r spanRow, err error) {
		err = rows.Scan(&r.subject, &r.last.Drifted, &r.last.Failed, &r.last.Unreachable)
		return r, err
	}, `SELECT r.subject, r.drifted, r.failed, r.unreachable FROM drift_reports r
		JOIN (SELECT subject, MAX(started) AS last FROM drift_reports WHERE started < ? GROUP BY subject) a ON r.subject = a.subject AND r.started = a.last`, at)
	out := map[string]Moment{}
	for _, r := range rows {
		out[r.subject] = r.last
	}
	return out, err
}
