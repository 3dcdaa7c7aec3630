// Package database opens what muster keeps its records in: one SQLite file, or a PostgreSQL database that is named by its
// URL. Statements are SQL that both understand, with question marks for their arguments: times are microseconds since
// 1970 in UTC, truth values 0 or 1, structures JSON text.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DB is an open database. Its methods may be called concurrently, and other processes may have the same one open.
type DB struct {
	sql *sql.DB
	d   dialect
	at  string
}

// dialect is what differs between databases.
type dialect struct {
	// reach makes the first connection.
	reach func(ctx context.Context, db *sql.DB) error
	// bind turns the question marks of a statement into the database's own placeholders.
	bind func(string) string
	// shrink gives back the space of rows that were deleted; nil when the database does it by itself.
	shrink func(ctx context.Context, db *sql.DB) error
	// size is how many bytes the database takes.
	size func(ctx context.Context, db *sql.DB) (int64, error)
	// lock, if any, is a statement that keeps other writers out for the rest of a transaction. SQLite's transactions do.
	lock string
}

// Open opens the database at a path, which is made when there is nothing, or at a postgres:// URL.
func Open(ctx context.Context, location string) (*DB, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	open := openSQLite
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		open = openPostgres
	case isURL:
		return nil, fmt.Errorf("%s databases are not supported; give the path of a file or a postgres:// URL", scheme)
	}
	db, d, err := open(location)
	if err != nil {
		return nil, err
	}
	if err := d.reach(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DB{sql: db, d: d, at: location}, nil
}

// Close closes the database.
func (d *DB) Close() error { return d.sql.Close() }

// SQL is the pool of connections.
func (d *DB) SQL() *sql.DB { return d.sql }

// Location is where the database is, without a password.
func (d *DB) Location() string { return Redacted(d.at) }

// Bind writes a statement with the database's own placeholders.
func (d *DB) Bind(statement string) string { return d.d.bind(statement) }

// Size is how many bytes the database takes.
func (d *DB) Size(ctx context.Context) (int64, error) { return d.d.size(ctx, d.sql) }

// Shrink gives back the space of rows that were deleted.
func (d *DB) Shrink(ctx context.Context) error {
	if d.d.shrink == nil {
		return nil
	}
	return d.d.shrink(ctx, d.sql)
}

// Write runs f in a transaction that keeps other writers out. f may be called by one goroutine at a time.
func (d *DB) Write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if d.d.lock != "" {
		if _, err := tx.ExecContext(ctx, d.d.lock); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Insert is the statement that inserts a row into a table.
func (d *DB) Insert(table, columns string) string {
	marks := strings.TrimSuffix(strings.Repeat("?, ", strings.Count(columns, ",")+1), ", ")
	return d.Bind("INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")")
}

// Migrate brings the tables of one part of muster up to date. migrations go from one version to the next, and the first
// makes the tables; one that was released is never edited. Tables of a newer version are refused and left as they are.
func (d *DB) Migrate(ctx context.Context, part string, migrations [][]string) error {
	if v, err := d.version(ctx, d.sql, part); err == nil && v == len(migrations) {
		return nil
	}
	return d.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
			return err
		}
		v, err := d.version(ctx, tx, part)
		if err != nil {
			return err
		}
		if v > len(migrations) {
			return &NewerError{Part: part, Found: v, Known: len(migrations)}
		}
		for _, statements := range migrations[v:] {
			for _, text := range statements {
				if _, err := tx.ExecContext(ctx, text); err != nil {
					return err
				}
			}
		}
		if _, err := tx.ExecContext(ctx, d.Bind("DELETE FROM meta WHERE name = ?"), part); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, d.Insert("meta", "name, value"), part, strconv.Itoa(len(migrations)))
		return err
	})
}

// NewerError says that a newer muster wrote the database. Nothing was changed.
type NewerError struct {
	Part         string
	Found, Known int
}

// Error says what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("it was written by a newer muster (%s %d, this one knows %d); nothing was changed: use that version, or another store (MUSTER_HISTORY; store in the file of jobs)", e.Part, e.Found, e.Known)
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version is the version of a part's tables; 0 when there are none.
func (d *DB) version(ctx context.Context, q queryer, part string) (int, error) {
	var text string
	err := q.QueryRowContext(ctx, d.Bind("SELECT value FROM meta WHERE name = ?"), part).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// Micros is a time as databases keep it; 0 is the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the time that a database keeps as microseconds, in UTC.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
