package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
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
	// inPhase says that the members go through a gate, restore or rollback handlers.
	inPhase bool
	// unrecorded says that what happens is no part of what a rollback takes back: it is a rollback itself.
	unrecorded bool
	sections   [][]playbook.Node
	tags       *tagFilter

	mu         sync.Mutex
	handlers   []*handler
	extra      []*playbook.Role       // public roles that include_role brought in
	included   []*playbook.Role       // public roles that include_role brought in, without what they depend on
	files      map[string]*value.Dict // vars_files by path; nil marks a missing file
	perHost    map[*hostState]*hostFiles
	endedFlag  bool
	debugAll   bool   // the debug strategy: whatever fails is debugged
	halted     string // why one host's failure failed the others
	batchEnded bool
	broken     bool // max_fail_percentage ended the play
	gateFailed bool
	finished   bool // nothing of the batch runs any more
	rollback   rollbackResult
	taskNames  map[*playbook.Task]string
	steps      map[*playbook.Task]int
	gates      map[*playbook.Task]chan struct{} // of throttle
	registered map[ownerKey]bool
	stems      map[any][]playbook.Node
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
	alive := living(hosts)
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
	start := event.PlayStart{ID: p.id, Name: p.name, Pos: p.play.Pos, Hosts: names, Batch: index, Of: of, Total: len(p.hosts), Check: p.x.o.Check}
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

// tellExhausted says that no host of the batch may go on. As in Ansible, hosts that fail one by one go without saying.
func (p *playRun) tellExhausted(hosts []*hostState, strategy string) {
	if p.halted != haltedForRollback && len(living(hosts)) == 0 && (p.halted != "" || strategy != "linear") {
		p.x.sink.Handle(event.NoMoreHosts{Reason: p.halted})
	}
}

// verdict is the exit code that the batch means, and how many of its hosts are well.
func (p *playRun) verdict(hosts []*hostState) (code, left int) {
	for _, h := range hosts {
		h.mu.RLock()
		failed, unreachable := h.failed, h.unreachable
		h.mu.RUnlock()
		switch {
		case unreachable:
			code = worse(code, ExitUnreachable)
		case failed:
			code = worse(code, ExitFailed)
		default:
			left++
		}
	}
	if p.rollback == rolledBack && code != ExitOK {
		code = ExitRolledBack
	}
	return code, left
}

// rollbackResult says how the rollbacks of a batch ended.
type rollbackResult int

const (
	noRollback rollbackResult = iota
	rolledBack
	partlyRolledBack
)

// noteRollback remembers how a rollback of the batch ended.
func (p *playRun) noteRollback(complete bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !complete:
		p.rollback = partlyRolledBack
	case p.rollback == noRollback:
		p.rollback = rolledBack
	}
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

// prepare lays out what every host of the batch will go through.
func (p *playRun) prepare(hosts []*hostState) error {
	p.files, p.perHost = map[string]*value.Dict{}, map[*hostState]*hostFiles{}
	p.taskNames, p.steps = map[*playbook.Task]string{}, map[*playbook.Task]int{}
	if err := p.x.loadVarsFiles(p); err != nil {
		return err
	}
	p.collectHandlers()
	p.layOut()
	p.tags = newTagFilter(p.x.o.Tags, p.x.o.SkipTags)
	p.members = nil
	for _, h := range hosts {
		p.x.hosts.take(h.name)
		p.members = append(p.members, &participant{w: newWalker(p, h, p.sections)})
	}
	return nil
}

// layOut puts the sections of the play in order: facts, pre_tasks, roles and tasks, post_tasks, each followed by the
// handlers that it notified.
func (p *playRun) layOut() {
	var main []playbook.Node
	for _, role := range p.play.Roles {
		for _, r := range role.Flatten() {
			main = append(main, r.Block)
		}
	}
	main = append(main, p.play.Tasks...)
	p.sections = nil
	if t := p.gatherTask(); t != nil {
		p.sections = append(p.sections, []playbook.Node{t})
	}
	for _, nodes := range [][]playbook.Node{p.play.PreTasks, main, p.play.PostTasks} {
		p.sections = append(p.sections, p.withFlush(nodes))
	}
}

// withFlush appends the running of handlers to a section. With force_handlers they run even when the section fails.
func (p *playRun) withFlush(nodes []playbook.Node) []playbook.Node {
	flush := p.metaTask("flush_handlers")
	if p.forceHandlers() {
		return []playbook.Node{&playbook.Block{Attrs: playbook.Attrs{}, Parent: p.play.Root, Play: p.play, Vars: value.NewDict(), Static: true, Body: nodes, Always: []playbook.Node{flush}}}
	}
	return append(append([]playbook.Node(nil), nodes...), flush)
}

func (p *playRun) forceHandlers() bool {
	if a, ok := p.play.Attrs["force_handlers"]; ok {
		if v, err := p.x.newScope(p, nil, nil).render(a.Value); err == nil {
			return toBool(v)
		}
	}
	return p.x.o.ForceHandlers
}

// metaTask makes an implicit meta task of the play; it runs whatever the tags.
func (p *playRun) metaTask(what string) *playbook.Task {
	return &playbook.Task{
		Attrs: playbook.Attrs{}, Pos: p.play.Pos, Parent: p.play.Root, Action: "meta", File: p.play.File,
		Args: value.DictOf(playbook.RawParams, what), Vars: value.NewDict(),
		Tags: []playbook.Attr{{Value: "always"}},
	}
}

// gatherTask makes the task that gathers facts, nil when the play wants none.
func (p *playRun) gatherTask() *playbook.Task {
	gather := p.x.o.Settings.Gathering != "explicit"
	if a, ok := p.play.Attrs["gather_facts"]; ok {
		v, err := p.x.newScope(p, nil, nil).render(a.Value)
		gather = err == nil && toBool(v)
	}
	if !gather {
		return nil
	}
	args := value.NewDict()
	for _, k := range []string{"gather_subset", "gather_timeout", "fact_path"} {
		if a, ok := p.play.Attrs[k]; ok {
			args.Set(k, a.Value)
		}
	}
	return &playbook.Task{
		Attrs: playbook.Attrs{"name": {Value: "Gathering Facts", Pos: p.play.Pos}}, Pos: p.play.Pos, Parent: p.play.Root,
		Action: "gather_facts", Args: args, Vars: value.NewDict(), File: p.play.File,
		Tags: append([]playbook.Attr{{Value: "always"}}, p.play.Root.Tags...),
	}
}

// smartGathered reports whether gathering = smart makes the gathering needless for the host.
func (p *playRun) smartGathered(h *hostState) bool {
	if p.x.o.Settings.Gathering != "smart" || p.play.Has("gather_facts") {
		return false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.gathered
}

// selected reports whether the tags of the run and --start-at-task let the host come to the task.
func (p *playRun) selected(t *playbook.Task, h *hostState) bool {
	if t.Action == "gather_facts" && p.smartGathered(h) {
		return false
	}
	implicit := p.implicit(t)
	if !p.x.reached(p, t, h, implicit) {
		return false
	}
	if implicit {
		return true
	}
	return p.tags.wants(p, t, h)
}

// implicit reports whether muster itself put the task into the play.
func (p *playRun) implicit(t *playbook.Task) bool { return t.Action == "meta" && t.Pos == p.play.Pos }

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
	return p.endedFlag || p.batchEnded
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

// publicSources are the vars or defaults of the roles whose variables the whole play sees, the last role first.
func (p *playRun) publicSources(of func(*playbook.Role) *value.Dict, f visit) bool {
	p.mu.Lock()
	extra := p.extra
	p.mu.Unlock()
	for i := len(extra) - 1; i >= 0; i-- {
		if f(of(extra[i]), true) {
			return true
		}
	}
	roles := append(slices.Clone(p.play.Roles), p.play.Imported...)
	for i := len(roles) - 1; i >= 0; i-- {
		if !roles[i].Public {
			continue
		}
		flat := roles[i].Flatten()
		for j := len(flat) - 1; j >= 0; j-- {
			if f(of(flat[j]), true) {
				return true
			}
		}
	}
	return false
}

func (p *playRun) addPublic(r *playbook.Role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extra = append(p.extra, r.Flatten()...)
}

// rolesNamed are the roles that the play names: its own, those of import_role, and the public ones that include_role
// has brought so far.
func (p *playRun) rolesNamed() []*playbook.Role {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Concat(p.play.Roles, p.play.Imported, p.included)
}

// roleNames answers the special variables that list roles.
func (p *playRun) roleNames(which string) []string {
	var direct, dependent, all []string
	seen := map[string]bool{}
	for i, role := range p.rolesNamed() {
		if i < len(p.play.Roles) || !slices.Contains(direct, shortRole(role.Name)) {
			direct = append(direct, shortRole(role.Name))
		}
		for _, r := range role.Flatten() {
			if seen[r.Name] {
				continue
			}
			seen[r.Name] = true
			all = append(all, shortRole(r.Name))
			if r != role {
				dependent = append(dependent, shortRole(r.Name))
			}
		}
	}
	switch which {
	case "ansible_dependent_role_names":
		return dependent
	case "ansible_play_role_names", "role_names":
		return direct
	default:
		return all
	}
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

func (x *Executor) playbookDir(p *playbook.Play) string {
	if abs, err := filepath.Abs(p.Dir); err == nil {
		return abs
	}
	return p.Dir
}

// taskDict is ansible_failed_task: what a rescue may ask about the task that failed.
func (p *playRun) taskDict(t *playbook.Task) *value.Dict {
	if t == nil {
		return value.NewDict()
	}
	name, _ := t.Name().(string)
	return value.DictOf("name", name, "action", t.Action, "args", t.Args, "register", t.Get("register"), "vars", t.Vars)
}
