package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport/wire"
)

// task is one request being worked on, here or in a child.
type task struct {
	id        uint64
	req       *wire.Request
	ctx       context.Context
	cancel    context.CancelCauseFunc
	kill      context.CancelCauseFunc // stops a change that has begun as well
	content   *contents
	detached  bool        // a background job, which outlives the run and so the host's lock
	child     *child      // set while a child works on it
	abandoned atomic.Bool // its end was reported although its module still runs
}

var (
	errCancelled = errors.New("cancelled by the controller")
	errTimeout   = errors.New("time is up")
)

// request starts a task. A request that cannot be read is answered, so that one bad task does not end the others.
func (s *server) request(ctx context.Context, payload []byte) error {
	req, err := wire.Decode[wire.Request](payload)
	if err != nil {
		id, idErr := wire.PeekID(payload)
		if idErr != nil {
			return err
		}
		return s.w.Send(wire.TypeResponse, unusable(id, wire.KindRunner, err.Error(), ""))
	}
	t := &task{id: req.ID, req: req}
	t.limit(ctx)
	t.content = newContents(s, req)
	s.mu.Lock()
	_, taken := s.running[req.ID]
	refused := taken || s.closed // shutdown waits for those that it can see
	if !refused {
		s.running[req.ID] = t
		s.tasks.Go(func() { s.work(t) })
	}
	s.mu.Unlock()
	if refused {
		t.cancel(nil)
		t.kill(nil)
	}
	if taken {
		return fmt.Errorf("request %d runs already", req.ID)
	}
	return nil
}

// limit makes the contexts of a task: it ends with ctx, or when it is cancelled; a change that has begun has until then
// and a while longer.
func (t *task) limit(ctx context.Context) {
	end, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	t.kill = kill
	t.ctx, t.cancel = context.WithCancelCause(modules.WithEnd(ctx, end))
	context.AfterFunc(t.ctx, func() {
		late := time.AfterFunc(finishing, func() { kill(context.Cause(t.ctx)) })
		context.AfterFunc(end, func() { late.Stop() })
	})
}

func (s *server) work(t *task) {
	if t.req.Become != nil && !s.isMe(t.req.Become.User) {
		s.pass(t) // the child's last answer forgets the task
		return
	}
	defer s.forget(t)
	if t.req.Timeout > 0 {
		timer := time.AfterFunc(time.Duration(t.req.Timeout)*time.Millisecond, func() {
			t.cancel(errTimeout)
			t.kill(errTimeout)
		})
		defer timer.Stop()
	}
	stop := context.AfterFunc(t.ctx, func() { s.abandonLater(t) })
	defer stop()
	s.perform(t)
}

// isMe reports that becoming a user changes nothing.
func (s *server) isMe(name string) bool {
	if name == "" {
		name = "root"
	}
	return name == s.me.Username
}

func (s *server) forget(t *task) {
	s.mu.Lock()
	delete(s.running, t.id)
	s.mu.Unlock()
	t.cancel(nil)
	t.kill(nil)
	t.content.close()
}

func (s *server) cancel(id uint64) {
	s.mu.Lock()
	t := s.running[id]
	var c *child
	if t != nil {
		c = t.child
	}
	s.mu.Unlock()
	if t == nil {
		return
	}
	if c != nil {
		c.send(wire.TypeCancel, wire.Cancel{ID: id})
		return
	}
	t.cancel(errCancelled)
}

// abandonLater answers for a module that does not notice that it was cancelled.
func (s *server) abandonLater(t *task) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	<-timer.C
	s.mu.Lock()
	_, running := s.running[t.id]
	s.mu.Unlock()
	if running && t.abandoned.CompareAndSwap(false, true) {
		r := modules.Failf("%s", t.stopped())
		_ = s.w.Send(wire.TypeResponse, wire.Response{ID: t.id, Result: r, Done: true})
	}
}

// stopped says why the task's context ended.
func (t *task) stopped() string {
	if errors.Is(context.Cause(t.ctx), errTimeout) {
		return fmt.Sprintf("The %s action failed to execute in the expected time frame (%d) and was terminated",
			t.req.Module, t.req.Timeout/1000)
	}
	return fmt.Sprintf("%s: %v", t.req.Module, context.Cause(t.ctx))
}

// perform runs the items in order and answers each.
func (s *server) perform(t *task) {
	call, module, err := s.prepare(t)
	if t.req.Async > 0 && !errors.Is(err, elsewhere.Err) {
		s.detach(t)
		return
	}
	var j journalled
	if err == nil {
		j, err = s.openJournal(t, module)
	}
	switch {
	case errors.Is(err, elsewhere.Err):
		s.elsewhere(t, 0)
		return
	case err != nil:
		s.answer(t, 0, modules.Failf("%v", err), true, time.Now())
		return
	}
	defer j.done()
	if j.task != nil {
		call.Journal, call.Sys = j.task, j.task.System(call.Sys)
	}
	if len(t.req.Items) == 0 {
		s.reply(t, wire.Response{ID: t.id, Done: true}, true)
		return
	}
	for i, item := range t.req.Items {
		r := wire.Response{ID: t.id, Index: i, Start: time.Now().UnixMilli()}
		call.Args = item.Args
		ctx, unwatch := s.watching(t, i)
		result, away := runItem(ctx, t, module, call)
		unwatch()
		if away {
			s.elsewhere(t, i)
			return
		}
		r.Entries = j.book(result)
		r.Result, r.End = result, time.Now().UnixMilli()
		r.Done = i == len(t.req.Items)-1 || t.req.StopOnFail && result.Failed() || t.ctx.Err() != nil
		if r.Done {
			j.done() // before the controller hears of the end
			j.done = func() {}
		}
		if !s.reply(t, r, r.Done) || r.Done {
			return
		}
	}
}

// elsewhere answers that the rest of a request, from an item on, needs a full runner.
func (s *server) elsewhere(t *task, from int) {
	s.reply(t, wire.Response{ID: t.id, Index: from, Done: true, Kind: wire.KindElsewhere, What: elsewhere.Err.Error()}, true)
}

// prepare finds the module and makes what its calls share.
func (s *server) prepare(t *task) (modules.Call, modules.Module, error) {
	module, ok := s.lookup(t.req.Module)
	if t.req.Module == ops.Module {
		module, ok = s.store.Module(t.req.Journal), true
	}
	switch {
	case !ok && s.Slim:
		return modules.Call{}, nil, fmt.Errorf("%s: %w", t.req.Module, elsewhere.Err)
	case !ok:
		return modules.Call{}, nil, fmt.Errorf("the runner has no module %q", t.req.Module)
	}
	call := modules.Call{Sys: s.System, Check: t.req.Check, Diff: t.req.Diff, Env: t.req.Env, Content: t.content}
	return call, module, nil
}

func (s *server) lookup(name string) (modules.Module, bool) {
	if m, ok := s.Lookup(name); ok {
		return m, true
	}
	if name == AsyncStatusName || name == "ansible.builtin."+AsyncStatusName {
		return AsyncStatus(), true
	}
	return nil, false
}

// watching is the context of an item, in which its output is sent as it comes when the request asks for that.
func (s *server) watching(t *task, index int) (context.Context, func()) {
	if !t.req.Watch {
		return t.ctx, func() {}
	}
	w := &watch{s: s, t: t, index: index}
	return sys.Watching(t.ctx, w.tell), w.end
}

// runItem runs one item; a panic becomes a failed result. away says that only a full runner can do it.
func runItem(ctx context.Context, t *task, m modules.Module, call modules.Call) (result modules.Result, away bool) {
	defer func() {
		if p := recover(); p != nil {
			result = modules.Failf("module %s crashed: %v", t.req.Module, p)
			result["exception"] = string(debug.Stack())
		}
	}()
	if t.ctx.Err() != nil {
		return modules.Failf("%s", t.stopped()), false
	}
	ctx, asked := elsewhere.Watch(ctx)
	result = m.Run(ctx, &call)
	if t.ctx.Err() != nil && result.Failed() {
		result["msg"] = t.stopped() // what was stopped says so; what finished all the same keeps its result
	}
	return result, asked()
}

// answer sends an item's result; what cannot be sent is replaced by the reason. It reports whether to go on.
func (s *server) answer(t *task, index int, result modules.Result, last bool, start time.Time) bool {
	r := wire.Response{ID: t.id, Index: index, Result: result, Done: last, Start: start.UnixMilli(), End: time.Now().UnixMilli()}
	return s.reply(t, r, last)
}

func (s *server) reply(t *task, r wire.Response, last bool) bool {
	if t.abandoned.Load() || last && !t.abandoned.CompareAndSwap(false, true) {
		return false
	}
	send := s.w.SendSoon
	if last {
		send = s.w.Send
	}
	err := send(wire.TypeResponse, r)
	if err == nil {
		return true
	}
	failure := modules.Failf("the result of %s cannot be sent: %v", t.req.Module, err)
	r.Result = failure
	return send(wire.TypeResponse, r) == nil
}

// unusable is the answer to a request that could not be run at all.
func unusable(id uint64, kind, what, hint string) wire.Response {
	return wire.Response{ID: id, Done: true, Kind: kind, What: what, Hint: hint}
}
