package fetch

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrElsewhere is the answer of Do in a program that makes no web requests.
var ErrElsewhere = errors.New("this runner makes no web requests")

type elsewhereKey struct{}

// Watch returns a context for a module's run and whether, in it, Do was called in a program that makes no web requests.
func Watch(ctx context.Context) (context.Context, func() bool) {
	called := new(atomic.Bool)
	return context.WithValue(ctx, elsewhereKey{}, called), called.Load
}
