package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// confirmation is confirm: of a task or block on one host. What is changed under it is undone by the hosts themselves unless
// settle reaches them over new connections in time. A nil confirmation guards nothing.
type confirmation struct {
	token string
	wait  time.Duration
	wrong error // in the keyword's value
	bad   bool  // the block failed

	mu      sync.Mutex
	sites   []guarded
	last    time.Time // when the last request under it ended
	settled bool
}

// guarded is a journal whose changes wait to be confirmed.
type guarded struct {
	target transport.Target
	become *wire.Become
	armed  bool // it has changes, or may have some because nobody answered
}

// newConfirmation makes the state of one confirm:; nil where nothing is to be guarded. A value that is wrong fails the tasks
// under it.
func (p *playRun) newConfirmation(a playbook.Attr, s *scope) *confirmation {
	if a.Value == nil || p.x.o.Check || p.unrecorded {
		return nil
	}
	c := &confirmation{token: fmt.Sprintf("%s.c%d", p.x.o.RunID, p.x.tasks.next())}
	v, err := s.render(a.Value)
	if err == nil {
		c.wait, err = playbook.ConfirmWait(v)
	}
	if err == nil && !p.x.o.Journal {
		err = errors.New("confirm: needs the journal, which is off (--no-journal, or journal = false in the settings)")
	}
	if err != nil {
		c.wrong = at(a.Pos, err)
	}
	return c
}

// confirming goes through a block; where it has confirm:, a task of muster's own follows that confirms what was changed.
func (w *walker) confirming(b *playbook.Block, path []int, inside func() ending) ending {
	if b.Confirm == nil {
		return inside()
	}
	around := w.confirm
	c := w.run.newConfirmation(b.Attrs["confirm"], w.run.x.newScope(w.run, w.host, b.Confirm))
	w.confirm = c
	e := inside()
	w.confirm = around
	if !c.pending() || w.stopped {
		return e
	}
	c.bad = e == failing
	if !w.yield(step{task: b.Confirm, path: extend(path, 3), rescued: w.rescuers > 0, confirm: c}) {
		w.stopped = true
		return leaving
	}
	if e == good && w.last.ending != good {
		e = w.last.ending
		w.failedTask, w.failedWith = b.Confirm, w.last.result
	}
	return e
}

// guard is what a request carries so that its changes wait to be confirmed.
func (c *confirmation) guard(t transport.Target, b *wire.Become) *wire.Confirm {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at(t, b) == nil {
		c.sites = append(c.sites, guarded{target: t, become: b})
	}
	return &wire.Confirm{Token: c.token, Wait: c.wait.Milliseconds()}
}

// at finds a site; the caller holds the mutex.
func (c *confirmation) at(t transport.Target, b *wire.Become) *guarded {
	for i := range c.sites {
		s := &c.sites[i]
		same := s.become == b || s.become != nil && b != nil && *s.become == *b
		if same && s.target.Name == t.Name {
			return s
		}
	}
	return nil
}

// answered books the end of a request: whether it changed something, or may have because it did not answer.
func (c *confirmation) answered(t transport.Target, b *wire.Become, changed bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	if s := c.at(t, b); s != nil && changed {
		s.armed = true
	}
}

// pending reports that changes wait to be confirmed.
func (c *confirmation) pending() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sites {
		if s.armed && !c.settled {
			return true
		}
	}
	return false
}

// verdict is how a confirmation ended.
type verdict struct {
	reverted bool
	undone   []ops.Undone
	err      error // why the host could not be reached, the last time it was tried
	reached  bool
}

// afterRevert is how long after its time is up a host is asked whether it undid everything.
const afterRevert = 30 * time.Second

// settle confirms over new connections, or, when what was guarded did not go well, has the hosts undo it at once. It tries
// until the hosts answered, or have undone everything by themselves and cannot be asked.
func (c *confirmation) settle(ctx context.Context, x *Executor, good bool) verdict {
	c.mu.Lock()
	c.settled = true
	end := c.last.Add(c.wait)
	c.mu.Unlock()
	var v verdict
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 3*time.Second) {
		try, cancel := context.WithDeadline(ctx, end.Add(afterRevert))
		answer := c.ask(try, x, good)
		cancel()
		if answer.reached {
			answer.err = v.err
			return answer
		}
		v.err = answer.err
		if ctx.Err() != nil || time.Now().After(end.Add(afterRevert)) {
			return v
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// ask opens a new connection to every target first, and only then confirms: part of a change is never confirmed alone
// because another part cannot be reached.
func (c *confirmation) ask(ctx context.Context, x *Executor, good bool) (v verdict) {
	sessions := map[string]*transport.Session{}
	for _, s := range c.sites {
		if !s.armed || sessions[s.target.Name] != nil {
			continue
		}
		session, closing, err := x.o.Sessions.Fresh(ctx, s.target)
		if err != nil {
			return verdict{err: err}
		}
		defer func() { _ = closing() }()
		sessions[s.target.Name] = session
	}
	for _, s := range c.sites {
		if !s.armed {
			continue
		}
		session := sessions[s.target.Name]
		client := ops.Client{Become: s.become, Send: func(ctx context.Context, req *wire.Request, each func(*wire.Response)) error {
			return session.Do(ctx, req, nil, each)
		}}
		a, err := client.Confirm(ctx, ops.ConfirmArgs{Run: x.o.RunID, Token: c.token, Revert: !good})
		if err != nil {
			return verdict{err: err}
		}
		v.reverted = v.reverted || a.Reverted
		v.undone = append(v.undone, a.Entries...)
	}
	v.reached = true
	return v
}

// confirmed settles what a task or block changed and completes its result: it failed where the change was undone.
func (t *taskRun) confirmed(ctx context.Context, c *confirmation, res *itemResult) *itemResult {
	if !c.pending() {
		return res
	}
	good := !res.unreachable && !res.failed()
	v := c.settle(ctx, t.x, good)
	switch {
	case v.reached && !v.reverted:
		return res
	case v.reached:
		for _, s := range c.sites {
			_ = t.x.o.Sessions.Reset(ctx, s.target) // the old connection may be cut off without knowing it
		}
		return t.reverted(c, v, res, good)
	}
	r := t.unreachableResult(v.err)
	msg, _ := r.dict.Get("msg")
	r.dict.Set("msg", fmt.Sprintf("%s\nAfter the change the host could not be reached over a new connection within %s. It undoes the change by itself, but could not be asked whether it did.", value.Str(msg), c.wait))
	r.unreachable = true
	return r
}

// reverted is the result of a change that the host took back.
func (t *taskRun) reverted(c *confirmation, v verdict, res *itemResult, good bool) *itemResult {
	why := fmt.Sprintf("the host could not be reached over a new connection within %s, so it undid the change by itself", c.wait)
	if v.err != nil {
		why += " (" + v.err.Error() + ")"
	}
	if !good {
		msg, _ := res.dict.Get("msg")
		why = "the change was undone because it failed: " + value.Str(msg)
	}
	undone := value.NewList()
	var left []string
	for _, e := range v.undone {
		if !e.Changed && !e.Failed && !e.Conflict {
			continue
		}
		undone.Items = append(undone.Items, value.DictOf("module", e.Module, "what", e.What, "changed", e.Changed, "msg", e.Msg))
		if e.Failed || e.Conflict || e.Note {
			left = append(left, e.Module+" "+e.What+": "+e.Msg)
		}
	}
	if len(left) > 0 {
		why += ". Not undone: " + strings.Join(left, "; ")
	}
	r := failedResult("%s", why)
	r.dict.Set("undone", undone)
	r.deedsOf(res)
	return r
}

// deedsOf takes over what a rollback must know of the result that this one replaces.
func (r *itemResult) deedsOf(other *itemResult) {
	r.entries, r.delegated, r.looped = other.entries, other.delegated, other.looped
}

// confirmBlock is the action at the end of a block with confirm:.
func confirmBlock(ctx context.Context, c *call) *itemResult {
	res := newResult("changed", false, "msg", "reached over a new connection")
	if c.t.confirm.bad {
		res = failedResult("a task of the block failed")
	}
	return c.t.confirmed(ctx, c.t.confirm, res)
}
