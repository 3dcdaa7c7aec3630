// Package pgtest starts a throw-away PostgreSQL server for tests that are built with the tag e2e.
package pgtest
