package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/musterhq/muster/transport/wire"
)

// cancelGrace is how long a cancelled request may take to end on the host.
const cancelGrace = 8 * time.Second

// call is one request under way.
type call struct {
	s        *Session
	id       uint64
	req      *wire.Request
	content  ContentFunc
	onResult func(*wire.Response)
	named    map[string]bool
	feeds    map[uint64]*feed
	next     int // index of the item that is answered next

	mu     sync.Mutex
	events []event
	came   chan struct{} // holds one signal
}

// event is a message for a call: one of the two.
type event struct {
	response *wire.Response
	need     *wire.ContentNeed
}

// feed is content being sent.
type feed struct {
	r      io.ReadCloser
	credit int64
	ended  bool
}

func newCall(s *Session, req *wire.Request, content ContentFunc, onResult func(*wire.Response)) *call {
	c := &call{s: s, req: req, content: content, onResult: onResult, came: make(chan struct{}, 1)}
	if len(req.Contents) > 0 {
		c.named = make(map[string]bool, len(req.Contents))
		for _, n := range req.Contents {
			c.named[n.SHA256] = true
		}
	}
	return c
}

func (c *call) push(e event) {
	c.mu.Lock()
	c.events = append(c.events, e)
	c.mu.Unlock()
	select {
	case c.came <- struct{}{}:
	default:
	}
}

func (c *call) take() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.events
	c.events = nil
	return e
}

// run handles events until the last response.
func (c *call) run(ctx context.Context) error {
	cancelled := ctx.Done()
	var giveUp <-chan time.Time
	for {
		for _, e := range c.take() {
			if done, err := c.handle(ctx, e); err != nil || done {
				if err == nil && ctx.Err() != nil {
					err = context.Cause(ctx)
				}
				return err
			}
		}
		select {
		case <-c.came:
		case <-c.s.done:
			if events := c.take(); len(events) > 0 { // answers that came before the end still count
				c.requeue(events)
				continue
			}
			c.s.mu.Lock()
			err := c.s.err
			c.s.mu.Unlock()
			return c.s.asError(err)
		case <-cancelled:
			cancelled = nil
			timer := time.NewTimer(cancelGrace)
			defer timer.Stop()
			giveUp = timer.C
			go func() { _ = c.s.w.Send(wire.TypeCancel, wire.Cancel{ID: c.id}) }()
		case <-giveUp:
			return context.Cause(ctx)
		}
	}
}

func (c *call) requeue(events []event) {
	c.mu.Lock()
	c.events = append(events, c.events...)
	c.mu.Unlock()
}

func (c *call) handle(ctx context.Context, e event) (done bool, err error) {
	if e.need != nil {
		return false, c.serve(ctx, e.need)
	}
	r := e.response
	if r.Kind == wire.KindElsewhere && r.Index == c.next {
		return true, errElsewhere
	}
	if r.Kind != "" {
		return true, &Error{Host: c.s.host, Kind: Kind(Neutral(r.Kind)), What: Neutral(r.What), Hint: Neutral(r.Hint)}
	}
	if r.Output != "" && r.Result == nil && c.req.Watch && r.Index == c.next {
		c.onResult(r)
	}
	if r.Result != nil {
		if r.Index != c.next || r.Index >= len(c.req.Items) {
			return true, c.violation(fmt.Sprintf("it answered item %d where %d of %d is next", r.Index, c.next, len(c.req.Items)))
		}
		c.next++
		c.onResult(r)
	}
	return r.Done, nil
}

// violation ends the session: a runner that breaks the rules is not believed any more.
func (c *call) violation(what string) error {
	err := &Error{Host: c.s.host, Kind: KindRunner, What: "the runner broke the protocol: " + what}
	c.s.fail(err)
	return err
}

// serve sends content as far as the runner gives credit.
func (c *call) serve(ctx context.Context, n *wire.ContentNeed) error {
	f := c.feeds[n.Stream]
	if f == nil {
		if n.Close {
			return nil
		}
		if !c.named[n.SHA256] {
			return c.violation("it asked for content that the task does not name")
		}
		if len(c.feeds) >= maxFeeds {
			return c.violation("it opened too much content at once")
		}
		f = &feed{}
		if c.feeds == nil {
			c.feeds = map[uint64]*feed{}
		}
		c.feeds[n.Stream] = f
		if err := c.open(ctx, f, n.SHA256); err != nil {
			return c.chunk(n.Stream, f, nil, err)
		}
	}
	if n.Close {
		f.close()
		delete(c.feeds, n.Stream)
		return nil
	}
	f.credit += min(max(n.Credit, 0), maxCredit)
	buf := make([]byte, wire.ChunkSize)
	for f.credit > 0 && !f.ended {
		k, err := io.ReadFull(f.r, buf[:min(f.credit, wire.ChunkSize)])
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		f.credit -= int64(k)
		if err := c.chunk(n.Stream, f, buf[:k], err); err != nil {
			return err
		}
	}
	return nil
}

// Bounds on what a runner may have under way.
const (
	maxFeeds  = 1 << 16
	maxCredit = 64 << 20
)

func (c *call) open(ctx context.Context, f *feed, sha string) (err error) {
	if c.content == nil {
		return fmt.Errorf("content %s is not at hand", sha)
	}
	f.r, err = c.content(ctx, sha)
	return err
}

// chunk sends a piece; an error of reading, or the end, closes the stream.
func (c *call) chunk(stream uint64, f *feed, data []byte, err error) error {
	m := wire.ContentChunk{ID: c.id, Stream: stream, Data: data}
	if err != nil {
		f.close()
		if m.EOF = errors.Is(err, io.EOF); !m.EOF {
			m.Err = err.Error()
		}
	}
	if err := c.s.w.Send(wire.TypeContentChunk, &m); err != nil {
		c.s.fail(err)
		return c.s.asError(err)
	}
	return nil
}

func (f *feed) close() {
	f.ended = true
	if f.r != nil {
		_ = f.r.Close()
		f.r = nil
	}
}

func (c *call) close() {
	for _, f := range c.feeds {
		f.close()
	}
}
