package executor

import (
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// ledger lists what a run did to hosts, in the order in which it happened; undoing goes through it from the end.
type ledger struct {
	mu      sync.Mutex
	entries []*deed
}

// deed is one line of the ledger: changes that a host's journal holds, rollback handlers that were registered, or a handler
// of the play that ran.
type deed struct {
	seq     int
	run     *playRun
	host    *hostState // for whom it was done
	section int        // of the play: facts, pre_tasks, tasks, post_tasks, gate, restore
	task    *playbook.Task
	id      int // the task's number
	title   string

	// changes that a journal holds
	site     site
	module   string
	what     string   // what was changed, as far as the arguments tell; "" under no_log
	entries  []string // the journal's, oldest first
	lasting  bool     // something changed that no journal holds
	notify   []*handler
	problem  error  // why the journal cannot be reached
	byPlay   string // the place of the handler of the play that did it; of a run that ended
	recorded int    // its number in the run that ended
	covered  bool   // rollback handlers stand for it; of a run that ended

	// rollback handlers
	made *registration

	// a handler of the play
	ran *handler

	judged bool
	quiet  bool // the task says that it changed nothing
	undone bool
}

// site is where a change lies: a host and the user whose journal has it.
type site struct {
	host   *hostState
	target transport.Target
	become *wire.Become
}

// key is equal for deeds whose journal is the same.
func (s site) key() siteKey {
	k := siteKey{host: s.host}
	if s.become != nil {
		k.user, k.method = s.become.User, s.become.Method
	}
	return k
}

type siteKey struct {
	host         *hostState
	user, method string
}

// add appends a deed and numbers it.
func (l *ledger) add(d *deed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.seq = len(l.entries) + 1
	l.entries = append(l.entries, d)
}

// of returns the deeds of a batch that are not undone yet, oldest first; nil when nothing is left to undo. hosts limits
// them when it is not nil.
func (l *ledger) of(p *playRun, hosts map[*hostState]bool) []*deed {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*deed
	work := false
	for _, d := range l.entries {
		if d.run == p && !d.undone && (hosts == nil || hosts[d.host]) {
			out = append(out, d)
			work = work || d.ran == nil
		}
	}
	if !work {
		return nil
	}
	return out
}

// batches returns the batches that have changed something, the newest first.
func (l *ledger) batches() []*playRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*playRun
	seen := map[*playRun]bool{}
	for i := len(l.entries) - 1; i >= 0; i-- {
		d := l.entries[i]
		if !seen[d.run] && !d.undone {
			seen[d.run] = true
			out = append(out, d.run)
		}
	}
	return out
}

// journalled books the journal entries that an item of a call made.
func (t *taskRun) journalled(c *call, module string, target transport.Target, become *wire.Become, entries []string) {
	if len(entries) == 0 || t.play.unrecorded { // the latter for safety: such requests ask for no journal
		return
	}
	t.registerPlay()
	d := t.deed()
	d.site = site{host: c.target, target: target, become: become}
	d.module, d.entries = module, entries
	if !t.flagIn(c.scope, "no_log", false) {
		d.what = subject(c.args)
	}
	t.book(d)
}

func (t *taskRun) deed() *deed {
	return &deed{run: t.play, host: t.host, section: t.section, task: t.task, id: t.id, title: t.play.taskTitle(t.task, t.host)}
}

// book adds a deed to the ledger and to the record of the run.
func (t *taskRun) book(d *deed) {
	t.deeds = append(t.deeds, d)
	t.x.ledger.add(d)
	t.x.record(d)
}

// settled books what follows from an item that changed something: its rollback handlers, or that nothing can take it back.
// An item that failed has registered nothing: what it left half-done is for a rescue.
func (t *taskRun) settled(c *call, s *scope, res *itemResult) {
	t.judged(res)
	if statusOf(res) != event.Changed || t.play.unrecorded || c.check {
		return
	}
	t.registerPlay()
	if t.task.Rollback != nil {
		t.register(t.task, t.task.Rollback, s, res)
	}
	t.registerBlocks(s, res)
	if len(res.entries) == 0 && t.task.Rollback == nil && t.x.lasts(c.action) {
		d := t.deed()
		d.module, d.lasting = c.action, true
		d.site = site{host: c.target}
		if !t.flagIn(s, "no_log", false) {
			d.what = subject(c.args)
		}
		t.book(d)
	}
}

// handlerRuns books that a handler of the play runs on a host.
func (p *playRun) handlerRuns(h *hostState, ran *handler) {
	if p.unrecorded {
		return
	}
	d := &deed{run: p, host: h, ran: ran}
	p.x.ledger.add(d)
	p.x.recordRan(d)
}

// judged notes of what an item made whether the item says that it changed something.
func (t *taskRun) judged(res *itemResult) {
	var quiet []int
	for _, d := range t.deeds {
		if d.entries != nil && !d.judged {
			d.judged, d.quiet = true, !res.changed()
			if d.quiet {
				quiet = append(quiet, d.seq)
			}
		}
	}
	t.x.recordQuiet(quiet)
}

// lasts reports whether a change by the action stays although no journal holds it. What happens on the controller alone
// changes no host.
func (x *Executor) lasts(action string) bool {
	if spec := actionOf(action); spec != nil && spec.local != nil {
		return action == "raw"
	}
	m, ok := x.o.Modules.Get(action)
	return ok && m.Info().Undo != modules.UndoFull
}

// notified books which handlers of the play the changes of a task asked for.
func (l *ledger) notified(deeds []*deed, found []*handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range deeds {
		if d.entries != nil {
			d.notify = append(d.notify, found...)
		}
	}
}
