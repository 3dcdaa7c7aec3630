//go:build slim

package fetch

import (
	"context"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/modules/sys"
)

// Do makes no request in this program: it notes that the task belongs elsewhere.
func Do(ctx context.Context, _ sys.Reader, _ Request) (*Response, error) {
	elsewhere.Note(ctx, elsewhere.Err)
	return nil, elsewhere.Err
}
