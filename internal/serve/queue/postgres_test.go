//go:build e2e

package queue

import (
	"testing"

	"github.com/musterhq/muster/internal/database/pgtest"
)

// TestTwoDaemonsOnPostgres is TestTwoDaemons on one PostgreSQL.
func TestTwoDaemonsOnPostgres(t *testing.T) { twoDaemons(t, pgtest.Start(t)) }
