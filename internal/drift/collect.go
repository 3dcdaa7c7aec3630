package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

// Collector is the sink of a check run. It is used by one goroutine at a time, and every event goes on to Next.
type Collector struct {
	Next  event.Sink                        // nil: nowhere
	Shape func(action string) modules.Shape // of an action; "" for those that only the controller knows

	start event.RunStart
	end   event.RunEnd
	ended bool
	tasks map[int]event.TaskStart
	hosts map[string]*found
	loops map[loopKey][]event.ItemResult
}

type loopKey struct {
	task int
	host string
}

// found is what became known of a host.
type found struct {
	state   State
	problem string
	diffs   []Difference
	digests []string // of the tasks' arguments, one for each difference: of the item, and of the whole loop
	wholes  []string
	blind   []Blind
	seen    []string // keys of tasks that were compared, drifted or not
	able    int
	done    int
}

// NewCollector returns a collector. next may be nil.
func NewCollector(next event.Sink, shape func(action string) modules.Shape) *Collector {
	return &Collector{Next: next, Shape: shape, tasks: map[int]event.TaskStart{}, hosts: map[string]*found{}, loops: map[loopKey][]event.ItemResult{}}
}

// Handle takes an event.
func (c *Collector) Handle(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		c.start = e
	case event.PlayStart:
		for _, h := range e.Hosts {
			c.host(h)
		}
	case event.TaskStart:
		c.tasks[e.ID] = e
	case event.ItemResult:
		k := loopKey{e.Task, e.Host}
		c.loops[k] = append(c.loops[k], e)
	case event.TaskResult:
		c.result(e)
		delete(c.loops, loopKey{e.Task, e.Host})
	case event.RunEnd:
		c.end, c.ended = e, true
	}
	if c.Next != nil {
		c.Next.Handle(e)
	}
}

func (c *Collector) host(name string) *found {
	h := c.hosts[name]
	if h == nil {
		h = &found{state: InOrder}
		c.hosts[name] = h
	}
	return h
}

// result books the outcome of a task on a host.
func (c *Collector) result(e event.TaskResult) {
	h, t := c.host(e.Host), c.tasks[e.Task]
	switch {
	case e.Status == event.Unreachable && !e.Ignored:
		h.state, h.problem = Unreachable, fmt.Sprint(e.Result["msg"])
		return
	case e.Status == event.Failed && !e.Ignored && !e.Rescued:
		h.state, h.problem = Failed, t.Name+": "+fmt.Sprint(e.Result["msg"])
	}
	shape := c.Shape(e.Action)
	if shape != modules.ShapeState && shape != modules.ShapeAction || t.Handler || !t.Check || notApplied(e) {
		return // nothing to compare; a handler only follows from what changed; without check mode it really ran
	}
	h.able++
	if why := unassessed(e); why != "" {
		h.blind = append(h.blind, Blind{Task: t.Name, Action: e.Action, Pos: t.Pos, Why: why})
		return
	}
	h.done++
	h.seen = append(h.seen, t.Key)
	if !e.Loop {
		c.difference(h, t, e.Status, e.Result, "", e.NoLog, e.Args, e.Args)
		return
	}
	for _, item := range c.loops[loopKey{e.Task, e.Host}] {
		c.difference(h, t, item.Status, item.Result, item.Label, item.NoLog, item.Args, e.Args)
	}
}

// notApplied reports that the task's own conditions leave the host out, or that its loop is empty.
func notApplied(e event.TaskResult) bool {
	if e.Status != event.Skipped {
		return false
	}
	_, condition := e.Result["false_condition"]
	_, empty := e.Result["skipped_reason"]
	if condition || empty {
		return true
	}
	list, ok := e.Result["results"].([]any)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(list, func(item any) bool {
		m, _ := item.(map[string]any)
		_, condition := m["false_condition"]
		return !condition
	})
}

// unassessed says why a task's outcome tells nothing about the host; "" when it does.
func unassessed(e event.TaskResult) string {
	switch {
	case e.Status == event.Failed || e.Status == event.Unreachable:
		return "it failed: " + fmt.Sprint(e.Result["msg"])
	case e.Status == event.Skipped:
		return "it cannot be foreseen without running it"
	}
	return ""
}

// difference books one difference; a status other than changed has none.
func (c *Collector) difference(h *found, t event.TaskStart, status event.Status, result map[string]any, item string, noLog bool, args, whole string) {
	if status != event.Changed {
		return
	}
	if h.state == InOrder {
		h.state = Drifted
	}
	d := Difference{Key: t.Key, Task: t.Name, Item: item, Action: t.Action, Pos: t.Pos, Hidden: noLog, Seen: 1, Episodes: 1}
	if !noLog {
		d.Attributes, d.Text = change.Explain(result)
	}
	h.diffs = append(h.diffs, d)
	h.digests, h.wholes = append(h.digests, args), append(h.wholes, whole)
}

// names lists the hosts that took part.
func (c *Collector) names() []string {
	for name := range c.end.Hosts {
		if !strings.HasPrefix(name, "_") {
			c.host(name)
		}
	}
	return slices.Sorted(maps.Keys(c.hosts))
}
