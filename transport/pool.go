package transport

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// Pool holds one connection and one runner for each target of a run. Its methods may be called concurrently; the first
// user of a target opens it, others wait for that.
type Pool struct {
	dialers  map[string]Dialer
	binaries Binaries
	version  string

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*entry
	closed  bool
}

// entry is one target's place. turn holds a token while nobody opens or closes it.
type entry struct {
	turn    chan struct{}
	conn    Conn
	session *Session
}

var errPoolClosed = errors.New("the run is over")

// NewPool opens connections with the dialer of their kind: ssh, local. version is muster's own.
func NewPool(dialers map[string]Dialer, binaries Binaries, version string) *Pool {
	return &Pool{dialers: dialers, binaries: binaries, version: version, entries: map[[sha256.Size]byte]*entry{}}
}

// fingerprint tells targets apart by everything that reaches them; how long that may take is not part of it. It gives no
// secret away.
func fingerprint(t Target) ([sha256.Size]byte, error) {
	t.Timeout = 0
	data, err := json.Marshal(t)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("%s: target: %w", t.Name, err)
	}
	return sha256.Sum256(data), nil
}

// Session returns the target's runner, connecting and installing where needed. A session that was lost is opened anew.
// Errors are *Error or ctx's.
func (p *Pool) Session(ctx context.Context, t Target) (*Session, error) {
	e, release, err := p.enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer release()
	if e.session != nil && alive(e.session.Done()) && alive(e.conn.Done()) {
		return e.session, nil
	}
	if err := p.connect(ctx, e, t); err != nil {
		return nil, err
	}
	s, err := Open(ctx, e.conn, t, p.binaries, p.version)
	if err != nil {
		return nil, err
	}
	e.session = s
	return s, nil
}

// Conn returns the target's connection without a runner, for raw commands.
func (p *Pool) Conn(ctx context.Context, t Target) (Conn, error) {
	e, release, err := p.enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := p.connect(ctx, e, t); err != nil {
		return nil, err
	}
	return e.conn, nil
}

// connect dials unless the entry has a connection that works.
func (p *Pool) connect(ctx context.Context, e *entry, t Target) error {
	if e.conn != nil {
		if alive(e.conn.Done()) {
			return nil
		}
		_ = e.close() // it is lost already
	}
	kind := t.Connection
	if kind == "" {
		kind = "ssh"
	}
	d, ok := p.dialers[kind]
	if !ok {
		return &Error{Host: t.Name, Kind: KindConfig, What: fmt.Sprintf("connection %q is not known", kind), Hint: "ansible_connection may be ssh or local"}
	}
	conn, err := d.Dial(ctx, t)
	if err != nil {
		return err
	}
	e.conn = conn
	return nil
}

// Reset closes a target's connection; the next use opens another.
func (p *Pool) Reset(ctx context.Context, t Target) error {
	e, release, err := p.enter(ctx, t)
	if err != nil {
		return err
	}
	defer release()
	return e.close()
}

// Close ends all runners and connections. Later uses of the pool fail.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	entries := p.entries
	p.entries = map[[sha256.Size]byte]*entry{}
	p.mu.Unlock()
	var wg sync.WaitGroup
	errs := make([]error, len(entries))
	i := 0
	for _, e := range entries {
		at := i
		i++
		wg.Go(func() {
			<-e.turn
			errs[at] = e.close()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// enter waits for the turn at a target's entry.
func (p *Pool) enter(ctx context.Context, t Target) (*entry, func(), error) {
	key, err := fingerprint(t)
	if err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, nil, &Error{Host: t.Name, Kind: KindLost, What: errPoolClosed.Error(), Err: errPoolClosed}
	}
	e, ok := p.entries[key]
	if !ok {
		e = &entry{turn: make(chan struct{}, 1)}
		e.turn <- struct{}{}
		p.entries[key] = e
	}
	p.mu.Unlock()
	select {
	case <-e.turn:
		return e, func() { e.turn <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

func (e *entry) close() error {
	var errs []error
	if e.session != nil {
		errs = append(errs, e.session.Close())
	}
	if e.conn != nil {
		errs = append(errs, e.conn.Close())
	}
	e.session, e.conn = nil, nil
	return errors.Join(errs...)
}

func alive(done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}
