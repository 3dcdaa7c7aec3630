package executor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// debug lets the person at the console look at results, mend the task and run it again, before the results count.
func (g *groupRun) debug(ctx context.Context, workers []*participant) error {
	for _, m := range workers {
		for out := g.results[m]; out != nil && g.wantsDebugger(m, out); out = g.results[m] {
			redo, err := g.converse(ctx, m, out)
			if err != nil {
				return err
			}
			if redo == nil || g.play.x.stop.isSet() {
				break
			}
			m.w.host.count(func(c *event.Counts) { *c = out.counts })
			g.results[m] = redo.run(ctx)
		}
	}
	return nil
}

// wantsDebugger decides by the keyword debugger, the settings and the strategy whether a result is debugged.
func (g *groupRun) wantsDebugger(m *participant, out *taskOutcome) bool {
	x := g.play.x
	keyword := ""
	if a, ok := g.task.Inherit("debugger"); ok {
		if v, err := g.scopeOf(m).render(a.Value); err == nil && v != nil {
			keyword = value.Str(v)
		}
	}
	failed := out.status == event.Failed && (!out.ignored || !x.switchedOn("TASK_DEBUGGER_IGNORE_ERRORS"))
	unreachable := out.status == event.Unreachable
	switch keyword {
	case "always":
		return metaOf(g.task) == ""
	case "never":
		return false
	case "on_failed":
		return failed
	case "on_unreachable":
		return unreachable
	case "on_skipped":
		return out.status == event.Skipped
	}
	return (g.play.debugAll || x.switchedOn("ENABLE_TASK_DEBUGGER")) && (failed || unreachable)
}

// switchedOn reports whether a setting is on.
func (x *Executor) switchedOn(name string) bool {
	found, ok := x.o.Settings.Lookup(name)
	return ok && found.Value == true
}

// converse runs one conversation of the debugger about a result. The task to run again is nil when the result stands.
func (g *groupRun) converse(ctx context.Context, m *participant, out *taskOutcome) (*taskRun, error) {
	x := g.play.x
	if x.o.Console == nil {
		return nil, errNoConsole
	}
	x.talking.Lock()
	defer x.talking.Unlock()
	d := g.newDebugger(m, out)
	for {
		line, err := x.o.Console.Line(ctx, fmt.Sprintf("[%s] TASK: %s (debug)> ", m.w.host.name, d.title))
		if errors.Is(err, io.EOF) {
			d.say("")
			line, err = "quit", nil
		}
		if err != nil {
			return nil, err
		}
		switch d.command(line) {
		case debugRedo:
			return d.again(), nil
		case debugContinue:
			return nil, nil
		case debugQuit:
			d.say("User interrupted execution")
			x.stop.set()
			return nil, nil
		}
	}
}

// debugger is a conversation about one result: a copy of the task that may be changed, and variables to lay over the host's.
type debugger struct {
	g      *groupRun
	m      *participant
	title  string
	task   *playbook.Task
	vars   *value.Dict
	result *value.Dict
}

func (g *groupRun) newDebugger(m *participant, out *taskOutcome) *debugger {
	task := *g.task
	task.Args, task.Vars = g.task.Args.Clone(), g.task.Vars.Clone()
	return &debugger{g: g, m: m, title: g.play.taskTitle(g.task, m.w.host), task: &task, vars: value.NewDict(), result: out.result}
}

func (d *debugger) say(text string) { d.g.play.x.o.Console.Print(text) }

// scope is what the task sees, with the changes of the conversation.
func (d *debugger) scope() *scope {
	s := d.g.scopeOf(d.m)
	s.task = d.task
	if d.vars.Len() > 0 {
		s = s.withExtra(d.vars)
	}
	return s
}

// again is the changed task, ready to run.
func (d *debugger) again() *taskRun {
	t := &taskRun{x: d.g.play.x, play: d.g.play, task: d.task, host: d.m.w.host, id: d.g.id, rescued: d.m.at.rescued, section: d.m.at.path[0]}
	t.scope = d.scope()
	return t
}
