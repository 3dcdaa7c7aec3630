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
