package ssh

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// semaphore bounds how many do something at once.
type semaphore chan struct{}

func newSemaphore(n int) semaphore { return make(semaphore, n) }

func (s semaphore) acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s semaphore) release() { <-s }

// jitter spreads those that had to wait, so that they do not all knock at the same moment.
const jitter = 20 * time.Millisecond

// limiter bounds handshakes: all together, and with one server or through one proxy.
type limiter struct {
	all     semaphore
	perHost int
	mu      sync.Mutex
	hosts   map[string]*hostLimit
}

type hostLimit struct {
	slots semaphore
	users int
}

func newLimiter(all, perHost int) *limiter {
	return &limiter{all: newSemaphore(all), perHost: perHost, hosts: map[string]*hostLimit{}}
}

// acquire waits for a slot and returns what gives it back.
func (l *limiter) acquire(ctx context.Context, host string) (func(), error) {
	h := l.enter(host)
	waits := len(h.slots) == cap(h.slots)
	if err := h.slots.acquire(ctx); err != nil {
		l.leave(host)
		return nil, err
	}
	if waits {
		if err := pause(ctx, rand.N(jitter)); err != nil {
			h.slots.release()
			l.leave(host)
			return nil, err
		}
	}
	if err := l.all.acquire(ctx); err != nil {
		h.slots.release()
		l.leave(host)
		return nil, err
	}
	return sync.OnceFunc(func() {
		l.all.release()
		h.slots.release()
		l.leave(host)
	}), nil
}

func (l *limiter) enter(host string) *hostLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[host]
	if h == nil {
		h = &hostLimit{slots: newSemaphore(l.perHost)}
		l.hosts[host] = h
	}
	h.users++
	return h
}

func (l *limiter) leave(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.hosts[host]; h != nil {
		if h.users--; h.users == 0 {
			delete(l.hosts, host)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
