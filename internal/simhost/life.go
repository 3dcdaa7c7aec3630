package simhost

import (
	"context"
	"sync"
	"time"
)

// life is the context of everything a server runs: it ends when the server is closed.
type life struct {
	once sync.Once
	over chan struct{}
}

func newLife() *life { return &life{over: make(chan struct{})} }

func (l *life) end() { l.once.Do(func() { close(l.over) }) }

// Deadline says that there is none.
func (l *life) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done is closed when the server is.
func (l *life) Done() <-chan struct{} { return l.over }

// Err returns context.Canceled once the server is closed.
func (l *life) Err() error {
	select {
	case <-l.over:
		return context.Canceled
	default:
		return nil
	}
}

// Value holds nothing.
func (l *life) Value(any) any { return nil }

type serverKey struct{}

// Background does work of the host that goes on when the session of ctx has ended. Closing the server ends the context of the
// work and waits for it; without a server, nothing does.
func Background(ctx context.Context, work func(context.Context)) {
	if s, ok := ctx.Value(serverKey{}).(*Server); ok {
		s.running.Go(func() { work(s.ctx) })
		return
	}
	go work(context.WithoutCancel(ctx))
}
