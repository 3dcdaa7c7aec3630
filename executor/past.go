package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// Past is a run that ended and is to be undone.
type Past struct {
	Run     string
	Records []Record // what its recorder kept; without them the journals of the hosts tell what there is to undo
	Force   bool     // overwrite what somebody else changed since
}

// RollBack undoes a run that ended, the newest batch first, and returns the exit code. Limit and connections are those of
// the options.
func (x *Executor) RollBack(ctx context.Context, past Past) (int, error) {
	x.base = ctx
	hosts, err := x.limited()
	if err != nil {
		return ExitError, err
	}
	x.sink.Handle(event.RunStart{Version: event.Version, Run: x.o.RunID, Time: x.o.Now(), Check: x.o.Check, Diff: x.o.Diff, Verbosity: x.o.Verbosity})
	b := &pastBuilder{x: x, past: past, hosts: hosts, batches: map[int]*playRun{}, handlers: map[string]*handler{}, deeds: map[int]*deed{}}
	exit := ExitOK
	if len(past.Records) > 0 {
		if err = b.records(); err == nil {
			b.forgotten(ctx)
		}
	} else if exit = b.journals(ctx); exit == ExitOK && !b.known {
		err = fmt.Errorf("no journal of these hosts knows run %s; `muster history` and `muster journal HOST` show the runs", past.Run)
	}
	if err == nil {
		exit = worse(exit, x.undoPast(ctx, past, b.order))
	} else {
		exit = ExitError
	}
	if x.stop.isHard() || ctx.Err() != nil {
		exit = ExitInterrupted
	}
	x.sink.Handle(event.RunEnd{Time: x.o.Now(), Hosts: x.hosts.counts(), Exit: exit})
	return exit, err
}

// limited is the set of hosts that --limit leaves; nil is all.
func (x *Executor) limited() (map[string]bool, error) {
	if x.o.Limit == "" {
		return nil, nil
	}
	all, diags := x.o.Inventory.Match("all")
	if err := diags.Err(); err != nil {
		return nil, err
	}
	found, diags := x.o.Inventory.MatchLimit(all, x.o.Limit)
	if err := x.tell(diags); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, h := range found {
		names[h.Name] = true
	}
	return names, nil
}

// undoPast rolls batches back, the newest first.
func (x *Executor) undoPast(ctx context.Context, past Past, batches []*playRun) int {
	exit := ExitOK
	any := false
	for _, p := range slices.Backward(batches) {
		deeds := x.ledger.of(p, nil)
		if len(deeds) == 0 || x.stop.isHard() {
			continue
		}
		any = true
		u := newUndoing(p, deeds, undoOptions{run: past.Run, scope: string(playbook.ScopeRun), batch: p.index, of: p.of, force: past.Force, check: x.o.Check, past: true})
		if !u.run(ctx) {
			exit = worse(exit, u.code())
		}
	}
	if !any && exit == ExitOK {
		text := fmt.Sprintf("nothing of run %s is left to undo on these hosts", past.Run)
		if past.Records == nil {
			text = fmt.Sprintf("no journal of these hosts holds a change of run %s that is not undone", past.Run)
		}
		x.sink.Handle(event.Message{Level: "info", Text: text})
	}
	return exit
}

// code is the exit code that an incomplete rollback means.
func (u *undoing) code() int {
	exit := ExitOK
	for _, l := range u.left {
		switch {
		case l.Pending > 0 && l.Why == string(event.UndoUnreachable):
			exit = worse(exit, ExitUnreachable)
		case !l.Whole():
			exit = worse(exit, ExitFailed)
		}
	}
	return exit
}

// pastBuilder makes the ledger of a run that ended.
type pastBuilder struct {
	x        *Executor
	past     Past
	hosts    map[string]bool // nil is all
	batches  map[int]*playRun
	order    []*playRun
	handlers map[string]*handler
	deeds    map[int]*deed
	known    bool // to a journal
}

// records makes it from what the recorder kept.
func (b *pastBuilder) records() error {
	var wrong diag.List
	undone := map[int]bool{}
	for _, r := range b.past.Records {
		switch r.Kind {
		case RecordBatch:
			if err := b.batch(r.Play, r.Name, r.Batch, r.Of, r.Dir); err != nil {
				return err
			}
		case RecordUndone:
			for _, s := range r.Seqs {
				undone[s] = true
			}
		}
	}
	for _, r := range b.past.Records {
		p := b.batches[r.Play]
		if r.Kind != RecordQuiet && (p == nil || b.hosts != nil && !b.hosts[r.Host]) {
			continue
		}
		if r.Facts {
			p.usesFacts[b.x.hosts.get(r.Host)] = true
		}
		switch r.Kind {
		case RecordChange, RecordMade, RecordRan:
			if !undone[r.Seq] {
				wrong = append(wrong, b.deed(p, r)...)
			}
		case RecordHandler:
			wrong = append(wrong, b.handler(p, r)...)
		case RecordQuiet:
			for _, s := range r.Seqs {
				if d := b.deeds[s]; d != nil {
					d.quiet = true
				}
			}
		case RecordNotify:
			for _, s := range r.Seqs {
				if d, h := b.deeds[s], b.handlers[r.Key]; d != nil && h != nil {
					d.notify = append(d.notify, h)
				}
			}
		}
	}
	return wrong.Err()
}

// batch makes a play that holds nothing but what the rollback runs.
func (b *pastBuilder) batch(number int, name string, index, of int, dir string) error {
	play := &playbook.Play{Attrs: playbook.Attrs{"gather_facts": {Value: false}}, Dir: dir, File: dir + "/"}
	play.Root = &playbook.Block{Attrs: play.Attrs, Play: play, Vars: value.NewDict(), Static: true}
	p := &playRun{x: b.x, play: play, name: name, id: number, index: index, of: max(of, 1), removed: &hostSet{}, unrecorded: true, usesFacts: map[*hostState]bool{}}
	if err := p.prepare(nil); err != nil {
		return err
	}
	b.batches[number] = p
	b.order = append(b.order, p)
	return nil
}

// deed makes a line of the ledger.
func (b *pastBuilder) deed(p *playRun, r Record) diag.List {
	h := b.x.hosts.take(r.Host)
	d := &deed{run: p, host: h, section: r.Section, id: r.Task, title: r.Name, module: r.Module, what: r.What,
		entries: r.Entries, lasting: r.Lasting, covered: r.Covered, byPlay: r.ByPlay, recorded: r.Seq}
	var wrong diag.List
	switch r.Kind {
	case RecordRan:
		d.ran = b.handlers[r.Key]
		if d.ran == nil {
			return nil
		}
	case RecordMade:
		d.made, wrong = b.registration(p, h, r)
	default:
		d.site, d.problem = b.site(p, h, orElse(r.At, r.Host), r.User, r.Method)
	}
	b.x.ledger.add(d)
	b.deeds[r.Seq] = d
	return wrong
}

// site resolves where a change lies, with today's inventory and flags.
func (b *pastBuilder) site(p *playRun, h *hostState, where, user, method string) (site, error) {
	t := &playbook.Task{Attrs: playbook.Attrs{"become": {Value: user != ""}}, Parent: p.play.Root, Action: "meta", Args: value.NewDict(), Vars: value.NewDict()}
	if user != "" {
		t.Attrs["become_user"] = playbook.Attr{Value: user}
		t.Attrs["become_method"] = playbook.Attr{Value: method}
	}
	run := &taskRun{x: b.x, play: p, task: t, host: h, scope: b.x.newScope(p, h, t)}
	c := &call{t: run, scope: run.scope, target: h}
	if where != h.name {
		c.delegated, c.target = where, b.x.hosts.get(where)
	}
	s := site{host: c.target}
	var err error
	if s.target, err = c.connection(); err != nil {
		return s, err
	}
	if user == "" {
		return s, nil
	}
	s.become, err = c.become(s.target)
	if s.become != nil {
		s.become.User, s.become.Method = user, orElse(method, s.become.Method)
	}
	return s, err
}

// registration reads rollback handlers back. Variables that were not kept must be given again.
func (b *pastBuilder) registration(p *playRun, h *hostState, r Record) (*registration, diag.List) {
	made := &registration{owner: r.Key, vars: b.vars(r)}
	if made.problem = b.missing(p, h, r); made.problem != "" {
		return made, nil
	}
	if done, ok := p.stems[r.Key]; ok {
		made.nodes = done
		return made, nil
	}
	nodes, wrong := b.x.o.Loader.ReadTasks(r.Tasks, r.File, p.play.Root)
	if p.stems == nil {
		p.stems = map[any][]playbook.Node{}
	}
	p.stems[r.Key], made.nodes = nodes, nodes
	return made, wrong
}

// handler reads a handler of the play back; on every host it has the variables of that host.
func (b *pastBuilder) handler(p *playRun, r Record) diag.List {
	h := b.x.hosts.get(r.Host)
	known := b.handlers[r.Key]
	if known == nil {
		nodes, wrong := b.x.o.Loader.ReadTasks(r.Tasks, r.File, p.play.Root)
		eachTask(nodes, func(t *playbook.Task) { known = &handler{task: t, key: r.Key, captured: map[*hostState]*value.Dict{}} })
		if known == nil {
			return wrong
		}
		b.handlers[r.Key] = known
	}
	if problem := b.missing(p, h, r); problem != "" {
		b.x.warn("%s: handler %s: %s", r.Host, r.Name, problem)
	}
	if !slices.Contains(p.handlers, known) {
		p.handlers = append(p.handlers, known)
	}
	known.captured[h] = b.vars(r)
	return nil
}

func (b *pastBuilder) vars(r Record) *value.Dict {
	d, _ := value.From(r.Vars).(*value.Dict)
	if d == nil {
		d = value.NewDict()
	}
	return d
}

// missing says why tasks cannot run again; "" when they can.
func (b *pastBuilder) missing(p *playRun, h *hostState, r Record) string {
	if r.Refused != "" {
		return "its tasks were not kept: " + r.Refused
	}
	s := b.x.newScope(p, h, nil)
	var names []string
	for _, n := range r.Withheld {
		if _, ok, err := s.variable(n); !ok || err != nil {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%s may be secret and was not kept; give it again with -e", strings.Join(names, ", "))
}

// journals makes the ledger from what the hosts themselves recorded.
func (b *pastBuilder) journals(ctx context.Context) int {
	if err := b.batch(0, "", 0, 1, ""); err != nil {
		b.x.warn("%v", err)
		return ExitError
	}
	p := b.batches[0]
	all, _ := b.x.o.Inventory.Match("all")
	exit := ExitOK
	for _, one := range all {
		if b.hosts != nil && !b.hosts[one.Name] {
			continue
		}
		h := b.x.hosts.take(one.Name)
		exit = worse(exit, b.journalsOf(ctx, p, h))
	}
	return exit
}

// journalsOf lists the changes of the run in the journals of one host: the connection's user's and, where the inventory or
// flags say become, that user's.
func (b *pastBuilder) journalsOf(ctx context.Context, p *playRun, h *hostState) int {
	type found struct {
		at    site
		entry ops.Entry
	}
	var all []found
	for _, at := range b.sites(p, h) {
		listing, err := b.list(ctx, at)
		if err != nil {
			b.x.sink.Handle(event.Undone{Host: h.name, Status: event.UndoUnreachable, Msg: err.Error()})
			h.setOut(false, true)
			h.count(func(c *event.Counts) { c.Unreachable++ })
			return ExitUnreachable
		}
		b.known = b.known || len(listing.Entries) > 0
		for _, e := range listing.Entries {
			if e.State == ops.StateDone || e.State == ops.StateConflict {
				all = append(all, found{at, e})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y found) int { return x.entry.Started.Compare(y.entry.Started) })
	for _, f := range all {
		b.x.ledger.add(&deed{run: p, host: h, id: f.entry.Task, title: f.entry.Name, module: f.entry.Module, what: f.entry.What, entries: []string{f.entry.ID}, site: f.at})
	}
	return ExitOK
}

// sites are the journals of a host that may hold changes.
func (b *pastBuilder) sites(p *playRun, h *hostState) []site {
	own, err := b.site(p, h, h.name, "", "")
	if err != nil {
		b.x.warn("%s: %v", h.name, err)
		return nil
	}
	out := []site{own}
	t := &playbook.Task{Attrs: playbook.Attrs{}, Parent: p.play.Root, Action: "meta", Args: value.NewDict(), Vars: value.NewDict()}
	run := &taskRun{x: b.x, play: p, task: t, host: h, scope: b.x.newScope(p, h, t)}
	c := &call{t: run, scope: run.scope, target: h}
	if become, err := c.become(own.target); err == nil && become != nil {
		out = append(out, site{host: h, target: own.target, become: become})
	}
	return out
}

func (b *pastBuilder) list(ctx context.Context, at site) (*ops.Listing, error) {
	s, err := b.x.o.Sessions.Session(ctx, at.target)
	if err != nil {
		return nil, err
	}
	client := ops.Client{Become: at.become, Send: sender(s)}
	return client.List(ctx, ops.ListArgs{Run: b.past.Run})
}

// sender performs requests that name no content.
func sender(s *transport.Session) ops.Send {
	return func(ctx context.Context, req *wire.Request, each func(*wire.Response)) error {
		return s.Do(ctx, req, nil, each)
	}
}
