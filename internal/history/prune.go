package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Limits say how much history is kept; zero is no limit.
type Limits struct {
	Age  time.Duration
	Runs int
	Size int64 // bytes
}

// Pruned says what a Prune removed.
type Pruned struct {
	Runs  int   `json:"runs"`
	Left  int   `json:"left"`
	Bytes int64 `json:"bytes"` // what the store takes now
}

// Prune removes the oldest finished runs until the limits hold. The newest run stays in any case, and so do those that
// tell what was last applied where: without them nobody could say whether a host or its playbook changed.
func (s *Store) Prune(ctx context.Context, l Limits) (Pruned, error) {
	var p Pruned
	numbers, err := collect(ctx, s, func(row *sql.Rows) (n run, err error) {
		var started int64
		err = row.Scan(&n.n, &started, &n.state)
		n.start = moment(started)
		return n, err
	}, "SELECT n, started, state FROM runs ORDER BY n")
	if err != nil {
		return p, err
	}
	p.Left = len(numbers)
	var needed map[int64]bool
	for i, r := range numbers {
		if r.state == Running || i == len(numbers)-1 {
			continue
		}
		if p.Bytes, err = s.d.Size(ctx); err != nil {
			return p, fmt.Errorf("history: %w", err)
		}
		old := l.Age > 0 && time.Since(r.start) > l.Age
		many := l.Runs > 0 && p.Left > l.Runs
		large := l.Size > 0 && p.Bytes > l.Size
		if !old && !many && !large {
			break
		}
		if needed == nil {
			if needed, err = s.lastApplies(ctx); err != nil {
				return p, err
			}
		}
		if needed[r.n] {
			continue
		}
		if err := s.remove(ctx, r.n); err != nil {
			return p, err
		}
		p.Runs++
		p.Left--
	}
	if p.Runs > 0 {
		if err := s.d.Shrink(ctx); err != nil {
			return p, fmt.Errorf("history: %w", err)
		}
	}
	p.Bytes, err = s.d.Size(ctx)
	return p, err
}

// lastApplies are the numbers of the runs that were the last to apply some task to some host.
func (s *Store) lastApplies(ctx context.Context) (map[int64]bool, error) {
	list, err := collect(ctx, s, func(row *sql.Rows) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT DISTINCT last FROM (SELECT MAX(results.run) AS last FROM results JOIN runs ON runs.n = results.run "+
		"WHERE runs.check_mode = 0 AND results.status IN ('ok', 'changed') AND results.args <> '' GROUP BY results.host, results.task_key) AS applies")
	needed := make(map[int64]bool, len(list))
	for _, n := range list {
		needed[n] = true
	}
	return needed, err
}

// run is what pruning looks at.
type run struct {
	n     int64
	start time.Time
	state State
}

// remove deletes a run with everything that belongs to it.
func (s *Store) remove(ctx context.Context, n int64) error {
	err := s.d.Write(ctx, func(tx *sql.Tx) error {
		for _, table := range runTables {
			if _, err := tx.ExecContext(ctx, s.d.Bind("DELETE FROM "+table+" WHERE run = ?"), n); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, s.d.Bind("DELETE FROM runs WHERE n = ?"), n)
		return err
	})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	return nil
}
