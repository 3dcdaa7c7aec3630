package sys

import (
	"context"
	"io"
)

// Tell gets what a command writes, to standard error or not. It may be called concurrently, must not keep p, and must not
// block for long: the command waits for it.
type Tell func(p []byte, stderr bool)

type watchKey struct{}

// Watching returns a context in which tell gets what the commands of Run write, as it comes.
func Watching(ctx context.Context, tell Tell) context.Context {
	return context.WithValue(ctx, watchKey{}, tell)
}

// unwatched is the context of commands that only look.
func unwatched(ctx context.Context) context.Context {
	if watched(ctx) == nil {
		return ctx
	}
	return Watching(ctx, nil)
}

func watched(ctx context.Context) Tell {
	tell, _ := ctx.Value(watchKey{}).(Tell)
	return tell
}

// telling is a writer that tells what goes through it.
type telling struct {
	next   io.Writer
	tell   Tell
	stderr bool
}

// Write passes on and tells.
func (w telling) Write(p []byte) (int, error) {
	n, err := w.next.Write(p)
	w.tell(p[:n], w.stderr)
	return n, err
}
