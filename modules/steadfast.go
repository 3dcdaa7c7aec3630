package modules

import "context"

type endKey struct{}

// WithEnd gives what runs in ctx a second, later end. A change that has begun goes on when ctx ends, because half a change is
// worse than a late one; it is stopped when end ends.
func WithEnd(ctx, end context.Context) context.Context {
	return context.WithValue(ctx, endKey{}, end)
}

// steadfast returns the context of a change that begins: it ends with the later end that ctx has, if it has one. The
// function frees it.
func steadfast(ctx context.Context) (context.Context, func()) {
	end, ok := ctx.Value(endKey{}).(context.Context)
	if !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(end, func() { cancel(context.Cause(end)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}
