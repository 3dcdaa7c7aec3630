package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/assess"
	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/hostorder"
	"github.com/musterhq/muster/modules"
)

// Collector is the sink of a check run. It is used by one goroutine at a time, and every event goes on to Next.
type Collector struct {
	Next event.Sink // nil: nowhere

	start event.RunStart
	end   event.RunEnd
	run   *assess.Run
	hosts map[string]*found
	plays map[int]diag.Pos // of the run's plays
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

// NewCollector returns a collector. next may be nil; shape is that of an action, "" for those that only the controller knows.
func NewCollector(next event.Sink, shape func(action string) modules.Shape) *Collector {
	return &Collector{Next: next, run: assess.NewRun(shape), hosts: map[string]*found{}, plays: map[int]diag.Pos{}}
}

// Handle takes an event.
func (c *Collector) Handle(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		c.start = e
	case event.PlayStart:
		c.plays[e.ID] = e.Pos
		for _, h := range e.Hosts {
			c.host(h)
		}
	case event.RunEnd:
		c.end = e
	}
	if f, ok := c.run.Handle(e); ok {
		c.result(f)
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
func (c *Collector) result(f assess.Finding) {
	e := f.Result
	h, t := c.host(e.Host), f.Task
	switch {
	case f.Problem != "" && e.Status == event.Unreachable:
		h.state, h.problem = Unreachable, strings.TrimPrefix(f.Problem, e.Host+": ")
	case f.Problem != "":
		h.state, h.problem = Failed, f.Problem
	}
	if !f.Applies || t.Handler || !t.Check {
		return // nothing to compare; a handler only follows from what changed; without check mode it really ran
	}
	h.able++
	if f.Why != "" {
		h.blind = append(h.blind, Blind{Task: t.Name, Action: e.Action, Pos: t.Pos, Why: f.Why})
		return
	}
	h.done++
	h.seen = append(h.seen, t.Key)
	if !e.Loop {
		c.difference(h, t, e.Status, e.Result, "", e.NoLog, e.Args, e.Args)
		return
	}
	for _, item := range f.Items {
		c.difference(h, t, item.Status, item.Result, item.Label, item.NoLog, item.Args, e.Args)
	}
}

// difference books one difference; a status other than changed has none.
func (c *Collector) difference(h *found, t event.TaskStart, status event.Status, result map[string]any, item string, noLog bool, args, whole string) {
	if status != event.Changed {
		return
	}
	if h.state == InOrder {
		h.state = Drifted
	}
	d := Difference{Key: t.Key, Task: t.Name, Item: item, Action: t.Action, Pos: t.Pos, Hidden: noLog, Seen: 1, Episodes: 1, play: c.plays[t.Play]}
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
	return slices.SortedFunc(maps.Keys(c.hosts), hostorder.Compare)
}
