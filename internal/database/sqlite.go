package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // the driver of database/sql
	sqlite3 "modernc.org/sqlite/lib"
)

// patience is how long a writer waits for another.
const patience = 10 * time.Second

// openSQLite opens or makes a file; it and its folder are the user's own. Several processes may have it open: a writer
// waits up to ten seconds for another.
func openSQLite(path string) (*sql.DB, dialect, error) {
	if err := own(path); err != nil {
		return nil, dialect{}, err
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), "auto_vacuum(incremental)", "journal_mode(wal)", "synchronous(normal)", "temp_store(memory)",
	}}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, dialect{}, err
	}
	db.SetMaxOpenConns(4)
	return db, dialect{
		reach: reachSQLite,
		bind:  func(s string) string { return s },
		shrink: func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, "PRAGMA incremental_vacuum")
			return err
		},
		size: sqliteSize,
	}, nil
}

// reachSQLite opens the file. While another process makes it, SQLite does not wait by itself.
func reachSQLite(ctx context.Context, db *sql.DB) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; {
		err := db.PingContext(ctx)
		var coded *sqlite.Error
		busy := errors.As(err, &coded) && coded.Code()&0xff == sqlite3.SQLITE_BUSY
		if !busy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func sqliteSize(ctx context.Context, db *sql.DB) (int64, error) {
	var pages, free, bytes int64
	for pragma, to := range map[string]*int64{"page_count": &pages, "freelist_count": &free, "page_size": &bytes} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(to); err != nil {
			return 0, err
		}
	}
	return (pages - free) * bytes, nil
}

// own makes a store's folder (0700) and file (0600), and refuses a file that others may read.
func own(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s: it belongs to somebody else or must not be written", path)
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	st, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case st.Mode().Perm()&0o077 != 0:
		return f.Chmod(0o600)
	}
	return nil
}
