package executor

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
)

// answered is what a host said about a unit, or why it said nothing.
type answered struct {
	answer *ops.UndoAnswer
	err    error
}

// journals undoes the entries of units on their hosts, as many at once as there are forks, and tells what became of them in
// the order of the hosts.
func (u *undoing) journals(ctx context.Context, units []*unit) {
	answers := make([]answered, len(units))
	var wg sync.WaitGroup
	for i, w := range units {
		if _, dead := u.dead[w.site.key()]; dead || u.lost(w.site.host) {
			continue
		}
		u.x.forks <- struct{}{}
		wg.Go(func() {
			defer func() { <-u.x.forks }()
			answers[i] = u.ask(ctx, w)
		})
	}
	wg.Wait()
	for i, w := range units {
		u.book(w, answers[i])
	}
}

// client asks the journal of a site.
func (u *undoing) client(s *transport.Session, at site) ops.Client {
	return ops.Client{Become: at.become, Check: u.check, Diff: u.x.o.Diff, Send: sender(s)}
}

func (u *undoing) ask(ctx context.Context, w *unit) answered {
	if err := w.deeds[0].problem; err != nil {
		return answered{err: err}
	}
	s, err := u.x.o.Sessions.Session(ctx, w.site.target)
	if err != nil {
		return answered{err: err}
	}
	a := ops.UndoArgs{Run: u.undoOptions.run, Force: u.force}
	for _, d := range w.deeds {
		for _, e := range slices.Backward(d.entries) {
			a.Entries = append(a.Entries, e)
		}
	}
	out, err := u.client(s, w.site).Undo(ctx, a)
	return answered{out, err}
}

// book tells and counts what became of a unit's changes.
func (u *undoing) book(w *unit, a answered) {
	if a.err != nil || a.answer == nil {
		u.bookError(w, a.err)
		return
	}
	said := map[string]ops.Undone{}
	for _, e := range a.answer.Entries {
		said[e.ID] = e
	}
	for _, d := range w.deeds {
		whole, touched := true, false
		for _, id := range slices.Backward(d.entries) {
			e, ok := said[id]
			if !ok {
				e = ops.Undone{ID: id, Failed: true, Msg: "the host's journal does not have it"}
			}
			ok, changed := u.bookEntry(d, e)
			whole, touched = whole && ok, touched || changed
		}
		d.undone = touched || whole
		if touched {
			u.undone(d.host)
		}
		if whole {
			u.x.recordUndone(d)
		}
	}
}

// bookEntry tells and counts what became of a journal entry. It reports whether nothing of it is left, and whether the host
// was changed.
func (u *undoing) bookEntry(d *deed, e ops.Undone) (whole, changed bool) {
	if e.Again && !d.byHandler() {
		u.repeatLater(d, e.ID)
	}
	left := u.left[d.host]
	out := event.Undone{Entry: e.ID, Module: e.Module, Msg: e.Msg, Diff: e.Diff}
	if d.what == "" {
		out.What = e.What
	}
	switch {
	case e.Note:
		if e.Again || d.quiet || u.compensated(d) {
			return true, false
		}
		left.Lasting++
		out.Status = event.UndoLasting
	case e.Conflict:
		u.leaveAlone(d)
		left.Conflicts++
		out.Status = event.UndoConflict
	case e.Failed:
		left.Failed++
		out.Status = event.UndoFailed
	case e.Changed:
		out.Status = event.UndoDone
	case e.Again && d.byHandler():
		return true, false // the handler runs again and tells of itself
	default:
		out.Status = event.UndoSame
	}
	u.say(d, out)
	return !e.Conflict && !e.Failed, e.Changed
}

// byHandler reports whether a handler of the play made the change: it runs again by itself.
func (d *deed) byHandler() bool { return d.handlerPlace() != "" }

// handlerPlace is where the handler of the play stands that made the change; "" when none did.
func (d *deed) handlerPlace() string {
	if d.task != nil && d.task.Handler {
		return d.task.Pos.String()
	}
	return d.byPlay
}

// leaveAlone notes that somebody changed what a handler of the play had made: it does not run again on that host, as it
// would overwrite that.
func (u *undoing) leaveAlone(d *deed) {
	if place := d.handlerPlace(); place != "" {
		u.meddled[ownerKey{d.host, place}] = true
	}
}

// compensated reports whether a rollback handler stands for a change that has no inverse.
func (u *undoing) compensated(d *deed) bool {
	if d.task == nil {
		return d.covered
	}
	return compensates(d.task)
}

// compensates reports whether rollback handlers stand for what a task does.
func compensates(t *playbook.Task) bool {
	if len(t.Rollback) > 0 {
		return true
	}
	for b := t.Parent; b != nil; b = b.Parent {
		if len(b.Rollback) > 0 {
			return true
		}
	}
	return false
}

// bookError tells that a journal could not be asked. Nothing else that lies in it is tried.
func (u *undoing) bookError(w *unit, err error) {
	if err == nil {
		err = errors.New(u.why(w.site))
	}
	u.dead[w.site.key()] = err.Error()
	status, why := event.UndoUnreachable, string(event.UndoUnreachable)
	var refused *ops.RefusedError
	var unusable *ops.UnusableError
	switch {
	case errors.As(err, &refused), errors.As(err, &unusable), w.deeds[0].problem != nil: // the host itself may be well
		status, why = event.UndoFailed, err.Error()
	default:
		u.dead[siteKey{host: w.site.host}] = err.Error()
	}
	left := u.left[w.host]
	left.Pending += len(w.deeds)
	if left.Why == "" {
		left.Why = why
	}
	for _, d := range w.deeds {
		u.say(d, event.Undone{Status: status, Msg: err.Error()})
	}
}

// why says why a journal cannot be asked.
func (u *undoing) why(s site) string {
	if w, ok := u.dead[s.key()]; ok {
		return w
	}
	return u.dead[siteKey{host: s.host}]
}

// repeatLater notes a restart that is to be done once more when the section that made it has been taken back.
func (u *undoing) repeatLater(d *deed, entry string) {
	if u.again[d.host] == nil {
		u.again[d.host] = map[int][]repeat{}
	}
	u.again[d.host][d.section] = append(u.again[d.host][d.section], repeat{d.site, entry})
}

// repeats restarts and reloads once more what tasks outside of handlers had restarted.
func (u *undoing) repeats(ctx context.Context, units []*unit) {
	for _, w := range units {
		list := u.again[w.host][w.again-1]
		if len(list) == 0 || u.check {
			continue
		}
		slices.Reverse(list) // as the run did them
		for _, r := range list {
			u.repeat(ctx, w.host, r)
		}
	}
}

func (u *undoing) repeat(ctx context.Context, h *hostState, r repeat) {
	if _, dead := u.dead[r.site.key()]; dead {
		return
	}
	s, err := u.x.o.Sessions.Session(ctx, r.site.target)
	if err != nil {
		u.dead[r.site.key()] = err.Error()
		return
	}
	out, err := u.client(s, r.site).Again(ctx, ops.AgainArgs{Run: u.undoOptions.run, Entries: []string{r.entry}})
	e := event.Undone{Host: h.name, Entry: r.entry, Status: event.UndoFailed}
	switch {
	case err != nil:
		e.Msg = err.Error()
	case len(out.Entries) > 0:
		one := out.Entries[0]
		e.Module, e.What, e.Msg, e.Name = one.Module, one.What, one.Msg, one.Name
		if !one.Failed {
			e.Status = event.UndoRepeated
		}
	}
	if e.Status == event.UndoFailed {
		u.left[h].Failed++
	}
	if r.site.become != nil {
		e.User = r.site.become.User
	}
	u.x.sink.Handle(e)
}
