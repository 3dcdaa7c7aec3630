package database

import (
	"context"
	"database/sql"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// writers is the number of the advisory lock that writers of muster's tables take turns with, for the length of a
// transaction.
const writers = "7310293548209"

// openPostgres prepares connections to a database; none is made yet.
func openPostgres(location string) (*sql.DB, dialect, error) {
	config, err := pgx.ParseConfig(location) // its errors show no password
	if err != nil {
		return nil, dialect{}, err
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(8)
	return db, dialect{
		reach: func(ctx context.Context, db *sql.DB) error { return db.PingContext(ctx) },
		bind:  numbered,
		size: func(ctx context.Context, db *sql.DB) (n int64, err error) {
			err = db.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
			return n, err
		},
		lock: "SELECT pg_advisory_xact_lock(" + writers + ")",
	}, nil
}

// numbered turns question marks into $1, $2 …; those in quotes stay.
func numbered(statement string) string {
	var b strings.Builder
	n, quoted := 0, false
	for _, r := range statement {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == '?' && !quoted:
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Redacted is a location without its password.
func Redacted(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.User == nil {
		return location
	}
	return u.Redacted()
}
