package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// ResultFilter chooses results of one run or of one host; what is empty does not count.
type ResultFilter struct {
	Run      string // id
	Host     string
	Task     int
	Key      string
	Statuses []event.Status
	Changed  bool // only those that changed something
	Applied  bool // only of runs that were no check
	Loop     bool // fill Result.Loop
	Limit    int
	Newest   bool // the newest first
}

// Results lists results with their tasks, in the order in which they came in.
func (s *Store) Results(ctx context.Context, f ResultFilter) ([]Result, error) {
	where, args := f.conditions()
	query := "SELECT runs.id, results.seq, results.run, results.host, results.delegated, results.status, results.changed, results.ignored, results.rescued, " +
		"results.no_log, results.items, results.started, results.micros, results.msg, results.args, results.diff, results.result, " + taskColumns +
		" FROM results JOIN runs ON runs.n = results.run JOIN tasks ON tasks.run = results.run AND tasks.task = results.task"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY results.run, results.seq"
	if f.Run != "" && len(f.Statuses) > 0 && !f.Newest { // they are few: found by their status, then sorted
		query = strings.TrimSuffix(query, "results.run, results.seq") + "+results.seq"
	}
	if f.Newest {
		query = strings.TrimSuffix(query, "results.run, results.seq") + "results.run DESC, results.seq DESC"
	}
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	type keyed struct {
		Result
		run, seq int64
	}
	found, err := collect(ctx, s, func(row *sql.Rows) (k keyed, err error) {
		k.run, k.seq, err = scanResult(row, &k.Result)
		return k, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	out := make([]Result, len(found))
	for i, k := range found {
		out[i] = k.Result
		if f.Loop && k.Items > 0 {
			if out[i].Loop, err = s.items(ctx, k.run, k.seq); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (f ResultFilter) conditions() (where []string, args []any) {
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	if f.Run != "" {
		add("results.run = "+numberOf, f.Run)
	}
	if f.Host != "" {
		add("results.host = ?", f.Host)
	}
	if f.Task != 0 {
		add("results.task = ?", f.Task)
	}
	if f.Key != "" {
		add("results.task_key = ?", keyNumber(f.Key))
	}
	if f.Changed {
		add("results.changed = 1")
	}
	if f.Applied {
		add("runs.check_mode = 0 AND tasks.check_mode = 0")
	}
	if len(f.Statuses) > 0 {
		values := make([]any, len(f.Statuses))
		for i, st := range f.Statuses {
			values[i] = string(st)
		}
		add("results.status IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", values...)
	}
	return where, args
}

func scanResult(row *sql.Rows, r *Result) (run, seq int64, err error) {
	var state, diff, result string
	var changed, ignored, rescued, noLog int
	var started, micros int64
	to, done := taskScan(&r.About)
	err = row.Scan(append([]any{&r.Run, &seq, &run, &r.Host, &r.Delegated, &state, &changed, &ignored, &rescued, &noLog, &r.Items, &started, &micros,
		&r.Msg, &r.Args, &diff, &result}, to...)...)
	done()
	r.Task, r.Status, r.Changed, r.Ignored, r.Rescued, r.NoLog = r.About.ID, event.Status(state), changed != 0, ignored != 0, rescued != 0, noLog != 0
	r.Start, r.Duration = moment(started), time.Duration(micros)*time.Microsecond
	r.Diff, r.Result = raw(diff), raw(result)
	return run, seq, err
}

// raw is JSON as it was stored; nil when there is none.
func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

func (s *Store) items(ctx context.Context, run, seq int64) ([]Item, error) {
	return collect(ctx, s, func(row *sql.Rows) (it Item, err error) {
		var state, diff, result string
		err = row.Scan(&it.Item, &state, &it.Msg, &it.Args, &diff, &result)
		it.Status, it.Diff, it.Result = event.Status(state), raw(diff), raw(result)
		return it, err
	}, "SELECT item, status, msg, args, diff, result FROM items WHERE run = ? AND seq = ? ORDER BY nr", run, seq)
}

// Timeline lists what happened on a host, the newest first: every result of every run, or only changes and failures.
func (s *Store) Timeline(ctx context.Context, host string, all bool, limit int) ([]Result, error) {
	f := ResultFilter{Host: host, Newest: true, Limit: limit}
	if !all {
		f.Statuses = []event.Status{event.Changed, event.Failed, event.Unreachable}
	}
	return s.Results(ctx, f)
}

// LastApply returns the results that a task had on a host in the newest run that really ran it there: neither a check
// nor skipped, failed or unreachable. A task that a loop of includes repeats has several. Nil when there was none.
func (s *Store) LastApply(ctx context.Context, host, key string) ([]Result, error) {
	found, err := s.Results(ctx, ResultFilter{Host: host, Key: key, Applied: true, Newest: true, Limit: 64, Loop: true, Statuses: []event.Status{event.OK, event.Changed}})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	for i, r := range found {
		if r.Run != found[0].Run {
			return found[:i], nil
		}
	}
	return found, nil
}
