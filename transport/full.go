package transport

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/musterhq/muster/transport/wire"
)

// errElsewhere says that the rest of a request needs a full runner.
var errElsewhere = errors.New("the slim runner cannot do it, and there is no full one")

// full is the full runner beside a slim one. It is opened on first need.
type full struct {
	open func(ctx context.Context) (*Session, error)
	turn chan struct{} // holds a token while nobody opens it

	mu      sync.Mutex
	modules map[string]bool // those that were sent back
	session *Session
	closed  bool
}

func newFull(open func(ctx context.Context) (*Session, error)) *full {
	f := &full{open: open, turn: make(chan struct{}, 1), modules: map[string]bool{"get_url": true, "uri": true}}
	f.turn <- struct{}{}
	return f
}

// wanted says that a request had better not be tried on the slim runner: modules that were sent back before, and jobs
// that mention an address or a Zstandard file, because nobody is asked once they have left.
func (f *full) wanted(req *wire.Request) bool {
	f.mu.Lock()
	known := f.modules[shortName(req.Module)]
	f.mu.Unlock()
	if known || req.Async == 0 {
		return known
	}
	for _, item := range req.Items {
		if mentionsAddress(item.Args) {
			return true
		}
	}
	return false
}

func shortName(module string) string { return module[strings.LastIndexByte(module, '.')+1:] }

func mentionsAddress(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "://") || strings.HasSuffix(v, ".zst")
	case []any:
		for _, e := range v {
			if mentionsAddress(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if mentionsAddress(e) {
				return true
			}
		}
	}
	return false
}

func (f *full) remember(module string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.modules[shortName(module)] = true
}

// get returns the full runner's session, opening it where needed.
func (f *full) get(ctx context.Context) (*Session, error) {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { f.turn <- struct{}{} }()
	f.mu.Lock()
	s, closed := f.session, f.closed
	f.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	if s != nil && alive(s.done) {
		return s, nil
	}
	s, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session = s
	if f.closed {
		_ = s.Close()
		return nil, errClosed
	}
	return s, nil
}

// close ends the full runner together with the slim one.
func (f *full) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.session != nil {
		_ = f.session.Close()
	}
}

// expand gives the session a full runner before anybody uses it.
func (s *Session) expand(f *full) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = f
	if s.err != nil {
		f.close()
	}
}

// doFull sends what is left of a request, from an item on, to the full runner.
func (s *Session) doFull(ctx context.Context, req *wire.Request, from int, content ContentFunc, onResult func(*wire.Response)) error {
	other, err := s.full.get(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return s.asError(err)
	}
	rest := *req
	rest.Items = req.Items[from:]
	return other.Do(ctx, &rest, content, func(r *wire.Response) {
		r.Index += from
		onResult(r)
	})
}
