package executor

import (
	"context"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// The sections of a play that come after its own ones, as places in the order of the play.
const (
	sectionGate = 100 + iota
	sectionRestore
	sectionLateGate
	sectionRollback
)

// phase is a list of tasks outside of the play's usual order: a gate, restore, rollback handlers. Hosts go through it in
// step, those that failed before as well, and one host's failure does not take the others along.
type phase struct {
	name    string // gate or restore; "" for one without a banner
	section int
	hosts   []*hostState
	nodes   []playbook.Node
	flush   bool                       // run the handlers that the tasks notify
	always  bool                       // whatever tags say
	vars    map[*hostState]*value.Dict // captured variables
	handler bool                       // banners call the tasks handlers
	deaf    bool                       // the first interrupt does not end it
	notify  map[*hostState][]*handler  // handlers to run first
}

// run takes the hosts through a phase and returns those on which it did not come to its end.
func (p *playRun) phase(ctx context.Context, ph phase) (map[*hostState]ending, error) {
	if len(ph.hosts) == 0 {
		return nil, nil
	}
	if ph.name != "" {
		p.x.sink.Handle(event.PhaseStart{Phase: ph.name, Play: p.name, Hosts: namesOf(ph.hosts), Check: p.checks()})
	}
	before := p.members
	p.members, p.inPhase = nil, true
	defer func() { p.members, p.inPhase = before, false }()
	for _, h := range ph.hosts {
		p.members = append(p.members, &participant{w: p.phaseWalker(ph, h)})
	}
	defer func() {
		for _, m := range p.members {
			m.w.stop()
		}
	}()
	ended := func() bool { return !ph.deaf && p.x.stop.isSet() }
	if err := p.inStep(ctx, ended); err != nil && ctx.Err() == nil {
		return nil, err
	}
	out := map[*hostState]ending{}
	for _, m := range p.members {
		switch {
		case m.has:
			out[m.w.host] = leaving // interrupted
		case m.w.end != good && m.w.end != leaving:
			out[m.w.host] = m.w.end
		}
	}
	return out, nil
}

func (p *playRun) phaseWalker(ph phase, h *hostState) *walker {
	nodes := ph.nodes
	if ph.flush {
		nodes = append(append([]playbook.Node(nil), nodes...), p.metaTask("flush_handlers"))
	}
	w := newWalker(p, h, [][]playbook.Node{nodes})
	w.base, w.always, w.asHandler = ph.section, ph.always, ph.handler
	w.captured = ph.vars[h]
	for _, n := range ph.notify[h] {
		w.notified[n] = true
	}
	return w
}

func namesOf(hosts []*hostState) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.name
	}
	return names
}
