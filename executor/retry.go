package executor

import (
	"context"

	"github.com/musterhq/muster/internal/event"
)

// A host whose task failed is parked at that task when a Control may ask for another try and nothing of the playbook
// follows the failure: its coroutine waits there instead of ending, which nobody else can tell apart.

// parks reports whether a host that just failed waits at its task.
func (w *walker) parks() bool {
	return w.run.x.o.Control != nil && !w.run.inPhase && w.guarded == 0 && (w.last.ending == failing || w.last.ending == lost)
}

// pausePoint waits while the run is paused, and lets parked hosts that shall try again take their task. It reports
// whether there were any.
func (p *playRun) pausePoint(ctx context.Context) bool {
	c := p.x.o.Control
	if c == nil || p.inPhase {
		return false
	}
	c.hold(ctx, p.x.stop, p.isParked)
	any := false
	for _, m := range p.members {
		if m.parked && c.take(m.w.host.name) {
			p.tryAgain(m)
			any = true
		}
	}
	return any
}

func (p *playRun) isParked(host string) bool {
	for _, m := range p.members {
		if m.parked && m.w.host.name == host {
			return true
		}
	}
	return false
}

// tryAgain puts a parked host back to its task as if it had not come to it; the recap forgets the failure.
func (p *playRun) tryAgain(m *participant) {
	h := m.w.host
	lostBefore := m.w.last.ending == lost
	h.comeBack()
	h.count(func(c *event.Counts) {
		if lostBefore {
			c.Unreachable = max(0, c.Unreachable-1)
		} else {
			c.Failed = max(0, c.Failed-1)
		}
	})
	p.forget()
	p.x.sink.Handle(event.HostRetry{Host: h.name, Time: p.x.o.Now()})
	m.w.again = true
	m.advance()
	m.again = true
}

// forget makes the play as if no host had failed the others.
func (p *playRun) forget() {
	p.mu.Lock()
	p.halted, p.broken, p.exhausted = "", false, false
	p.mu.Unlock()
	p.fallen.clear()
	p.taken.clear()
}

// forgive brings all hosts back; the play goes on with them, and so do later plays.
func (p *playRun) forgive() {
	for _, h := range p.hosts {
		h.pardon()
	}
	p.forget()
}

// retried reports whether the hosts of a group take a task for another time; a paused run lets them.
func retried(group []*participant) bool {
	for _, m := range group {
		if !m.again {
			return false
		}
	}
	return true
}
