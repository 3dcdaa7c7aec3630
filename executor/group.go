package executor

import (
	"context"
	"fmt"
	"path"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// groupRun is one task on the hosts that run it together (one host under the free strategies).
type groupRun struct {
	play    *playRun
	task    *playbook.Task
	handler bool
	members []*participant
	single  bool // free strategy: settle decides for this host alone
	pinned  bool // the host holds a slot of forks already

	id   int
	once bool
	any  bool // any_errors_fatal

	mu      sync.Mutex
	results map[*participant]*taskOutcome
}

// prepare announces the task and decides what holds for all hosts.
func (g *groupRun) prepare() error {
	g.results = map[*participant]*taskOutcome{}
	s := g.scopeOf(g.members[0])
	g.once = g.flag(s, "run_once", false) || g.bypassesHosts()
	g.any = (g.flag(s, "any_errors_fatal", g.play.x.o.Settings.AnyErrorsFatal) || g.once && !g.single) && !g.flag(s, "ignore_errors", false)
	if metaOf(g.task) != "" {
		g.once = metaOnce(g.task)
		return nil
	}
	g.announce(s)
	return nil
}

// announce emits the task's banner; hosts of a free strategy that come to a task that is known already do not repeat it.
func (g *groupRun) announce(s *scope) {
	p := g.play
	p.mu.Lock()
	id, seen := p.steps[g.task]
	if !seen || !g.single {
		id = p.x.tasks.next()
		p.steps[g.task] = id
	}
	p.mu.Unlock()
	g.id = id
	if seen && g.single {
		return
	}
	role := ""
	if r := g.task.Role(); r != nil {
		role = r.Name
	}
	check := p.x.o.Check
	if a, ok := g.task.Inherit("check_mode"); ok {
		if v, err := s.render(a.Value); err == nil && v != nil {
			check = toBool(v)
		}
	}
	p.x.sink.Handle(event.TaskStart{
		ID: id, Play: p.id, Key: p.x.keys.of(g.task), Name: p.titleIn(s), Action: g.task.Action, Pos: g.task.Pos, Role: role, Handler: g.handler,
		Check: check, Undo: p.x.undoOf(g.task), Time: p.x.o.Now(), Args: p.x.shownArgs(g.task, s),
	})
}

// flag evaluates a keyword that holds for the whole group, def where nobody wrote it; a template that cannot be rendered counts
// as false and the task itself reports it.
func (g *groupRun) flag(s *scope, keyword string, def bool) bool {
	a, ok := g.task.Inherit(keyword)
	if !ok {
		return def
	}
	v, err := s.render(a.Value)
	return err == nil && toBool(v)
}

// bypassesHosts reports whether the action works on the run instead of on hosts.
func (g *groupRun) bypassesHosts() bool {
	switch playbook.ShortName(g.task.Action) {
	case "add_host":
		return true
	case "pause":
		return !g.single
	}
	return false
}

// throttle returns how many hosts may run the task at once; 0 is no limit but forks.
func (g *groupRun) throttle() int {
	a, ok := g.task.Inherit("throttle")
	if !ok {
		return 0
	}
	v, err := g.scopeOf(g.members[0]).render(a.Value)
	if err != nil {
		return 0
	}
	n, _ := toInt(v)
	return n
}

// runOn runs the task on one host within the limit of forks.
func (g *groupRun) runOn(ctx context.Context, m *participant) {
	x := g.play.x
	if !g.pinned {
		x.forks <- struct{}{}
		defer func() { <-x.forks }()
	}
	t := &taskRun{x: x, play: g.play, task: g.task, host: m.w.host, id: g.id, rescued: m.at.rescued, forAll: g.once, section: m.at.path[0], confirm: m.at.confirm}
	t.scope = g.scopeOf(m)
	if x.o.HostStarts && g.id != 0 {
		x.sink.Handle(event.HostStart{Task: g.id, Host: m.w.host.name, Time: x.o.Now()})
	}
	out := t.run(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.results[m] = out
}

// scopeOf is the scope of the task on a host of the group.
func (g *groupRun) scopeOf(m *participant) *scope {
	s := g.play.x.newScope(g.play, m.w.host, g.task)
	s.captured = m.w.captured
	return s
}

// settle turns what happened into what every host of the group does next.
func (g *groupRun) settle(ctx context.Context, workers []*participant) error {
	if err := g.debug(ctx, workers); err != nil {
		return err
	}
	for _, m := range workers {
		g.deliver(m, g.results[m])
	}
	if g.once && len(workers) == 1 {
		g.shareOnce(workers[0])
	}
	if err := g.include(ctx, workers); err != nil {
		return err
	}
	g.spreadFailure(workers)
	return g.meta(ctx, workers)
}

// deliver books a result on its host: notifications, failure, the recap.
func (g *groupRun) deliver(m *participant, out *taskOutcome) {
	m.w.last = outcome{ending: out.ending, hopeless: out.hopeless, result: out.result, ran: out.ran}
	for _, name := range out.notify {
		found := m.w.notify(name)
		if len(found) == 0 {
			g.missingHandler(m, name)
		}
		g.play.x.ledger.notified(out.deeds, found)
		g.play.x.recordNotified(g.play, m.w.host, out.deeds, found)
	}
	if out.ending == lost {
		m.w.host.setOut(false, true)
	}
	if out.ending == failing && (!m.at.rescued || out.hopeless) {
		m.w.host.setOut(true, false)
	}
}

// missingHandler fails a host whose task notified a handler that does not exist, or only warns of it, as error_on_missing_handler
// says.
func (g *groupRun) missingHandler(m *participant, name string) {
	msg := fmt.Sprintf("The requested handler '%s' was not found in either the main handlers list nor in the listening handlers list (notified at %s)", name, g.task.Pos)
	if !g.play.x.o.Settings.ErrorOnMissingHandler {
		g.play.x.warnOnce("%s", msg)
		return
	}
	g.play.x.sink.Handle(event.Message{Level: "error", Text: msg, Host: m.w.host.name})
	m.w.last.ending = failing
	m.w.host.setOut(true, false)
	m.w.host.count(func(c *event.Counts) { c.Failed++ })
}

// shareOnce gives the result of a run_once task to the hosts that did not run it.
func (g *groupRun) shareOnce(ran *participant) {
	out := g.results[ran]
	for _, m := range g.members {
		if m == ran {
			continue
		}
		g.results[m] = out
		m.w.last = outcome{ending: out.ending, hopeless: out.hopeless, result: out.result}
		if out.ending == lost {
			m.w.last.ending = failing
		}
		out.share(m.w.host)
		if m.w.last.ending == failing && (!m.at.rescued || out.hopeless) {
			m.w.host.setOut(true, false)
		}
	}
	g.shareBeyond(out)
}

// shareBeyond gives the variables of a run_once task to the hosts of the play that did not come to the task, as when an
// include ran on one host only.
func (g *groupRun) shareBeyond(out *taskOutcome) {
	if g.single {
		return
	}
	here := map[*hostState]bool{}
	for _, m := range g.members {
		here[m.w.host] = true
	}
	for _, m := range g.play.members {
		if !here[m.w.host] && !g.play.gone(m.w.host) {
			out.share(m.w.host)
		}
	}
}

// taskTitle is a task's name as banners show it, with the role before it.
func (p *playRun) taskTitle(t *playbook.Task, h *hostState) string {
	return p.titleIn(p.x.newScope(p, h, t))
}

// titleIn is taskTitle in the scope of the task.
func (p *playRun) titleIn(s *scope) string {
	t := s.task
	p.mu.Lock()
	name, ok := p.taskNames[t]
	p.mu.Unlock()
	if ok {
		return name
	}
	name = t.Action
	if v := t.Name(); v != nil {
		if out, err := s.render(v); err == nil {
			name = value.Str(out)
		} else {
			name = value.Str(templateText(v))
		}
	}
	includesRole := playbook.ShortName(t.Action) == "include_role"
	if t.Name() == nil && includesRole {
		v, ok := t.Args.Get("name")
		if !ok {
			v, ok = t.Args.Get("role")
		}
		if out, err := s.render(v); err == nil && ok {
			name += " : " + value.Str(out)
		} else if ok {
			name += " : " + value.Str(templateText(v))
		}
	}
	if r := t.Role(); r != nil && !includesRole {
		name = r.Name + " : " + name
	}
	if t.Name() == nil || !hasTemplate(t.Name()) {
		p.mu.Lock()
		p.taskNames[t] = name
		p.mu.Unlock()
	}
	return name
}

// matchName compares a name with a pattern of --start-at-task or a notification: equal, or by shell wildcards.
func matchName(pattern, name string) bool {
	if pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
