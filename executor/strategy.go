package executor

import (
	"context"
	"slices"
	"sync"

	"github.com/musterhq/muster/playbook"
)

// participant is a host within a batch, with the task that it has reached.
type participant struct {
	w   *walker
	at  step
	has bool // at is set: the host waits there

	parked bool // the host failed at the task and may try again
	again  bool // the host is about to try again
}

func (p *participant) advance() {
	p.at, p.has = p.w.next()
	p.parked, p.again = p.has && p.at.parked, false
	p.has = p.has && !p.parked
}

// linear takes all hosts of a batch through the play in step: no host starts a task before all others have done what
// comes before it.
func (p *playRun) linear(ctx context.Context) error {
	return p.inStep(ctx, func() bool { return p.x.stop.isSet() || p.over() })
}

// inStep takes the members through their tasks together, until there is none left or ended says so.
func (p *playRun) inStep(ctx context.Context, ended func() bool) error {
	for _, m := range p.members {
		m.advance()
	}
	for {
		p.pausePoint(ctx)
		group := p.nextGroup()
		if len(group) == 0 {
			return nil
		}
		if ctx.Err() != nil || ended() {
			return ctx.Err()
		}
		if err := p.together(ctx, group); err != nil {
			return err
		}
		for _, m := range group {
			m.advance()
		}
	}
}

// nextGroup returns the hosts that are at the earliest task.
func (p *playRun) nextGroup() []*participant {
	var group []*participant
	for _, m := range p.members {
		if !m.has {
			continue
		}
		switch {
		case len(group) == 0:
			group = []*participant{m}
		default:
			c := slices.Compare(m.at.path, group[0].at.path)
			if c < 0 {
				group = []*participant{m}
			} else if c == 0 && m.at.task == group[0].at.task {
				group = append(group, m)
			}
		}
	}
	return group
}

// together runs one task on the hosts that wait at it.
func (p *playRun) together(ctx context.Context, group []*participant) error {
	t := group[0].at.task
	perform, err := p.takeStep(ctx, t, group[0].w.host)
	if err != nil {
		return err
	}
	if !perform {
		for _, m := range group {
			m.w.last = outcome{}
		}
		return nil
	}
	g := &groupRun{play: p, task: t, handler: group[0].at.handler, members: group}
	if err := g.prepare(); err != nil {
		return err
	}
	p.begins(group)
	workers := group
	if g.once {
		workers = g.runner()
	}
	if metaOf(t) != "" {
		for _, m := range workers {
			g.runOn(ctx, m)
		}
		return g.settle(ctx, workers)
	}
	g.inParallel(ctx, workers)
	return g.settle(ctx, workers)
}

// inParallel starts the hosts in their order, as many at once as forks and throttle allow.
func (g *groupRun) inParallel(ctx context.Context, workers []*participant) {
	forks := g.play.x.forks
	g.pinned = true
	again := retried(workers)
	var wg sync.WaitGroup
	for _, m := range workers {
		if !again && !g.play.inPhase {
			g.play.x.o.Control.hold(ctx, g.play.x.stop, nil)
		}
		release := g.enter()
		forks <- struct{}{}
		wg.Go(func() {
			defer release()
			g.runOn(ctx, m)
			<-forks
		})
	}
	wg.Wait()
}

// enter waits until throttle lets another host run the task, and returns what lets the next one in.
func (g *groupRun) enter() func() {
	limit := g.throttle()
	if limit <= 0 {
		return func() {}
	}
	gate := g.play.gate(g.task, limit)
	gate <- struct{}{}
	return func() { <-gate }
}

// gate is what bounds how many hosts run a task at once, the same for all of them.
func (p *playRun) gate(t *playbook.Task, limit int) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gates == nil {
		p.gates = map[*playbook.Task]chan struct{}{}
	}
	if p.gates[t] == nil {
		p.gates[t] = make(chan struct{}, limit)
	}
	return p.gates[t]
}

// free lets every host go through the play at its own pace; pinned keeps a slot of forks for a host until it is done.
func (p *playRun) free(ctx context.Context, pinned bool) error {
	for _, m := range p.members {
		m.advance()
	}
	for {
		if err := p.allAlone(ctx, pinned); err != nil {
			return err
		}
		if p.over() || !p.pausePoint(ctx) {
			return nil
		}
	}
}

// allAlone takes the hosts that have a task through the play, all at once.
func (p *playRun) allAlone(ctx context.Context, pinned bool) error {
	var wg sync.WaitGroup
	errs := make([]error, len(p.members))
	for i, m := range p.members {
		if !m.has {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			if pinned {
				p.x.forks <- struct{}{}
				defer func() { <-p.x.forks }()
			}
			errs[i] = p.alone(ctx, m, pinned)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// alone takes one host through the play.
func (p *playRun) alone(ctx context.Context, m *participant, pinned bool) error {
	for ; m.has; m.advance() {
		if p.takesAlong(m) {
			continue
		}
		if !m.again {
			p.x.o.Control.hold(ctx, p.x.stop, nil)
		}
		if p.x.stop.isSet() || ctx.Err() != nil || p.over() {
			return ctx.Err()
		}
		g := &groupRun{play: p, task: m.at.task, handler: m.at.handler, members: []*participant{m}, single: true, pinned: pinned}
		if err := g.prepare(); err != nil {
			return err
		}
		p.begins(g.members)
		release := g.enter()
		g.runOn(ctx, m)
		release()
		if err := g.settle(ctx, g.members); err != nil {
			return err
		}
	}
	return nil
}
