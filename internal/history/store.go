package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/database"
)

// Store is an open run store. Its methods may be called concurrently, and other processes may have the same store open.
type Store struct {
	db *sql.DB
	d  *database.DB
}

// Open opens the store in a database: the path of a SQLite file, which is made when there is none, or a postgres:// URL.
// A store of an older version is brought up to date; one of a newer version is refused and left as it is.
func Open(ctx context.Context, location string) (*Store, error) {
	d, err := database.Open(ctx, location)
	if err != nil {
		if !strings.Contains(location, "://") && !strings.Contains(err.Error(), location) {
			err = fmt.Errorf("%s: %w", location, err)
		}
		return nil, fmt.Errorf("history: %w", err)
	}
	if err := d.Migrate(ctx, "schema", migrations); err != nil {
		return nil, errors.Join(fmt.Errorf("history: %s: %w", d.Location(), err), d.Close())
	}
	return &Store{db: d.SQL(), d: d}, nil
}

// Close closes the store. Recorders must be closed before it.
func (s *Store) Close() error { return s.d.Close() }

// Location is where the store is, without a password.
func (s *Store) Location() string { return s.d.Location() }

// Database is what the store is kept in; other parts of muster keep their tables there, too. Close closes it.
func (s *Store) Database() *database.DB { return s.d }
