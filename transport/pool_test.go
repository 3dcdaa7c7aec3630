package transport_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
)

// dials counts, and fails on demand.
type dials struct {
	local.Dialer
	n    atomic.Int32
	err  error
	mu   sync.Mutex
	last transport.Conn
}

func (d *dials) Dial(ctx context.Context, t transport.Target) (transport.Conn, error) {
	d.n.Add(1)
	if d.err != nil {
		return nil, d.err
	}
	c, err := d.Dialer.Dial(ctx, t)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = c
	return c, err
}

func pool(t *testing.T) (*transport.Pool, *dials) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &dials{Dialer: local.Dialer{Runner: []string{exe, "runner"}}}
	p := transport.NewPool(map[string]transport.Dialer{"ssh": d, "local": d}, nil, "1.2.3")
	t.Cleanup(func() { _ = p.Close() })
	return p, d
}

func TestPoolOpensOnce(t *testing.T) {
	p, d := pool(t)
	var wg sync.WaitGroup
	sessions := make([]*transport.Session, 20)
	for i := range sessions {
		wg.Go(func() {
			s, err := p.Session(t.Context(), transport.Target{Name: "h1"})
			if err != nil {
				t.Error(err)
				return
			}
			sessions[i] = s
			use(t, s)
		})
	}
	wg.Wait()
	for _, s := range sessions {
		if s != sessions[0] {
			t.Fatal("two sessions for one target")
		}
	}
	if _, err := p.Conn(t.Context(), transport.Target{Name: "h1"}); err != nil || d.n.Load() != 1 {
		t.Errorf("%d connections, %v", d.n.Load(), err)
	}
	other, err := p.Session(t.Context(), transport.Target{Name: "h1", User: "web", Password: "x"})
	if err != nil || other == sessions[0] || d.n.Load() != 2 {
		t.Errorf("another target shares the session: %v", err)
	}
}

func TestPoolOpensAgain(t *testing.T) {
	p, d := pool(t)
	target := transport.Target{Name: "h1"}
	session := func() *transport.Session {
		t.Helper()
		s, err := p.Session(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		use(t, s)
		return s
	}
	first := session()
	_ = first.Close() // the runner alone ends
	if session() == first || d.n.Load() != 1 {
		t.Errorf("%d connections after the runner ended", d.n.Load())
	}
	_ = d.last.Close() // the connection is lost
	session()
	if d.n.Load() != 2 {
		t.Errorf("%d connections after one was lost", d.n.Load())
	}
	if err := p.Reset(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	last := session()
	if d.n.Load() != 3 {
		t.Errorf("%d connections after a reset", d.n.Load())
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	<-last.Done()
	var e *transport.Error
	if _, err := p.Session(t.Context(), target); !errors.As(err, &e) || e.Kind != transport.KindLost {
		t.Errorf("a closed pool: %v", err)
	}
}

func TestPoolFails(t *testing.T) {
	p, d := pool(t)
	d.err = &transport.Error{Host: "h1", Kind: transport.KindRefused, What: "connection refused"}
	for range 2 {
		if _, err := p.Session(t.Context(), transport.Target{Name: "h1"}); !errors.Is(err, d.err) {
			t.Errorf("got %v", err)
		}
	}
	if d.n.Load() != 2 {
		t.Error("a failure was kept")
	}
	var e *transport.Error
	if _, err := p.Conn(t.Context(), transport.Target{Name: "h1", Connection: "winrm"}); !errors.As(err, &e) || e.Kind != transport.KindConfig {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Session(ctx, transport.Target{Name: "h2", Connection: "local"}); err == nil {
		t.Error("a cancelled caller got a session")
	}
}
