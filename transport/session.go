package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/transport/wire"
)

// The heartbeat: how often the controller asks, when it gives the runner up, and when the runner gives it up.
const (
	pingEvery     = 15 * time.Second
	runnerSilent  = 90 * time.Second
	controlSilent = 3 * time.Minute
)

// Session is a runner on a host, reached through one process of a connection. Its methods may be called concurrently;
// requests share the stream and are answered in any order.
type Session struct {
	host   string
	proc   Process
	w      *wire.Writer
	remote wire.Hello
	stderr *tail
	conn   Conn
	full   *full // where tasks go that this runner cannot do; nil when it can do all

	mu     sync.Mutex
	calls  map[uint64]*call
	lastID uint64
	err    error

	done    chan struct{}
	heard   atomic.Int64 // when the runner was last heard, in nanoseconds of the clock below
	started time.Time
	pinging atomic.Bool
}

// ContentFunc opens content that a request named, by its SHA-256.
type ContentFunc func(ctx context.Context, sha256 string) (io.ReadCloser, error)

// newSession takes over a process whose Magic has been read, and greets it.
func newSession(host, version string, proc Process, out *bufio.Reader, stderr *tail, conn Conn) (*Session, error) {
	frames := wire.NewReader(out)
	kind, payload, err := frames.Next()
	if err != nil {
		return nil, fmt.Errorf("read the runner's greeting: %w", err)
	}
	if kind != wire.TypeHello {
		return nil, fmt.Errorf("the runner greets with a frame of type %d", kind)
	}
	remote, err := wire.Decode[wire.Hello](payload)
	if err != nil {
		return nil, err
	}
	if remote.Protocol != wire.Protocol {
		return nil, fmt.Errorf("the runner speaks protocol %d, muster speaks %d", remote.Protocol, wire.Protocol)
	}
	s := &Session{host: host, proc: proc, w: wire.NewWriter(proc.Stdin()), remote: *remote, stderr: stderr, conn: conn,
		calls: map[uint64]*call{}, done: make(chan struct{}), started: time.Now()}
	// The greeting waits for the first request and leaves with it.
	if err := s.w.StartSoon(wire.Hello{Protocol: wire.Protocol, Version: version, Heartbeat: controlSilent.Milliseconds()}); err != nil {
		return nil, err
	}
	go s.read(frames)
	go s.beat()
	return s, nil
}

// Remote is what the runner says of itself: its user, home and process.
func (s *Session) Remote() wire.Hello { return s.remote }

// Done is closed when the session can take no more requests; Err then says why.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err is nil while the session works, and after Close.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.err, errClosed) {
		return nil
	}
	return s.err
}

var errClosed = errors.New("the session is closed")

// Close ends the runner by ending its input. Running requests return an error.
func (s *Session) Close() error {
	s.fail(errClosed)
	return nil
}

// Do sends a request and calls onResult for each item, in order, until the last one, and for output of the item that runs
// when the request asks for that (then Result is nil); its ID is chosen here. Content that
// the request names is opened through content when the runner asks for it, nothing else can be asked for. When ctx ends
// first, the request is cancelled on the host, the results it still has are delivered, and Do returns ctx's cause.
// Errors that concern the host are *Error. onResult is called from Do's goroutine.
//
// What a slim runner cannot do goes to a full one, which is installed and started beside it on first need.
func (s *Session) Do(ctx context.Context, req *wire.Request, content ContentFunc, onResult func(*wire.Response)) error {
	if s.full != nil && s.full.wanted(req) {
		return s.doFull(ctx, req, 0, content, onResult)
	}
	done, err := s.do(ctx, req, content, onResult)
	if !errors.Is(err, errElsewhere) {
		return err
	}
	if s.full == nil {
		return &Error{Host: s.host, Kind: KindRunner, What: req.Module + ": " + err.Error()}
	}
	s.full.remember(req.Module)
	return s.doFull(ctx, req, done, content, onResult)
}

// do returns how many items were answered.
func (s *Session) do(ctx context.Context, req *wire.Request, content ContentFunc, onResult func(*wire.Response)) (int, error) {
	c := newCall(s, req, content, onResult)
	sent := *req
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return 0, s.asError(s.err)
	}
	s.lastID++
	c.id, sent.ID = s.lastID, s.lastID
	s.calls[c.id] = c
	s.mu.Unlock()
	defer s.forget(c)
	if err := s.w.Send(wire.TypeRequest, &sent); err != nil {
		if s.Err() == nil && !isBroken(err) {
			return 0, fmt.Errorf("%s: request for %s: %w", s.host, req.Module, err)
		}
		s.fail(err)
		return 0, s.asError(err)
	}
	err := c.run(ctx)
	return c.next, err
}

// isBroken tells a stream that failed from a message that cannot be encoded.
func isBroken(err error) bool {
	return errors.Is(err, wire.ErrBroken)
}

func (s *Session) forget(c *call) {
	s.mu.Lock()
	delete(s.calls, c.id)
	s.mu.Unlock()
	c.close()
}

// read hands frames to the calls they belong to.
func (s *Session) read(frames *wire.Reader) {
	for {
		kind, payload, err := frames.Next()
		if err == nil {
			s.heard.Store(int64(time.Since(s.started)))
			err = s.frame(kind, payload)
		}
		if err != nil {
			s.fail(err)
			return
		}
	}
}

func (s *Session) frame(kind wire.Type, payload []byte) error {
	switch kind {
	case wire.TypeResponse:
		r, err := wire.Decode[wire.Response](payload)
		if err != nil {
			return err
		}
		s.give(r.ID, event{response: r})
	case wire.TypeContentNeed:
		n, err := wire.Decode[wire.ContentNeed](payload)
		if err != nil {
			return err
		}
		s.give(n.ID, event{need: n})
	case wire.TypePong:
	default:
		return fmt.Errorf("the runner sent a frame of type %d", kind)
	}
	return nil
}

// give drops what belongs to calls that have ended: a cancelled call may still be answered.
func (s *Session) give(id uint64, e event) {
	s.mu.Lock()
	c := s.calls[id]
	s.mu.Unlock()
	if c != nil {
		c.push(e)
	}
}

// fail ends the session once; the first reason stays.
func (s *Session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = err
	if s.full != nil {
		s.full.close()
	}
	close(s.done)
	_ = s.proc.Stdin().Close()
}

// asError explains the end of the session as a failure of the host.
func (s *Session) asError(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if lost := s.connectionLost(err); lost != nil {
		return lostError(s.host, lost)
	}
	e := &Error{Host: s.host, Kind: KindLost, Err: err}
	if errors.Is(err, errClosed) {
		e.What = "the connection was closed"
		return e
	}
	e.Kind, e.What = KindRunner, "the runner ended unexpectedly"
	if !errors.Is(err, io.EOF) {
		e.What = "the runner cannot be understood: " + err.Error()
	}
	if w := words(s.stderr.String()); w != "" {
		e.What += ": " + w
	}
	return e
}

// lostGrace is how long the end of the stream may come before the end of the connection that caused it.
const lostGrace = 500 * time.Millisecond

// connectionLost is why the connection ended, nil if it works and the runner alone has ended.
func (s *Session) connectionLost(err error) error {
	if lost := lostCause(s.conn); lost != nil || errors.Is(err, errClosed) {
		return lost
	}
	timer := time.NewTimer(lostGrace)
	defer timer.Stop()
	select {
	case <-s.conn.Done():
	case <-timer.C:
	}
	return lostCause(s.conn)
}

// beat asks the runner for a sign of life and gives it up when there is none.
func (s *Session) beat() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for n := uint64(1); ; n++ {
		select {
		case <-s.done:
			return
		case <-ticker.C:
		}
		if silent := time.Since(s.started) - time.Duration(s.heard.Load()); silent > runnerSilent {
			s.fail(&Error{Host: s.host, Kind: KindLost, What: fmt.Sprintf("the runner has been silent for %s", silent.Round(time.Second)),
				Hint: "the connection stands, the host does not answer: is it out of memory, or does its disk hang?"})
			return
		}
		if s.pinging.CompareAndSwap(false, true) {
			go func() { // a stream that takes nothing must not stop the clock
				defer s.pinging.Store(false)
				_ = s.w.Send(wire.TypePing, wire.Ping{N: n})
			}()
		}
	}
}
