package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Store is an open run store. Its methods may be called concurrently, and other processes may have the same store open.
type Store struct {
	db *sql.DB
	d  dialect
	at string
}

// Open opens the store at a path and makes it when there is none. A store of an older version is brought up to date; one
// of a newer version is refused and left as it is.
func Open(ctx context.Context, location string) (*Store, error) {
	if scheme, _, found := strings.Cut(location, "://"); found {
		return nil, fmt.Errorf("history: %s stores are not supported; give the path of a file", scheme)
	}
	db, d, err := openSQLite(location)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	s := &Store{db: db, d: d, at: location}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("history: %s: %w", location, err), db.Close())
	}
	return s, nil
}

// Close closes the store. Recorders must be closed before it.
func (s *Store) Close() error { return s.db.Close() }

// Location is where the store is, as it was given to Open.
func (s *Store) Location() string { return s.at }

// migrate brings the schema up to date.
func (s *Store) migrate(ctx context.Context) error {
	if v, err := s.version(ctx, s.db); err == nil && v == schemaVersion {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
			return err
		}
		v, err := s.version(ctx, tx)
		if err != nil {
			return err
		}
		if v > schemaVersion {
			return fmt.Errorf("it was written by a newer muster (schema %d, this one knows %d); nothing was changed: use that version, or another store through MUSTER_HISTORY", v, schemaVersion)
		}
		for _, statements := range migrations[v:] {
			for _, text := range statements {
				if _, err := tx.ExecContext(ctx, text); err != nil {
					return err
				}
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM meta WHERE name = 'schema'"); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, s.d.bind("INSERT INTO meta (name, value) VALUES ('schema', ?)"), strconv.Itoa(schemaVersion))
		return err
	})
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version is the version of the store's schema; 0 for a store that was just made.
func (s *Store) version(ctx context.Context, q queryer) (int, error) {
	var text string
	err := q.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'schema'").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// write runs f in a transaction that keeps other writers out.
func (s *Store) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if s.d.lock != "" {
		if _, err := tx.ExecContext(ctx, s.d.lock); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// insert is the statement that inserts a row into a table.
func (s *Store) insert(table, columns string) string {
	marks := strings.TrimSuffix(strings.Repeat("?, ", strings.Count(columns, ",")+1), ", ")
	return s.d.bind("INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")")
}
