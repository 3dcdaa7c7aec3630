//go:build slim

package zst

import (
	"io"

	"github.com/musterhq/muster/internal/elsewhere"
)

// NewReader decompresses nothing in this program; the error is elsewhere.Err.
func NewReader(io.Reader) (io.ReadCloser, error) { return nil, elsewhere.Err }
