package executor

import (
	"context"
	"fmt"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// metaOf returns what a meta task does, "" for any other task.
func metaOf(t *playbook.Task) string {
	if playbook.ShortName(t.Action) != "meta" {
		return ""
	}
	v, _ := t.Args.Get(playbook.RawParams)
	if s, ok := v.(string); ok && s != "" {
		return s
	}
	return "?"
}

// metaOnce reports whether a meta task works on the run and is done once.
func metaOnce(t *playbook.Task) bool {
	switch metaOf(t) {
	case "clear_host_errors", "clear_facts", "refresh_inventory", "end_play", "end_batch":
		return true
	}
	return false
}

// runMeta evaluates the conditions of a meta task on a host; settle carries it out.
func (t *taskRun) runMeta(what string) *taskOutcome {
	out := &taskOutcome{result: value.NewDict(), share: func(*hostState) {}}
	if !t.play.implicit(t.task) {
		t.id = t.x.tasks.next()
		t.x.sink.Handle(event.TaskStart{ID: t.id, Play: t.play.id, Key: t.x.keys.of(t.task), Name: t.play.taskTitle(t.task, t.host), Action: "meta", Pos: t.task.Pos, Handler: t.task.Handler, Time: t.x.o.Now()})
	}
	if t.play.implicit(t.task) {
		out.meta = what
		return out
	}
	hold, which, err := t.conditionsHold(t.scope)
	if err != nil {
		res := t.broken(err)
		t.emit(res, event.Failed, false)
		t.recap(event.Failed, res, false, false)
		out.ending = failing
		return out
	}
	switch {
	case hold || what == "noop" || what == "refresh_inventory" || what == "reset_connection":
		t.sayMeta(what, true)
		out.meta = what
	default:
		t.sayMeta(what, false)
		t.emit(t.skip(t.scope, which), event.Skipped, false)
	}
	return out
}

// meta carries out what a meta task asked for.
func (g *groupRun) meta(ctx context.Context, workers []*participant) error {
	for _, m := range workers {
		out := g.results[m]
		if out == nil || out.meta == "" {
			continue
		}
		if err := g.doMeta(ctx, m, out.meta); err != nil {
			return err
		}
	}
	return nil
}

func (g *groupRun) doMeta(ctx context.Context, m *participant, what string) error {
	switch what {
	case "noop", "role_complete":
	case "flush_handlers":
		m.w.last.flush = true
	case "clear_facts":
		for _, h := range g.play.hosts {
			g.play.x.forgetFacts(h)
		}
	case "clear_host_errors":
		g.play.forgive()
	case "end_host":
		m.w.last.ending = leaving
		g.play.removed.add(m.w.host)
	case "end_role":
		return g.endRole(m)
	case "end_play":
		g.play.end()
	case "end_batch":
		g.play.endBatch()
	case "reset_connection":
		return g.resetConnection(ctx, m)
	case "refresh_inventory":
		return g.play.x.refreshInventory(ctx)
	default:
		return at(g.task.Pos, fmt.Errorf("invalid meta action requested: %s", what))
	}
	return nil
}

// endRole takes a host out of the role that the task belongs to.
func (g *groupRun) endRole(m *participant) error {
	switch {
	case g.handler:
		return at(g.task.Pos, fmt.Errorf("Cannot execute 'end_role' from a handler")) //nolint:staticcheck // Ansible's words
	case g.task.Role() == nil:
		return at(g.task.Pos, fmt.Errorf("Cannot execute 'end_role' from outside of a role")) //nolint:staticcheck // Ansible's words
	}
	m.w.last.ending = leavingRole
	return nil
}

func (g *groupRun) resetConnection(ctx context.Context, m *participant) error {
	t := &taskRun{x: g.play.x, play: g.play, task: g.task, host: m.w.host}
	t.scope = g.play.x.newScope(g.play, m.w.host, g.task)
	c := &call{t: t, scope: t.scope, target: m.w.host}
	target, err := c.connection()
	if err != nil {
		return at(g.task.Pos, err)
	}
	return g.play.x.o.Sessions.Reset(ctx, target)
}

// refreshInventory reads the inventory again; hosts keep what the run knows of them.
func (x *Executor) refreshInventory(ctx context.Context) error {
	if x.o.Refresh == nil {
		return fmt.Errorf("refresh_inventory: this run has no inventory sources to read again")
	}
	inv, err := x.o.Refresh(ctx)
	if err != nil {
		return err
	}
	x.o.Inventory = inv
	x.hosts.reload(inv)
	return nil
}
