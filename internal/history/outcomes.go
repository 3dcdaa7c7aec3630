package history

import (
	"context"
	"database/sql"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// Outcome is how a task of a run went on all hosts.
type Outcome struct {
	Task
	Counts  map[event.Status]int `json:"counts"`
	Slowest time.Duration        `json:"slowest_ns"`
}

// Outcomes are the tasks of a run in their order, with how many hosts ended how.
func (s *Store) Outcomes(ctx context.Context, run string) ([]Outcome, error) {
	tasks, err := s.Tasks(ctx, run)
	if err != nil {
		return nil, err
	}
	type count struct {
		task   int
		status event.Status
		n      int
		micros int64
	}
	counts, err := collect(ctx, s, func(row *sql.Rows) (c count, err error) {
		err = row.Scan(&c.task, &c.status, &c.n, &c.micros)
		return c, err
	}, "SELECT task, status, COUNT(*), MAX(micros) FROM results WHERE run = "+numberOf+" GROUP BY status, task", run)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(tasks))
	at := make(map[int]*Outcome, len(tasks))
	for i, t := range tasks {
		out[i] = Outcome{Task: t, Counts: map[event.Status]int{}}
		at[t.ID] = &out[i]
	}
	for _, c := range counts {
		if o := at[c.task]; o != nil {
			o.Counts[c.status] = c.n
			o.Slowest = max(o.Slowest, time.Duration(c.micros)*time.Microsecond)
		}
	}
	return out, nil
}
