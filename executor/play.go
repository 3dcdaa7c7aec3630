package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// playRun is one play on one batch of hosts.
type playRun struct {
	x        *Executor
	id       int // of its PlayStart
	play     *playbook.Play
	name     string
	index    int          // of the batch, from 0
	of       int          // number of batches
	hosts    []*hostState // of the whole play
	members  []*participant
	prompted *value.Dict
	removed  *hostSet // hosts that left the play, in this batch or an earlier one
	begun    hostSet  // hosts that the play's own tasks have come to
	fallen   hostSet  // hosts that count as failed for any_errors_fatal and max_fail_percentage
	taken    hostSet  // hosts of a free strategy that the failure which halted the batch has reached
	// inPhase says that the members go through a gate, restore or rollback handlers.
	inPhase bool
	// unrecorded says that what happens is no part of what a rollback takes back: it is a rollback itself.
	unrecorded bool
	// usesFacts are the hosts whose facts are read before something runs on them, in the rollback of a run that ended.
	usesFacts map[*hostState]bool
	sections  [][]playbook.Node
	main      int // which section has the roles and tasks
	tags      *tagFilter

	mu           sync.Mutex
	handlerLists int // how many lists of handlers there were
	handlers     []*handler
	extra        []*playbook.Role       // public roles that include_role brought in
	included     []*playbook.Role       // public roles that include_role brought in, without what they depend on
	files        map[string]*value.Dict // vars_files by path; nil marks a missing file
	perHost      map[*hostState]*hostFiles
	endedFlag    bool
	debugAll     bool   // the debug strategy: whatever fails is debugged
	halted       string // why one host's failure failed the others
	batchEnded   bool
	broken       bool // max_fail_percentage or any_errors_fatal ended the play
	exhausted    bool // no host of the batch may go on
	gateFailed   bool
	finished     bool // nothing of the batch runs any more
	rollback     rollbackResult
	taskNames    map[*playbook.Task]string
	steps        map[*playbook.Task]int
	gates        map[*playbook.Task]chan struct{} // of throttle
	registered   map[ownerKey]bool
	stems        map[any][]playbook.Node
}

// play runs a play over all its batches. It returns false when the playbook must not go on.
func (x *Executor) play(ctx context.Context, p *playbook.Play) (int, bool, error) {
	hosts, err := x.playHosts(p)
	if err != nil {
		return ExitError, false, err
	}
	name, err := x.playName(p)
	if err != nil {
		return ExitError, false, err
	}
	if len(hosts) == 0 {
		x.sink.Handle(event.NoHosts{Play: name})
		return ExitOK, true, nil
	}
	prompted, err := x.prompts(ctx, p)
	if err != nil {
		return ExitError, false, err
	}
	alive := x.workedFirst(p.Pos, living(hosts))
	if len(alive) == 0 {
		x.sink.Handle(event.PlayStart{ID: x.plays.next(), Name: name, Pos: p.Pos, Hosts: nil, Of: 1, Check: x.o.Check})
		return ExitOK, true, nil
	}
	x.warnReserved(p)
	x.warnUnjournalled(p)
	batches, err := x.batches(p, alive)
	if err != nil {
		return ExitError, false, err
	}
	exit := ExitOK
	removed := &hostSet{}
	for i, batch := range batches {
		if i > 0 && x.o.Control.Stopping() {
			x.stop.set()
			break
		}
		run := &playRun{x: x, play: p, name: name, index: i, of: len(batches), hosts: hosts, prompted: prompted, removed: removed}
		code, goOn, err := run.batch(ctx, batch, i, len(batches))
		if err != nil {
			return ExitError, false, err
		}
		exit = worse(exit, code)
		if !goOn {
			return exit, false, nil
		}
		if run.ended() || x.stop.isSet() {
			break
		}
	}
	return exit, true, nil
}

func living(hosts []*hostState) []*hostState {
	var out []*hostState
	for _, h := range hosts {
		if !h.out() {
			out = append(out, h)
		}
	}
	return out
}

// batch runs the play on some of its hosts.
func (p *playRun) batch(ctx context.Context, hosts []*hostState, index, of int) (int, bool, error) {
	defer func() {
		p.mu.Lock()
		p.finished = true
		p.mu.Unlock()
	}()
	if err := p.prepare(hosts); err != nil {
		return ExitError, false, err
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.name
	}
	strategy, err := p.strategy()
	if err != nil {
		return ExitError, false, err
	}
	p.id = p.x.plays.next()
	start := event.PlayStart{ID: p.id, Name: p.name, Pos: p.play.Pos, Hosts: names, Batch: index, Of: of, Total: len(p.hosts), Check: p.checks()}
	if p.x.o.Control != nil {
		start.Tasks = p.countTasks()
	}
	if strategy != "linear" {
		start.Strategy = strategy
	}
	p.x.sink.Handle(start)
	defer func() {
		for _, m := range p.members {
			m.w.stop()
		}
	}()
	switch strategy {
	case "free":
		err = p.free(ctx, false)
	case "host_pinned":
		err = p.free(ctx, true)
	default:
		err = p.linear(ctx)
	}
	if err != nil && ctx.Err() == nil {
		return ExitError, false, err
	}
	p.tellExhausted(hosts, strategy)
	fine, err := p.finish(ctx, hosts)
	if err != nil {
		return ExitError, false, err
	}
	code, left := p.verdict(hosts)
	return code, fine && (left > 0 || p.ended()) && !p.isBroken(), nil
}

// strategy returns the play's strategy by its short name.
func (p *playRun) strategy() (string, error) {
	a, ok := p.play.Attrs["strategy"]
	if !ok {
		a = playbook.Attr{Value: orElse(p.x.o.Settings.Strategy, "linear"), Pos: p.play.Pos}
	}
	v, err := p.x.newScope(p, nil, nil).render(a.Value)
	if err != nil {
		return "", at(a.Pos, err)
	}
	name := playbook.ShortName(fmt.Sprint(v))
	switch name {
	case "linear", "free", "host_pinned":
		return name, nil
	case "mitogen_linear", "mitogen":
		return "linear", nil
	case "mitogen_free":
		return "free", nil
	case "mitogen_host_pinned":
		return "host_pinned", nil
	case "debug":
		p.debugAll = true
		return "linear", nil
	default:
		return "", at(a.Pos, fmt.Errorf("invalid play strategy specified: %s (linear, free or host_pinned)", name))
	}
}

// ended reports whether the play stops for all batches.
func (p *playRun) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endedFlag
}

// over reports whether this batch stops.
func (p *playRun) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.endedFlag || p.batchEnded || p.exhausted
}

func (p *playRun) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endedFlag = true
}

// breakOff notes that too many failures end the play for all of its hosts, and the playbook with it.
func (p *playRun) breakOff() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = true
}

func (p *playRun) isBroken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// endBatch ends the batch; the play goes on with the next.
func (p *playRun) endBatch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batchEnded = true
}

func (p *playRun) batchNames() []string {
	var names []string
	for _, m := range p.members {
		if !p.gone(m.w.host) {
			names = append(names, m.w.host.name)
		}
	}
	return names
}

// gone reports whether a host has left the play.
func (p *playRun) gone(h *hostState) bool { return h.out() || p.removed.has(h) }

func (p *playRun) liveNames() []string {
	var names []string
	for _, h := range p.hosts {
		if !p.gone(h) {
			names = append(names, h.name)
		}
	}
	return names
}

func (p *playRun) allNames() []string {
	names := make([]string, len(p.hosts))
	for i, h := range p.hosts {
		names[i] = h.name
	}
	return names
}

func absoluteDir(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// taskDict is ansible_failed_task: what a rescue may ask about the task that failed.
func (p *playRun) taskDict(t *playbook.Task) *value.Dict {
	if t == nil {
		return value.NewDict()
	}
	name, _ := t.Name().(string)
	return value.DictOf("name", name, "action", t.Action, "args", t.Args, "register", t.Get("register"), "vars", t.Vars)
}
