//go:build slim

package fetch

import (
	"context"
	"sync/atomic"

	"github.com/musterhq/muster/modules/sys"
)

// Do makes no request in this program; see ErrElsewhere.
func Do(ctx context.Context, _ sys.Reader, _ Request) (*Response, error) {
	if called, ok := ctx.Value(elsewhereKey{}).(*atomic.Bool); ok {
		called.Store(true)
	}
	return nil, ErrElsewhere
}
