package history

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/event"
)

const (
	flushEvery = 200 * time.Millisecond // how long events wait for others
	maxWaiting = 20000                  // events; more make the run wait for the store
	heartbeat  = 30 * time.Second       // how often a run tells that it is alive
)

// Recorder writes the events of one run into the store. Handle returns at once: one goroutine writes what was collected,
// many rows in one transaction. The first error ends the writing and is what Close returns.
type Recorder struct {
	s   *Store
	w   *rows
	ctx context.Context

	mu      sync.Mutex
	room    *sync.Cond
	waiting []event.Event
	err     error

	wake chan struct{}
	done chan struct{}
	gone chan struct{}
}

// Begin opens a run in the store and returns what records its events. ctx must outlive the run: cancelling it stops the
// writing. later, if any, is called by the writer once for what takes long to find out about the run.
func (s *Store) Begin(ctx context.Context, run Run, later func(context.Context) Git) (*Recorder, error) {
	n, err := s.open(ctx, run)
	if err != nil {
		return nil, err
	}
	r := &Recorder{s: s, w: newRows(n), ctx: ctx, wake: make(chan struct{}, 1), done: make(chan struct{}), gone: make(chan struct{})}
	r.room = sync.NewCond(&r.mu)
	go r.work(later)
	return r, nil
}

// Handle takes an event. It may be called concurrently.
func (r *Recorder) Handle(e event.Event) {
	if !recorded(e) {
		return
	}
	r.mu.Lock()
	for len(r.waiting) >= maxWaiting && r.err == nil {
		r.room.Wait()
	}
	if r.err == nil {
		r.waiting = append(r.waiting, e)
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// recorded reports whether the store keeps anything of an event.
func recorded(e event.Event) bool {
	switch e := e.(type) {
	case event.PlayStart, event.TaskStart, event.ItemResult, event.RunEnd:
		return true
	case event.TaskResult:
		return !e.Replayed // the earlier run has it
	case event.Message:
		return e.Level != "verbose"
	}
	return false
}

// Close writes what waits and returns the first error that the recorder had. A run that saw no RunEnd is marked as
// interrupted.
func (r *Recorder) Close() error {
	close(r.done)
	<-r.gone
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// work writes until Close, or until an error.
func (r *Recorder) work(later func(context.Context) Git) {
	defer close(r.gone)
	git := make(chan Git, 1)
	go func() {
		if later != nil {
			git <- later(r.ctx)
		}
		close(git)
	}()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.wake:
			r.flush()
			r.pause()
		case <-beat.C:
			r.fail(r.s.alive(r.ctx, r.w.run))
		case <-r.done:
			r.flush()
			if !r.w.ended {
				r.fail(r.s.leave(r.ctx, r.w.run))
			}
			if g := <-git; g != (Git{}) {
				r.fail(r.s.setGit(r.ctx, r.w.run, g))
			}
			return
		}
	}
}

// pause lets events collect.
func (r *Recorder) pause() {
	t := time.NewTimer(flushEvery)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.done:
	}
}

// flush writes what waits in one transaction.
func (r *Recorder) flush() {
	r.mu.Lock()
	events := r.waiting
	r.waiting = nil
	r.room.Broadcast()
	failed := r.err != nil
	r.mu.Unlock()
	if failed || len(events) == 0 {
		return
	}
	for _, e := range events {
		r.w.take(e)
	}
	r.fail(r.s.save(r.ctx, r.w))
}

func (r *Recorder) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, err)
	r.waiting = nil
	r.room.Broadcast()
}
