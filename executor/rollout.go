package executor

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/playbook"
)

// begins notes that the play's own tasks have come to hosts: from then on restore: is owed to them. Gathering facts and
// what muster itself put into the play do not count.
func (p *playRun) begins(group []*participant) {
	t := group[0].at.task
	if p.inPhase || t.Pos == p.play.Pos {
		return
	}
	for _, m := range group {
		p.begun.add(m.w.host)
	}
}

// takesAlong fails a host of a free strategy, once, because another host's failure ends the play for all.
func (p *playRun) takesAlong(m *participant) bool {
	p.mu.Lock()
	halted := p.halted != ""
	p.mu.Unlock()
	if !halted || p.taken.has(m.w.host) {
		return false
	}
	p.taken.add(m.w.host)
	m.w.last = outcome{ending: failing}
	if !m.at.rescued {
		m.w.host.setOut(true, false)
	}
	return true
}

// haltedForRollback is why a batch ends with its first failed host when all of it is going to be rolled back.
const haltedForRollback = "rollback"

// wholeBatch reports whether one failed host fails the batch: a rollback takes all of it back then.
func (p *playRun) wholeBatch() bool {
	r := p.play.Rollback
	return r.On() && r.Scope != playbook.ScopeHost && !p.x.o.Check
}

// warnUnjournalled says that a policy has no effect where hosts record nothing.
func (x *Executor) warnUnjournalled(p *playbook.Play) {
	if p.Rollback.On() && !x.o.Journal && !x.o.Check {
		x.warn("%s: rollback has no effect: hosts do not record what changes in this run", p.Rollback.Pos)
	}
}

// finish takes a batch from the end of its tasks to its own: the gate, the rollback of what failed, restore, and the gate
// on hosts that are in service again. It reports whether the rollout may go on.
func (p *playRun) finish(ctx context.Context, hosts []*hostState) (bool, error) {
	interrupted := p.x.stop.isSet() || ctx.Err() != nil
	failed := p.batchFailed(hosts)
	if !interrupted && !failed {
		held, err := p.holds(ctx, "gate", sectionGate, p.play.Gate.Before, hosts)
		if err != nil {
			return false, err
		}
		failed = !held
		interrupted = p.x.stop.isSet() || ctx.Err() != nil
	}
	back := p.takeBack(ctx, hosts, failed, interrupted)
	restored, err := p.restore(ctx, hosts, back)
	if err != nil {
		return false, err
	}
	if failed || interrupted || !restored {
		return !p.gateFailed && !back && restored, nil
	}
	held, err := p.holds(ctx, "gate", sectionLateGate, p.play.Gate.After, hosts)
	if err != nil || held {
		return held, err
	}
	if back = p.takeBack(ctx, hosts, true, p.x.stop.isSet()); back {
		_, err = p.restore(ctx, hosts, true)
	}
	return false, err
}

// batchFailed reports whether the batch as a whole failed: too many of its hosts did, or one where a rollback is to take
// back all of them.
func (p *playRun) batchFailed(hosts []*hostState) bool {
	out := 0
	for _, h := range hosts {
		if h.out() {
			out++
		}
	}
	if p.isBroken() || out == len(hosts) {
		return true
	}
	if _, limited := p.play.Attrs["max_fail_percentage"]; limited {
		return false // the limit was looked at task by task
	}
	return out > 0 && p.wholeBatch()
}

// holds runs a gate on the hosts of the batch that are well, and reports whether it holds on all of them.
func (p *playRun) holds(ctx context.Context, name string, section int, nodes []playbook.Node, hosts []*hostState) (bool, error) {
	var well []*hostState
	for _, h := range hosts {
		if p.begun.has(h) && !p.gone(h) {
			well = append(well, h)
		}
	}
	if len(nodes) == 0 || len(well) == 0 {
		return true, nil
	}
	bad, err := p.phase(ctx, phase{name: name, section: section, hosts: well, nodes: nodes, flush: true})
	for _, e := range bad {
		if e != leaving {
			p.mu.Lock()
			p.gateFailed = true
			p.mu.Unlock()
			return p.scope() == playbook.ScopeHost && len(bad) < len(well), err
		}
	}
	return true, err
}

// scope is how much a failure takes back; without a policy it is the batch that failed.
func (p *playRun) scope() playbook.Scope {
	if p.play.Rollback.On() {
		return p.play.Rollback.Scope
	}
	return playbook.ScopeBatch
}

// restore runs restore: on every host that the play has begun on, whatever became of it. It reports whether it came to its
// end on all of them.
func (p *playRun) restore(ctx context.Context, hosts []*hostState, rolledBack bool) (bool, error) {
	if len(p.play.Restore) == 0 {
		return true, nil
	}
	var begun []*hostState
	for _, h := range hosts {
		if p.begun.has(h) {
			begun = append(begun, h)
		}
	}
	if len(begun) == 0 {
		return true, nil
	}
	defer p.x.stop.guard()()
	defer p.unrecord(rolledBack)()
	bad, err := p.phase(ctx, phase{name: "restore", section: sectionRestore, hosts: begun, nodes: p.play.Restore, flush: true, deaf: true})
	if err != nil {
		return false, err
	}
	var left []string
	for _, h := range begun {
		if _, ok := bad[h]; ok {
			left = append(left, h.name)
		}
	}
	if len(left) > 0 {
		p.x.sink.Handle(event.Message{Level: "warning", Text: fmt.Sprintf("restore: of the play %q did not come to its end on %s; these hosts may still be out of service", p.name, strings.Join(left, ", "))})
	}
	return len(left) == 0, nil
}

// unrecord keeps what happens out of the ledger and the journals until the returned function is called.
func (p *playRun) unrecord(on bool) func() {
	before := p.unrecorded
	p.unrecorded = before || on
	return func() { p.unrecorded = before }
}

// takeBack rolls back what the policy says, and reports whether it took the whole batch back.
func (p *playRun) takeBack(ctx context.Context, hosts []*hostState, failed, interrupted bool) bool {
	if p.x.wantedBack(ctx) {
		for _, h := range hosts {
			h.setOut(true, false)
		}
		p.undoBatch(ctx, playbook.ScopeRun, hosts)
		return true // the end of the run takes back the batches before it
	}
	policy := p.play.Rollback
	if !policy.On() || p.x.o.Check || !p.x.o.Journal {
		return false
	}
	if interrupted && (!policy.OnInterrupt || ctx.Err() != nil) {
		p.tellLeft(hosts)
		return false
	}
	switch {
	case policy.Scope == playbook.ScopeHost && !interrupted:
		var bad []*hostState
		for _, h := range hosts {
			if h.out() {
				bad = append(bad, h)
			}
		}
		p.undoBatch(ctx, policy.Scope, bad)
		return len(bad) == len(hosts)
	case !failed && !interrupted:
		p.undoBatch(ctx, playbook.ScopeHost, tolerated(hosts))
		return false
	}
	for _, h := range hosts {
		h.setOut(true, false)
	}
	p.undoBatch(ctx, policy.Scope, hosts)
	if policy.Scope == playbook.ScopeRun {
		p.x.undoEarlier(ctx, p)
	}
	return true
}

// tolerated are the failed hosts of a batch that goes on without them.
func tolerated(hosts []*hostState) []*hostState {
	var out []*hostState
	for _, h := range hosts {
		if h.out() {
			out = append(out, h)
		}
	}
	return out
}

// undoBatch takes back what the batch did to hosts.
func (p *playRun) undoBatch(ctx context.Context, scope playbook.Scope, hosts []*hostState) {
	if len(hosts) == 0 {
		return
	}
	wanted := map[*hostState]bool{}
	for _, h := range hosts {
		wanted[h] = true
	}
	deeds := p.x.ledger.of(p, wanted)
	if len(deeds) == 0 {
		return
	}
	u := newUndoing(p, deeds, undoOptions{run: p.x.o.RunID, scope: string(scope), reason: p.reason(), batch: p.index, of: p.of})
	u.run(ctx)
}

// isFinished reports whether nothing of the batch runs any more.
func (p *playRun) isFinished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.finished
}

// tellLeft says what an interrupted batch leaves that a failed one would not.
func (p *playRun) tellLeft(hosts []*hostState) {
	wanted := map[*hostState]bool{}
	for _, h := range hosts {
		wanted[h] = true
	}
	n := 0
	touched := map[*hostState]bool{}
	for _, d := range p.x.ledger.of(p, wanted) {
		if len(d.entries) > 0 || d.made != nil {
			n++
			touched[d.host] = true
		}
	}
	if n == 0 {
		return
	}
	var names []string
	for _, h := range hosts {
		if touched[h] {
			names = append(names, h.name)
		}
	}
	p.x.sink.Handle(event.NotRolledBack{Hosts: names, Changes: n, Command: p.x.finishCommand(names)})
}

// finishCommand is the command that rolls hosts back later.
func (x *Executor) finishCommand(hosts []string) string {
	return fmt.Sprintf("muster rollback %s -l %s", x.o.RunID, strings.Join(hosts, ","))
}

// reason says in a line why the batch failed.
func (p *playRun) reason() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.x.o.Control.rollingBack():
		return "asked for by hand"
	case p.gateFailed:
		return "the gate did not hold"
	case p.halted != "" && p.halted != haltedForRollback:
		return p.halted
	}
	return "hosts failed"
}
