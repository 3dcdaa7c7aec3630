package executor

import "slices"

// spreadFailure applies any_errors_fatal and max_fail_percentage; hosts that cannot be reached count as failed. A failure that a
// rescue or always section takes care of counts for neither.
func (g *groupRun) spreadFailure(workers []*participant) {
	if g.play.inPhase {
		return
	}
	bad, counted := g.outOf(workers), 0
	for _, m := range bad {
		if m.w.last.ending == lost || m.w.last.hopeless || !m.at.care.guarded {
			counted++
			g.play.fall(m)
		}
	}
	if len(bad) == 0 {
		return
	}
	if g.any {
		g.spreadFatal(counted > 0)
		return
	}
	limit, limited := g.maxFail()
	switch {
	case !limited && g.play.wholeBatch() && slices.ContainsFunc(bad, func(m *participant) bool { return m.w.host.out() }):
		g.failOthers(haltedForRollback)
	case limited && float64(g.play.fallen.len())/float64(len(g.play.members))*100 > limit:
		g.failOthers("max_fail_percentage")
		g.play.breakOff()
		g.exhaust()
	}
}

// outOf are the hosts of the group that the task was too much for. A task that runs once speaks for all of them.
func (g *groupRun) outOf(workers []*participant) []*participant {
	if g.once && len(workers) == 1 {
		workers = g.members
	}
	var out []*participant
	for _, m := range workers {
		if m.w.last.ending == failing || m.w.last.ending == lost {
			out = append(out, m)
		}
	}
	return out
}

// fall counts a host as failed. It goes on all the same when its next task is one that takes care of failures.
func (p *playRun) fall(m *participant) {
	if m.w.last.ending == lost || m.w.last.hopeless || !m.at.care.after {
		p.fallen.add(m.w.host)
	}
}

// spreadFatal applies any_errors_fatal after a failure. As in ansible-core 2.14 the play ends at once when every host has failed or
// has nothing to take care of; while one of them is in a rescue or always section, all go on, and only later plays do not come.
func (g *groupRun) spreadFatal(counted bool) {
	if g.single {
		if counted {
			g.failOthers("any_errors_fatal")
		}
		return
	}
	p := g.play
	if counted {
		p.breakOff()
		for _, m := range p.members {
			if !p.fallen.has(m.w.host) && !g.inCare(m) {
				p.fallen.add(m.w.host)
			}
		}
	}
	if p.isBroken() && p.fallen.len() >= len(p.members) {
		g.failOthers("any_errors_fatal")
		g.exhaust()
	}
}

// inCare reports whether the next task of a host lies in a rescue or always section.
func (g *groupRun) inCare(m *participant) bool {
	if m.w.last.ending == failing && g.results[m] != nil {
		return m.at.care.after && !m.w.last.hopeless
	}
	for _, here := range g.members {
		if here == m {
			return m.at.care.next
		}
	}
	return m.has && m.at.care.here
}

// failOthers fails every host that is still in the play. Whose failure it is goes on through its own rescue and always sections.
func (g *groupRun) failOthers(reason string) {
	if g.single {
		g.play.taken.add(g.members[0].w.host)
	}
	g.play.mu.Lock()
	g.play.halted = reason
	g.play.mu.Unlock()
	for _, m := range g.play.members {
		if m.w.host.out() {
			continue
		}
		if g.single && m != g.members[0] { // at a task of its own: what it came to is not ours to read
			m.w.host.setOut(true, false)
			continue
		}
		if m.w.last.ending != good {
			continue
		}
		m.w.last.ending = failing
		if !m.at.rescued {
			m.w.host.setOut(true, false)
		}
	}
}

// exhaust ends the batch before any other task: none of its hosts may go on.
func (g *groupRun) exhaust() {
	if g.single {
		return
	}
	for _, m := range g.play.members {
		m.w.host.setOut(true, false)
	}
	g.play.mu.Lock()
	defer g.play.mu.Unlock()
	g.play.exhausted = true
}

func (g *groupRun) maxFail() (float64, bool) {
	a, ok := g.play.play.Attrs["max_fail_percentage"]
	if !ok || a.Value == nil {
		return 0, false
	}
	v, err := g.play.x.newScope(g.play, nil, nil).render(a.Value)
	if err != nil {
		return 0, false
	}
	return toFloat(v)
}
