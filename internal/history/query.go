package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoRun says that no run of the store has an id.
var ErrNoRun = errors.New("there is no such run")

// Filter chooses runs; what is empty does not count.
type Filter struct {
	Host     string // that took part
	Command  string
	Playbook string // as it was named, or the end of its path
	Since    time.Time
	Applied  bool // only runs that were no check
	Limit    int  // of runs; 0 is all
}

// Runs lists runs, the newest first.
func (s *Store) Runs(ctx context.Context, f Filter) ([]Run, error) {
	var where []string
	var args []any
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	if f.Host != "" {
		add("EXISTS (SELECT 1 FROM results WHERE results.run = runs.n AND results.host = ?)", f.Host)
	}
	if f.Command != "" {
		add("command = ?", f.Command)
	}
	if f.Playbook != "" {
		quoted, _ := json.Marshal(f.Playbook) //nolint:errcheck // a text always encodes
		name := strings.Trim(string(quoted), `"`)
		add("(playbooks LIKE ? OR playbooks LIKE ?)", `%"`+name+`"%`, `%/`+name+`"%`)
	}
	if !f.Since.IsZero() {
		add("started >= ?", f.Since.UnixMicro())
	}
	if f.Applied {
		add("check_mode = 0")
	}
	query := selectRuns
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY n DESC"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return collect(ctx, s, scanRun, query, args...)
}

// selectRuns reads runs with the sums of their recaps.
var selectRuns = "SELECT id, command, user_name, controller, dir, args, playbooks, sources, limit_to, tags, skip_tags, check_mode, diff_mode, version, " +
	"parent, git_commit, git_branch, git_dirty, remember, started, ended, state, exit_code, custom, " +
	sumOf("COUNT(*)") + sumOf("COALESCE(SUM(ok), 0)") + sumOf("COALESCE(SUM(changed), 0)") + sumOf("COALESCE(SUM(unreachable), 0)") +
	sumOf("COALESCE(SUM(failed), 0)") + sumOf("COALESCE(SUM(skipped), 0)") + sumOf("COALESCE(SUM(rescued), 0)") + sumOf("COALESCE(SUM(ignored), 0)") + sumOf("COALESCE(SUM(rolledback), 0)") + "n FROM runs"

func sumOf(what string) string { return "(SELECT " + what + " FROM recaps WHERE run = n), " }

func scanRun(row *sql.Rows) (Run, error) {
	var r Run
	var args, books, sources, tags, skip, remember, state, custom string
	var check, diff, dirty int
	var started, ended, number int64
	c := &r.Counts
	err := row.Scan(&r.ID, &r.Command, &r.User, &r.Controller, &r.Dir, &args, &books, &sources, &r.Limit, &tags, &skip, &check, &diff, &r.Version,
		&r.Parent, &r.Git.Commit, &r.Git.Branch, &dirty, &remember, &started, &ended, &state, &r.Exit, &custom,
		&r.Hosts, &c.OK, &c.Changed, &c.Unreachable, &c.Failed, &c.Skipped, &c.Rescued, &c.Ignored, &c.RolledBack, &number)
	if err != nil {
		return r, err
	}
	r.Check, r.Diff, r.Git.Dirty, r.State, r.Remember = check != 0, diff != 0, dirty != 0, State(state), json.RawMessage(remember)
	r.Start, r.End = moment(started), moment(ended)
	return r, errors.Join(json.Unmarshal([]byte(args), &r.Args), json.Unmarshal([]byte(books), &r.Playbooks), json.Unmarshal([]byte(sources), &r.Sources),
		json.Unmarshal([]byte(tags), &r.Tags), json.Unmarshal([]byte(skip), &r.SkipTags), json.Unmarshal([]byte(custom), &r.Custom))
}

// moment turns microseconds into a time; 0 is the zero time.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// collect runs a query and scans its rows.
func collect[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	found, err := s.db.QueryContext(ctx, s.d.Bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer found.Close() //nolint:errcheck // Err tells
	out := []T{}
	for found.Next() {
		item, err := scan(found)
		if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		out = append(out, item)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return out, nil
}

// Find returns the run that a user means: its id or a prefix of it that no other has, last, or last~N for the Nth before.
func (s *Store) Find(ctx context.Context, ref string) (Run, error) {
	if back, ok := lastN(ref); ok {
		list, err := collect(ctx, s, scanRun, selectRuns+" ORDER BY n DESC LIMIT 1 OFFSET ?", back)
		switch {
		case err != nil:
			return Run{}, err
		case len(list) == 0:
			return Run{}, fmt.Errorf("%s: %w; the store does not go back that far", ref, ErrNoRun)
		}
		return list[0], nil
	}
	if ref == "" || strings.ContainsAny(ref, "%_") {
		return Run{}, fmt.Errorf("%q: %w", ref, ErrNoRun)
	}
	list, err := collect(ctx, s, scanRun, selectRuns+" WHERE id LIKE ? ORDER BY n DESC LIMIT 3", ref+"%")
	switch {
	case err != nil:
		return Run{}, err
	case len(list) == 0:
		return Run{}, fmt.Errorf("%s: %w; `muster history list` shows those there are", ref, ErrNoRun)
	case len(list) > 1 && list[0].ID != ref:
		return Run{}, fmt.Errorf("%s: more than one run begins like that: %s, %s", ref, list[0].ID, list[1].ID)
	}
	return list[0], nil
}

// lastN reads last and last~N.
func lastN(ref string) (int, bool) {
	if ref == "last" {
		return 0, true
	}
	var n int
	if _, err := fmt.Sscanf(ref, "last~%d", &n); err != nil || n < 0 || ref != fmt.Sprintf("last~%d", n) {
		return 0, false
	}
	return n, true
}

// Recaps are the hosts' lines of a run, by name.
func (s *Store) Recaps(ctx context.Context, run string) ([]Recap, error) {
	return collect(ctx, s, func(row *sql.Rows) (r Recap, err error) {
		c := &r.Counts
		err = row.Scan(&r.Host, &c.OK, &c.Changed, &c.Unreachable, &c.Failed, &c.Skipped, &c.Rescued, &c.Ignored, &c.RolledBack)
		return r, err
	}, "SELECT host, ok, changed, unreachable, failed, skipped, rescued, ignored, rolledback FROM recaps WHERE run = "+numberOf+" ORDER BY host", run)
}

// numberOf finds a run's number by its id.
const numberOf = "(SELECT n FROM runs WHERE id = ?)"

// Plays lists the plays of a run in their order, each batch on its own.
func (s *Store) Plays(ctx context.Context, run string) ([]Play, error) {
	return collect(ctx, s, func(row *sql.Rows) (p Play, err error) {
		var started int64
		err = row.Scan(&p.ID, &p.Name, &p.File, &p.Line, &p.Batch, &p.Of, &p.Hosts, &started)
		p.Start = moment(started)
		return p, err
	}, "SELECT play, name, file, line, batch, batches, hosts, started FROM plays WHERE run = "+numberOf+" ORDER BY play", run)
}

const taskColumns = "tasks.task, tasks.play, tasks.name, tasks.action, tasks.file, tasks.line, tasks.role, tasks.handler, tasks.check_mode, tasks.task_key, tasks.started"

// taskScan are the places that a row's taskColumns are scanned into; call the function afterwards.
func taskScan(t *Task) ([]any, func()) {
	var handler, check int
	var key, started int64
	return []any{&t.ID, &t.Play, &t.Name, &t.Action, &t.File, &t.Line, &t.Role, &handler, &check, &key, &started}, func() {
		t.Handler, t.Check, t.Key, t.Start = handler != 0, check != 0, keyText(key), moment(started)
	}
}

// Tasks lists the tasks of a run in the order in which they were announced.
func (s *Store) Tasks(ctx context.Context, run string) ([]Task, error) {
	return collect(ctx, s, func(row *sql.Rows) (t Task, err error) {
		to, done := taskScan(&t)
		err = row.Scan(to...)
		done()
		return t, err
	}, "SELECT "+taskColumns+" FROM tasks WHERE run = "+numberOf+" ORDER BY task", run)
}

// Messages lists the warnings and errors of a run.
func (s *Store) Messages(ctx context.Context, run string) ([]Message, error) {
	return collect(ctx, s, func(row *sql.Rows) (m Message, err error) {
		err = row.Scan(&m.Level, &m.Host, &m.Text)
		return m, err
	}, "SELECT level, host, text FROM messages WHERE run = "+numberOf+" ORDER BY seq", run)
}
