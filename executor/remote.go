package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// prepared is a call as it goes to the host, after the controller's half of the work.
type prepared struct {
	module  string
	args    *value.Dict
	content []content
	finish  func(*itemResult) // the controller's half afterwards; nil for none
	// knowsCheck is set when the arguments say whether this is check mode, and what runs obeys.
	knowsCheck bool
}

// content is bytes on the controller that the host may ask for.
type content struct {
	sha256 string
	size   int64
	inline []byte                        // set when the bytes are small enough to travel with the request
	open   func() (io.ReadCloser, error) // for those that are not
}

// remote runs calls of one task on their common target in one request. each, when it is not nil, gets every result as it
// arrives, in order; without it the results are returned.
func (t *taskRun) remote(ctx context.Context, calls []*call, each func(int, *itemResult)) []*itemResult {
	results := make([]*itemResult, len(calls))
	deliver := func(i int, r *itemResult) {
		results[i] = r
		if each != nil {
			each(i, r)
		}
	}
	batch := &remoteBatch{t: t, calls: calls, deliver: deliver}
	batch.run(ctx)
	return results
}

// remoteBatch is one request on its way.
type remoteBatch struct {
	t       *taskRun
	calls   []*call
	deliver func(int, *itemResult)
	ready   []*prepared   // by index of calls; nil when early is set
	early   []*itemResult // results that need no host
	sent    []int         // indexes of calls that went to the host, in order
	next    int
	target  transport.Target
	become  *wire.Become
}

func (b *remoteBatch) run(ctx context.Context) {
	target, err := b.calls[0].connection()
	if err != nil {
		b.all(func() *itemResult { return failedResult("%s", err) })
		return
	}
	b.target = target
	b.prepare(ctx)
	if len(b.sent) == 0 {
		b.skipTo(len(b.calls))
		return
	}
	req, err := b.request(target)
	if err != nil {
		b.all(func() *itemResult { return b.t.broken(err) })
		return
	}
	session, err := b.t.x.o.Sessions.Session(ctx, target)
	if err != nil {
		b.all(func() *itemResult { return b.t.unreachableResult(err) })
		return
	}
	err = session.Do(ctx, req, b.open, b.receive)
	if err != nil {
		b.t.confirm.answered(target, b.become, true)
		if req.Journal != nil {
			b.t.x.keeper.unanswered()
		}
		b.all(func() *itemResult { return b.interrupted(ctx, err) })
		return
	}
	b.all(func() *itemResult { return failedResult("the runner sent no result for this item") })
}

func (b *remoteBatch) interrupted(ctx context.Context, err error) *itemResult {
	if ctx.Err() == context.DeadlineExceeded {
		return failedResult("The task did not complete within its timeout")
	}
	if ctx.Err() != nil {
		return failedResult("the run was interrupted")
	}
	return b.t.unreachableResult(err)
}

// all delivers a result for every call that has none yet.
func (b *remoteBatch) all(make func() *itemResult) {
	for b.next < len(b.calls) {
		if b.next < len(b.early) && b.early[b.next] != nil {
			b.deliver(b.next, b.early[b.next])
		} else {
			b.deliver(b.next, make())
		}
		b.next++
	}
}

// skipTo delivers the early results that stand before index i.
func (b *remoteBatch) skipTo(i int) {
	for b.next < i {
		b.deliver(b.next, b.early[b.next])
		b.next++
	}
}

// prepare does the controller's half of every call.
func (b *remoteBatch) prepare(ctx context.Context) {
	b.ready = make([]*prepared, len(b.calls))
	b.early = make([]*itemResult, len(b.calls))
	for i, c := range b.calls {
		if c.spec == nil || c.spec.prepare == nil {
			b.ready[i] = &prepared{module: c.action, args: c.args}
		} else {
			b.ready[i], b.early[i] = c.spec.prepare(ctx, c)
		}
		if b.early[i] == nil {
			c.digest = c.t.x.argsDigest(b.ready[i].module, b.ready[i].args, c.hidden)
			b.sent = append(b.sent, i)
		}
	}
}

func (b *remoteBatch) request(target transport.Target) (*wire.Request, error) {
	c := b.calls[0]
	become, err := c.become(target)
	if err != nil {
		return nil, err
	}
	env, err := c.environment()
	if err != nil {
		return nil, err
	}
	if env, err = c.withJobFolder(env); err != nil {
		return nil, err
	}
	b.become = become
	req := &wire.Request{Module: b.ready[b.sent[0]].module, Check: c.check && !b.ready[b.sent[0]].knowsCheck, Diff: c.diff, Env: env, Become: become, Journal: b.journal(become)}
	req.Watch = b.watched()
	if !c.isStatus {
		plan, err := c.async()
		if err != nil {
			return nil, err
		}
		req.Async = int64(plan.limit)
	}
	seen := map[string]bool{}
	for _, i := range b.sent {
		p := b.ready[i]
		args, _ := value.ToGo(p.args).(map[string]any)
		req.Items = append(req.Items, wire.Item{Args: args})
		for _, k := range p.content {
			if !seen[k.sha256] {
				seen[k.sha256] = true
				req.Contents = append(req.Contents, wire.Content{SHA256: k.sha256, Size: k.size, Inline: k.inline})
			}
		}
	}
	return req, nil
}

// open gives the runner content that the request named.
func (b *remoteBatch) open(_ context.Context, sha256 string) (io.ReadCloser, error) {
	for _, i := range b.sent {
		for _, k := range b.ready[i].content {
			if k.sha256 != sha256 {
				continue
			}
			if k.open == nil {
				return io.NopCloser(strings.NewReader(string(k.inline))), nil
			}
			return k.open()
		}
	}
	return nil, fmt.Errorf("the request did not name content %s", sha256)
}

// receive turns a response into a result.
func (b *remoteBatch) receive(r *wire.Response) {
	if r.Output != "" && r.Result == nil {
		b.t.x.sink.Handle(event.Output{Task: b.t.id, Host: b.t.host.name, Text: r.Output})
		return
	}
	if r.Kind != "" {
		err := &transport.Error{Host: b.calls[0].target.name, Kind: transport.Kind(r.Kind), What: r.What, Hint: r.Hint}
		b.all(func() *itemResult { return b.t.unreachableResult(err) })
		return
	}
	if r.Result == nil || r.Index >= len(b.sent) {
		return
	}
	i := b.sent[r.Index]
	b.t.confirm.answered(b.target, b.become, len(r.Entries) > 0)
	b.t.journalled(b.calls[i], b.ready[i].module, b.target, b.become, r.Entries)
	b.skipTo(i)
	if b.next > i {
		return
	}
	d, _ := value.From(r.Result).(*value.Dict)
	if d == nil {
		d = value.NewDict()
	}
	ordered(d)
	grown(d)
	res := &itemResult{dict: d, entries: r.Entries}
	b.t.absorb(res)
	if f := b.ready[i].finish; f != nil {
		f(res)
	}
	b.deliver(i, res)
	b.next = i + 1
}

// absorb completes a module's result as the controller does for every module: lines of output.
func (t *taskRun) absorb(r *itemResult) {
	for _, k := range []string{"stdout", "stderr"} {
		if _, has := r.dict.Get(k + "_lines"); has {
			continue
		}
		if s, ok := r.dict.Get(k); ok {
			if text, ok := s.(string); ok {
				r.dict.Set(k+"_lines", lines(text))
			}
		}
	}
}

// lines splits text as Python's splitlines does for the ends of lines that commands print.
func lines(s string) *value.List {
	l := value.NewList()
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if s == "" {
		return l
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		l.Items = append(l.Items, line)
	}
	return l
}

// withConn runs f with the target's connection, for actions that need no runner.
func (c *call) withConn(ctx context.Context, f func(transport.Conn, transport.Target, *wire.Become) *itemResult) *itemResult {
	target, err := c.connection()
	if err != nil {
		return failedResult("%s", err)
	}
	become, err := c.become(target)
	if err != nil {
		return failedResult("%s", err)
	}
	conn, err := c.t.x.o.Sessions.Conn(ctx, target)
	if err != nil {
		return c.t.unreachableResult(err)
	}
	res := f(conn, target, become)
	var te *transport.Error
	if res == nil || errors.As(conn.Err(), &te) {
		return c.t.unreachableResult(conn.Err())
	}
	return res
}
