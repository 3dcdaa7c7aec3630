// Package elsewhere lets a slim runner say that a task belongs to a full one: the slim runner is built (tag slim) without
// what few tasks need and much of a program's size is made of. The controller then repeats the item on a full runner.
package elsewhere

import (
	"context"
	"errors"
	"sync/atomic"
)

// Err is the answer of whatever is left out of a slim runner.
var Err = errors.New("this runner is too slim for the task")

type key struct{}

// Watch returns a context for a module's run and whether, in it, something was asked for that this program lacks.
func Watch(ctx context.Context) (context.Context, func() bool) {
	asked := new(atomic.Bool)
	return context.WithValue(ctx, key{}, asked), asked.Load
}

// Note says that the run of ctx needs something that this program lacks, when err is Err.
func Note(ctx context.Context, err error) {
	if asked, ok := ctx.Value(key{}).(*atomic.Bool); ok && errors.Is(err, Err) {
		asked.Store(true)
	}
}
