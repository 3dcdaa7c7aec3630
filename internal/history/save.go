package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// runColumns are the columns of runs that Begin fills, in the order of open.
const runColumns = "n, id, command, user_name, controller, machine, pid, pid_start, dir, args, playbooks, sources, limit_to, tags, skip_tags, " +
	"check_mode, diff_mode, version, parent, git_commit, git_branch, git_dirty, remember, started, seen, ended, state, exit_code, custom"

// open inserts a run and returns its number.
func (s *Store) open(ctx context.Context, r Run) (int64, error) {
	if r.ID == "" {
		return 0, fmt.Errorf("history: a run needs an id")
	}
	me := self()
	if r.Start.IsZero() {
		r.Start = time.Now()
	}
	if len(r.Remember) == 0 {
		r.Remember = json.RawMessage("null")
	}
	var n int64
	err := s.d.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) + 1 FROM runs").Scan(&n); err != nil {
			return err
		}
		at := r.Start.UnixMicro()
		_, err := tx.ExecContext(ctx, s.d.Insert("runs", runColumns), n, r.ID, r.Command, r.User, r.Controller, me.machine, me.pid, me.start, r.Dir,
			list(r.Args), list(r.Playbooks), list(r.Sources), r.Limit, list(r.Tags), list(r.SkipTags), truth(r.Check), truth(r.Diff), r.Version,
			r.Parent, r.Git.Commit, r.Git.Branch, truth(r.Git.Dirty), string(r.Remember), at, at, int64(0), string(Running), 0, "null")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("history: %w", err)
	}
	return n, nil
}

// list is a list as the store keeps it.
func list(items []string) string {
	if items == nil {
		items = []string{}
	}
	text, _ := json.Marshal(items) //nolint:errcheck // texts always encode
	return string(text)
}

func (s *Store) setGit(ctx context.Context, run int64, g Git) error {
	_, err := s.db.ExecContext(ctx, s.d.Bind("UPDATE runs SET git_commit = ?, git_branch = ?, git_dirty = ? WHERE n = ?"), g.Commit, g.Branch, truth(g.Dirty), run)
	return err
}

// alive notes that a run still goes on.
func (s *Store) alive(ctx context.Context, run int64) error {
	_, err := s.db.ExecContext(ctx, s.d.Bind("UPDATE runs SET seen = ? WHERE n = ?"), time.Now().UnixMicro(), run)
	return err
}

// leave marks a run as interrupted.
func (s *Store) leave(ctx context.Context, run int64) error {
	now := time.Now().UnixMicro()
	_, err := s.db.ExecContext(ctx, s.d.Bind("UPDATE runs SET state = ?, seen = ?, ended = ? WHERE n = ?"), string(Interrupted), now, now, run)
	return err
}

// save writes collected rows in one transaction and forgets them.
func (s *Store) save(ctx context.Context, w *rows) error {
	err := s.d.Write(ctx, func(tx *sql.Tx) error {
		for table, list := range w.byTab {
			if err := s.insertAll(ctx, tx, table, list); err != nil {
				return err
			}
		}
		if w.end == nil {
			return nil
		}
		custom, err := json.Marshal(w.end.Custom)
		if err != nil {
			return err
		}
		at := w.end.Time.UnixMicro()
		_, err = tx.ExecContext(ctx, s.d.Bind("UPDATE runs SET state = ?, exit_code = ?, seen = ?, ended = ?, custom = ? WHERE n = ?"),
			string(Finished), w.end.Exit, at, at, string(custom), w.run)
		return err
	})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	clear(w.byTab)
	w.ended = w.ended || w.end != nil
	w.end = nil
	return nil
}

func (s *Store) insertAll(ctx context.Context, tx *sql.Tx, table string, list [][]any) error {
	stmt, err := tx.PrepareContext(ctx, s.d.Insert(table, columns[table]))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the transaction tells
	for _, row := range list {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}
