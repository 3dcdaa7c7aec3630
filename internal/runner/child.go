package runner

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/become"
	"github.com/musterhq/muster/transport/wire"
)

// child is a runner of another user. It is told nothing but the requests meant for that user.
type child struct {
	s    *server
	user string
	w    *wire.Writer
	link *link

	mu  sync.Mutex
	ids map[uint64]*task // requests it works on
	end bool
}

// childSlot is the place of one user's child; the first request for it starts it.
type childSlot struct {
	mu    sync.Mutex
	child *child
}

// slotKey tells equal Becomes apart from others; the password is part of it only in memory.
func slotKey(b *wire.Become) string {
	return strings.Join([]string{b.Method, b.User, b.Password, b.Flags, b.Exe}, "\x00")
}

// pass gives a task to the child of its user, starting it if needed.
func (s *server) pass(t *task) {
	c, failure := s.childFor(t.ctx, t.req.Become)
	if failure != nil {
		s.finish(t, unusable(t.id, failure.Kind, failure.What, failure.Hint))
		return
	}
	s.mu.Lock()
	t.child = c
	s.mu.Unlock()
	req := *t.req
	req.Become = nil
	if !c.take(t) || c.w.Send(wire.TypeRequest, req) != nil {
		c.lost(t)
		return
	}
	if t.ctx.Err() != nil { // cancelled while the child started
		c.send(wire.TypeCancel, wire.Cancel{ID: t.id})
	}
}

// finish answers for a task that a child did not answer.
func (s *server) finish(t *task, r wire.Response) {
	if t.abandoned.CompareAndSwap(false, true) {
		_ = s.w.Send(wire.TypeResponse, r) // the reading side notices a broken connection
	}
	s.forget(t)
}

func (s *server) childFor(ctx context.Context, b *wire.Become) (*child, *become.Failure) {
	key := slotKey(b)
	s.mu.Lock()
	slot, ok := s.children[key]
	if !ok {
		slot = &childSlot{}
		s.children[key] = slot
	}
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil, &become.Failure{Kind: wire.KindRunner, What: "the connection ended"}
	}
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.child != nil && slot.child.alive() {
		return slot.child, nil
	}
	c, failure := s.startChild(ctx, *b)
	if failure != nil {
		return nil, failure
	}
	slot.child = c
	return c, nil
}

// close ends the child of a slot; a start that is under way is waited for.
func (slot *childSlot) close() {
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.child != nil {
		slot.child.link.close()
	}
}

// startChild starts a runner as another user and greets it. A method that wants a terminal gets one.
func (s *server) startChild(ctx context.Context, b wire.Become) (*child, *become.Failure) {
	self, err := s.shared(ctx, b.User)
	if err != nil {
		return nil, &become.Failure{Kind: wire.KindNoPlace, What: err.Error(), Hint: "set ansible_remote_tmp to a folder that " + b.User + " can reach"}
	}
	plan, err := become.Make(b, self, nonce(), os.Geteuid() == 0)
	if err != nil {
		return nil, &become.Failure{Kind: wire.KindBecome, What: err.Error()}
	}
	talk := become.NewDialogue(plan, b.Password)
	l, failure := connect(ctx, plan, talk, plan.Terminal)
	if failure != nil && !plan.Terminal && talk.WantsTerminal() {
		talk = become.NewDialogue(plan, b.Password)
		l, failure = connect(ctx, plan, talk, true)
	}
	if failure != nil {
		return nil, failure
	}
	c := &child{s: s, user: plan.User, w: wire.NewWriter(l.in), link: l, ids: map[uint64]*task{}}
	if err := c.w.Start(wire.Hello{Protocol: wire.Protocol, Version: s.Version, Env: originalLocale()}); err != nil {
		l.close()
		return nil, &become.Failure{Kind: wire.KindRunner, What: "the runner of " + plan.User + " ended at once" + l.lastWords()}
	}
	go c.read(l.out)
	return c, nil
}

func nonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	return hex.EncodeToString(b[:])
}

// read relays what the child answers; a child that breaks the rules is ended.
func (c *child) read(out *bufio.Reader) {
	frames := wire.NewReader(out)
	err := func() error {
		for greeted := false; ; greeted = true {
			kind, payload, err := frames.Next()
			if err != nil {
				return err
			}
			if !greeted && kind == wire.TypeHello {
				continue
			}
			if err := c.answer(kind, payload); err != nil {
				return err
			}
		}
	}()
	c.link.close()
	what := fmt.Sprintf("the runner of %s ended unexpectedly%s", c.user, c.link.lastWords())
	if err != nil && !errors.Is(err, io.EOF) {
		what += ": " + err.Error()
	}
	c.ended(what)
}

// answer passes on one frame, if it belongs to a request that the child was given.
func (c *child) answer(kind wire.Type, payload []byte) error {
	switch kind {
	case wire.TypeResponse:
		p, err := wire.PeekResponse(payload)
		if err != nil {
			return err
		}
		t := c.task(p.ID, p.Done)
		if t == nil && !p.Done {
			return nil // its request has just ended
		}
		if t == nil {
			return fmt.Errorf("answer to request %d, which it was not given", p.ID)
		}
		if !p.Done {
			return c.s.w.Relay(kind, payload)
		}
		if t.abandoned.CompareAndSwap(false, true) {
			err = c.s.w.Relay(kind, payload)
		}
		c.s.forget(t)
		return err
	case wire.TypeContentNeed:
		id, err := wire.PeekID(payload)
		if err != nil {
			return err
		}
		if c.task(id, false) == nil {
			return nil // its request has just ended
		}
		return c.s.w.Relay(kind, payload)
	default:
		return fmt.Errorf("unexpected frame of type %d", kind)
	}
}

func (c *child) task(id uint64, done bool) *task {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.ids[id]
	if done {
		delete(c.ids, id)
	}
	return t
}

// take notes that the child works on a task; false when it has ended.
func (c *child) take(t *task) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.end {
		c.ids[t.id] = t
	}
	return !c.end
}

func (c *child) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.end
}

// lost answers for a task that never reached the child.
func (c *child) lost(t *task) {
	c.task(t.id, true)
	c.s.finish(t, unusable(t.id, wire.KindRunner, "the runner of "+c.user+" has ended"+c.link.lastWords(), ""))
}

func (c *child) ended(what string) {
	c.mu.Lock()
	c.end = true
	left := c.ids
	c.ids = nil
	c.mu.Unlock()
	for _, t := range left {
		c.s.finish(t, unusable(t.id, wire.KindRunner, what, ""))
	}
}

// send and relay ignore errors: the reading side notices the end of the child.
func (c *child) send(kind wire.Type, m any) { _ = c.w.Send(kind, m) }

func (c *child) relay(kind wire.Type, payload []byte) { _ = c.w.Relay(kind, payload) }
