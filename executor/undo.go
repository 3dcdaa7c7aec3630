package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// undoOptions say what a rollback is about.
type undoOptions struct {
	run       string // whose changes are undone
	scope     string
	reason    string
	batch, of int
	force     bool
	check     bool
	past      bool // of a run that ended
}

// undoing is a rollback of one batch. Each host goes through its units from the newest to the oldest; where several hosts
// changed one journal, its entries are undone newest first across all of them.
type undoing struct {
	undoOptions
	p     *playRun
	x     *Executor
	hosts []*hostState
	queue map[*hostState][]*unit
	left  map[*hostState]*event.Left
	dead  map[siteKey]string // journals that cannot be asked, and why
	again map[*hostState]map[int][]repeat
	// meddled are the handlers of the play, by host and place, whose own changes somebody else has changed since.
	meddled map[ownerKey]bool
}

// repeat is a journal entry whose restart is done once more.
type repeat struct {
	site  site
	entry string
}

func newUndoing(p *playRun, deeds []*deed, o undoOptions) *undoing {
	u := &undoing{undoOptions: o, p: p, x: p.x, queue: map[*hostState][]*unit{}, left: map[*hostState]*event.Left{}, dead: map[siteKey]string{}, again: map[*hostState]map[int][]repeat{}, meddled: map[ownerKey]bool{}}
	byHost := map[*hostState][]*deed{}
	for _, d := range deeds {
		if byHost[d.host] == nil {
			u.hosts = append(u.hosts, d.host)
		}
		byHost[d.host] = append(byHost[d.host], d)
	}
	u.inOrder()
	for h, list := range byHost {
		u.queue[h] = planFor(h, list)
		u.left[h] = &event.Left{}
	}
	return u
}

// inOrder puts the hosts into the order of the play.
func (u *undoing) inOrder() {
	place := map[*hostState]int{}
	for i, h := range u.p.hosts {
		place[h] = i
	}
	slices.SortStableFunc(u.hosts, func(a, b *hostState) int { return place[a] - place[b] })
}

// run takes back what can be, and reports whether that was everything.
func (u *undoing) run(ctx context.Context) bool {
	u.x.sink.Handle(event.RollbackStart{
		Run: u.undoOptions.run, Play: u.p.name, Scope: u.scope, Batch: u.batch, Of: u.of, Hosts: namesOf(u.hosts), Reason: u.reason, Check: u.check,
	})
	defer u.x.stop.guard()()
	defer u.p.unrecord(true)()
	for {
		if ctx.Err() != nil || u.x.stop.isHard() {
			u.abandon()
			break
		}
		units := u.next()
		if len(units) == 0 {
			break
		}
		u.perform(ctx, units)
	}
	return u.tell()
}

// next takes the units that may run now off their queues: journal entries of as many hosts as there are, else the newest
// handlers, on all hosts that have come to them.
func (u *undoing) next() []*unit {
	var journals, others []*unit
	for _, h := range u.hosts {
		if q := u.queue[h]; len(q) > 0 && !u.waits(q[0]) {
			if len(q[0].deeds) > 0 {
				journals = append(journals, q[0])
			} else {
				others = append(others, q[0])
			}
		}
	}
	out := journals
	if len(out) == 0 && len(others) > 0 {
		newest := slices.MaxFunc(others, func(a, b *unit) int { return a.seq - b.seq })
		for _, o := range others {
			if o.sameWork(newest) {
				out = append(out, o)
			}
		}
	}
	for _, o := range out {
		u.queue[o.host] = u.queue[o.host][1:]
	}
	return out
}

// waits reports whether another host has something newer in the unit's journal.
func (u *undoing) waits(w *unit) bool {
	if len(w.deeds) == 0 {
		return false
	}
	for _, h := range u.hosts {
		if h == w.host {
			continue
		}
		for _, o := range u.queue[h] {
			if len(o.deeds) > 0 && o.site.key() == w.site.key() && o.seq > w.seq {
				return true
			}
		}
	}
	return false
}

// sameWork reports whether hosts can do two units together.
func (a *unit) sameWork(b *unit) bool {
	switch {
	case a.made != nil && b.made != nil:
		return a.made.made.owner == b.made.made.owner
	case len(a.after) > 0 && len(b.after) > 0:
		return slices.EqualFunc(a.after, b.after, func(x, y *window) bool { return x.handler == y.handler })
	default:
		return a.again > 0 && b.again > 0 || a == b
	}
}

func (u *undoing) perform(ctx context.Context, units []*unit) {
	switch first := units[0]; {
	case first.stays != nil:
		u.stays(first)
	case len(first.deeds) > 0:
		u.journals(ctx, units)
	case first.made != nil:
		u.handlers(ctx, units)
	case len(first.after) > 0:
		u.handlersAgain(ctx, units)
	default:
		u.repeats(ctx, units)
	}
}

// stays tells of a change that no journal holds and no handler stands for.
func (u *undoing) stays(w *unit) {
	if u.compensated(w.stays) {
		return
	}
	u.left[w.host].Lasting++
	u.say(w.stays, event.Undone{Status: event.UndoLasting})
}

// handlers runs the rollback handlers of hosts that registered the same ones.
func (u *undoing) handlers(ctx context.Context, units []*unit) {
	ph := phase{section: sectionRollback, nodes: units[0].made.made.nodes, flush: true, always: true, handler: true, deaf: true, vars: map[*hostState]*value.Dict{}}
	var ran []*unit
	for _, w := range units {
		switch {
		case w.made.made.problem != "":
			u.left[w.host].Failed++
			u.say(w.made, event.Undone{Status: event.UndoFailed, What: "rollback handlers", Msg: w.made.made.problem})
		case u.check:
			u.say(w.made, event.Undone{Status: event.UndoDone, What: "rollback handlers", Msg: "would run"})
		case u.lost(w.host):
			u.left[w.host].Pending++
		default:
			ph.hosts, ran = append(ph.hosts, w.host), append(ran, w)
			ph.vars[w.host] = w.made.made.vars
		}
	}
	bad := u.phase(ctx, ph)
	for _, w := range ran {
		switch bad[w.host] {
		case good:
			w.made.undone = true
			u.x.recordUndone(w.made)
			u.undone(w.host)
		case lost:
			u.lose(w.host, "unreachable")
			u.left[w.host].Pending++
		case leaving:
			u.left[w.host].Pending++
		default:
			u.left[w.host].Failed++
		}
	}
}

// handlersAgain runs handlers of the play that changes had notified which are taken back now.
func (u *undoing) handlersAgain(ctx context.Context, units []*unit) {
	if u.check {
		return
	}
	ph := phase{section: sectionRollback, flush: true, always: true, deaf: true, notify: map[*hostState][]*handler{}, vars: map[*hostState]*value.Dict{}}
	for _, w := range units {
		for _, one := range w.after {
			if u.meddled[ownerKey{w.host, one.handler.place()}] {
				u.x.sink.Handle(event.Message{Level: "warning", Host: w.host.name, Text: fmt.Sprintf("%s: a handler is not run again, because somebody else changed since what it had done", w.host.name)})
				continue
			}
			if one.restored() && !u.lost(w.host) {
				if own := one.handler.captured[w.host]; own != nil {
					ph.vars[w.host] = mergeVars(ph.vars[w.host], own)
				}
				ph.notify[w.host] = append(ph.notify[w.host], one.handler)
			}
		}
		if len(ph.notify[w.host]) > 0 {
			ph.hosts = append(ph.hosts, w.host)
		}
	}
	for h, e := range u.phase(ctx, ph) {
		switch e {
		case lost:
			u.lose(h, "unreachable")
		case failing:
			u.left[h].Failed++
		}
	}
}

// phase runs tasks of the rollback. A mistake in them is told and counts as a failure of all hosts.
func (u *undoing) phase(ctx context.Context, ph phase) map[*hostState]ending {
	u.gather(ctx, ph.hosts)
	bad, err := u.p.phase(ctx, ph)
	if err == nil {
		return bad
	}
	u.x.sink.Handle(event.Message{Level: "error", Text: err.Error()})
	bad = map[*hostState]ending{}
	for _, h := range ph.hosts {
		bad[h] = failing
	}
	return bad
}

// gather reads the facts of hosts for what runs on them, where the run that is undone had them and has ended. What does
// not need them runs without them, too.
func (u *undoing) gather(ctx context.Context, hosts []*hostState) {
	task := u.p.gatherWith(value.NewDict())
	task.Attrs["ignore_errors"] = playbook.Attr{Value: true}
	ph := phase{section: sectionRollback, nodes: []playbook.Node{task}, always: true, deaf: true}
	for _, h := range hosts {
		if u.p.usesFacts[h] && !h.hasGathered() {
			ph.hosts = append(ph.hosts, h)
		}
	}
	if _, err := u.p.phase(ctx, ph); err != nil {
		u.x.sink.Handle(event.Message{Level: "warning", Text: err.Error()})
	}
}

// undone counts something that was taken back, on its host and in the recap.
func (u *undoing) undone(h *hostState) {
	u.left[h].Undone++
	h.count(func(c *event.Counts) { c.RolledBack++ })
}

func (u *undoing) lose(h *hostState, why string) { u.dead[siteKey{host: h}] = why; u.left[h].Why = why }

func (u *undoing) lost(h *hostState) bool { _, ok := u.dead[siteKey{host: h}]; return ok }

// abandon counts what an interrupted rollback did not come to.
func (u *undoing) abandon() {
	for _, h := range u.hosts {
		for _, w := range u.queue[h] {
			u.left[h].Pending += len(w.deeds)
			if w.made != nil {
				u.left[h].Pending++
			}
			for _, d := range w.deeds {
				u.say(d, event.Undone{Status: event.UndoStopped, Msg: "the rollback was interrupted"})
			}
		}
		if u.left[h].Pending > 0 && u.left[h].Why == "" {
			u.left[h].Why = "interrupted"
		}
	}
}

// say emits what became of a change.
func (u *undoing) say(d *deed, e event.Undone) {
	e.Host, e.Task, e.Name = d.host.name, d.id, d.title
	if d.site.host != nil && d.site.host != d.host {
		e.Delegated = d.site.host.name
	}
	if d.site.become != nil {
		e.User = d.site.become.User
	}
	if e.Module == "" {
		e.Module = d.module
	}
	if e.What == "" {
		e.What = d.what
	}
	u.x.sink.Handle(e)
}

// tell closes the rollback and reports whether everything that can be taken back was.
func (u *undoing) tell() bool {
	end := event.RollbackEnd{Hosts: map[string]event.Left{}, Complete: true, Check: u.check}
	var open []string
	for _, h := range u.hosts {
		l := *u.left[h]
		end.Hosts[h.name] = l
		if !l.Whole() {
			end.Complete = false
			open = append(open, h.name)
		}
	}
	if !end.Complete && !u.past {
		end.Command = u.x.finishCommand(open)
	}
	u.p.noteRollback(end.Complete)
	u.x.sink.Handle(end)
	return end.Complete
}
