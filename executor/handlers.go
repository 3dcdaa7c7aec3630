package executor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// handler is a handler of a play. Including its role again with the same vars replaces the task, so that notifications
// from both uses run it once.
type handler struct {
	task *playbook.Task
	// captured are the variables that the handler saw in the run that is undone, by host; nil in a run of its own.
	captured map[*hostState]*value.Dict
	key      string // its place in the run that is undone; "" in a run of its own
	use      string // equal for uses of a role that share its handlers; "" for handlers that no include_role brought
	list     int    // which list of handlers it stands in: a role's, or the play's
}

// place is where the handler stands in its playbook.
func (h *handler) place() string {
	if h.key != "" {
		return h.key
	}
	return h.task.Pos.String()
}

// collectHandlers lists the play's handlers: those of roles first, so that the play's own, looked for from the end,
// win.
func (p *playRun) collectHandlers() {
	for _, role := range p.play.Roles {
		for _, r := range role.Flatten() {
			p.addHandlers(r.Handlers)
		}
	}
	p.addHandlers(p.play.Handlers)
}

func (p *playRun) addHandlers(nodes []playbook.Node) {
	p.handlerLists++
	eachTask(nodes, func(t *playbook.Task) { p.handlers = append(p.handlers, &handler{task: t, list: p.handlerLists}) })
}

func eachTask(nodes []playbook.Node, f func(*playbook.Task)) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Task:
			f(n)
		case *playbook.Block:
			eachTask(n.Body, f)
		}
	}
}

// adopt makes the handlers of an included role known to the play and, when it is public, its variables.
func (p *playRun) adopt(role *playbook.Role, use string, public bool) {
	p.mu.Lock()
	if public && !slices.ContainsFunc(p.included, func(r *playbook.Role) bool { return r.Name == role.Name }) {
		p.included = append(p.included, role)
	}
	for _, r := range role.Flatten() {
		p.handlerLists++
		eachTask(r.Handlers, func(t *playbook.Task) { p.adoptHandler(t, use) })
	}
	p.mu.Unlock()
	if public {
		p.addPublic(role)
	}
}

func (p *playRun) adoptHandler(t *playbook.Task, use string) {
	for _, h := range p.handlers {
		if h.use == use && h.task.Pos == t.Pos {
			h.task = t
			return
		}
	}
	p.handlers = append(p.handlers, &handler{task: t, use: use, list: p.handlerLists})
}

// useOf is equal for include_role tasks with the same vars as written and the same files of the role.
func useOf(t *playbook.Task) string {
	var b strings.Builder
	for _, d := range []*value.Dict{t.Vars, t.Args} {
		for k, v := range d.All() {
			if k != "public" {
				fmt.Fprintf(&b, "%v=%v|", k, templateText(v))
			}
		}
		b.WriteString("/")
	}
	return b.String()
}

// handlerAt returns the handler at a place of the list, with its task as it is now.
func (p *playRun) handlerAt(i int) (*handler, *playbook.Task, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i >= len(p.handlers) {
		return nil, nil, false
	}
	return p.handlers[i], p.handlers[i].task, true
}

// flush runs the handlers that were notified, in the order in which they are defined.
func (w *walker) flush(path []int) ending {
	for i := 0; ; i++ {
		h, t, ok := w.run.handlerAt(i)
		if !ok {
			return good
		}
		if !w.notified[h] {
			continue
		}
		delete(w.notified, h)
		w.run.handlerRuns(w.host, h)
		if e := w.task(t, extend(path, i), true); e != good {
			return e
		}
	}
}

// notify marks the handlers of a name and returns them; none when no handler has it.
func (w *walker) notify(name string) []*handler {
	found := w.run.handlersFor(name, w.host)
	for _, h := range found {
		if !w.notified[h] {
			w.notified[h] = true
			w.run.x.sink.Handle(event.Notified{Host: w.host.name, Handler: name})
		}
	}
	return found
}

// handlersFor returns the handlers that a notification means: of those of that name the first in the last list that has one, and all
// that listen to it.
func (p *playRun) handlersFor(name string, host *hostState) []*handler {
	p.mu.Lock()
	handlers := slices.Clone(p.handlers)
	tasks := make([]*playbook.Task, len(handlers))
	for i, h := range handlers {
		tasks[i] = h.task
	}
	p.mu.Unlock()
	var found []*handler
	for i, h := range handlers {
		if (found == nil || h.list > found[0].list) && p.handlerNamed(tasks[i], name, host) {
			found = []*handler{h}
		}
	}
	for i, h := range handlers {
		if slices.Contains(tasks[i].Listen, name) && !slices.Contains(found, h) {
			found = append(found, h)
		}
	}
	return found
}

func (p *playRun) handlerNamed(t *playbook.Task, name string, h *hostState) bool {
	v := t.Name()
	if v == nil {
		return false
	}
	title := value.Str(templateText(v))
	if hasTemplate(v) {
		out, err := p.x.newScope(p, h, t).render(v)
		if err != nil {
			return false
		}
		title = value.Str(out)
	}
	if title == name {
		return true
	}
	role := t.Role()
	return role != nil && (role.Name+" : "+title == name || shortRole(role)+" : "+title == name)
}
