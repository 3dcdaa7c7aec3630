package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/musterhq/muster/transport"
)

// jumps shares connections to jump hosts: however many hosts lie behind one, it is connected to once.
type jumps struct {
	mu   sync.Mutex
	open map[string]*jump
}

// jump is a connection to a jump host, or the attempt to make one.
type jump struct {
	ready chan struct{}
	link  *link
	err   error
	users int
}

// get returns the connection to a jump host, made by whoever comes first, and what gives it back. Without a jump host
// there is no connection.
func (j *jumps) get(ctx context.Context, d *Dialer, s *settings) (*link, func(), error) {
	if s == nil {
		return nil, func() {}, nil
	}
	key := jumpKey(s)
	j.mu.Lock()
	if j.open == nil {
		j.open = map[string]*jump{}
	}
	shared := j.open[key]
	if shared == nil || shared.dead() {
		shared = &jump{ready: make(chan struct{})}
		j.open[key] = shared
		// The first to come may be cancelled while others wait for the same connection.
		go shared.connect(context.WithoutCancel(ctx), d, s)
	}
	shared.users++
	j.mu.Unlock()
	release := sync.OnceFunc(func() { j.release(key, shared) })
	select {
	case <-shared.ready:
	case <-ctx.Done():
		release()
		return nil, nil, d.cancelled(s, context.Cause(ctx))
	}
	if shared.err != nil {
		release()
		return nil, nil, throughJump(s, shared.err)
	}
	return shared.link, release, nil
}

func (j *jump) connect(ctx context.Context, d *Dialer, s *settings) {
	j.link, j.err = d.connect(ctx, s)
	if j.err == nil {
		go func() { _ = keepAlive(j.link, s) }() // it ends with the link
	}
	close(j.ready)
}

// dead reports whether the connection failed or was lost, so that the next to come makes a new one.
func (j *jump) dead() bool {
	select {
	case <-j.ready:
		return j.err != nil || j.link.stream.closed.Load()
	default:
		return false
	}
}

// release closes the connection when its last user goes.
func (j *jumps) release(key string, shared *jump) {
	j.mu.Lock()
	shared.users--
	last := shared.users == 0
	if last && j.open[key] == shared {
		delete(j.open, key)
	}
	j.mu.Unlock()
	if !last {
		return
	}
	go func() {
		<-shared.ready
		if shared.link != nil {
			shared.link.close()
		}
	}()
}

// jumpKey tells jump hosts apart: who, where, and through which others.
func jumpKey(s *settings) string {
	key := fmt.Sprintf("%s@%s %s %s", s.user, s.address(), s.via, s.policy)
	if s.jump != nil {
		key += " via " + jumpKey(s.jump)
	}
	return key
}

// throughJump says that it is the jump host that cannot be reached.
func throughJump(s *settings, err error) error {
	var e *transport.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Host, c.What = s.name, fmt.Sprintf("jump host %s: %s", s.asked, e.What)
	return &c
}
