package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/musterhq/muster/internal/assess"
	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/modules"
)

// Collector is the sink of a check run. Its events are expected without secrets. It is used by one goroutine at a time.
type Collector struct {
	run     *assess.Run
	remark  func(event.Message)
	plan    Plan
	plays   map[int]string
	tasks   map[int]*Task
	order   []*Task
	hosts   map[string]*Host
	names   []string
	place   map[string]int // of hosts in names
	repeats map[string]int // how often a host came to a task
}

// NewCollector returns a collector. shape is that of an action, "" for those that only the controller knows; remark gets
// warnings and other remarks of the run.
func NewCollector(shape func(action string) modules.Shape, remark func(event.Message)) *Collector {
	return &Collector{
		run: assess.NewRun(shape), remark: remark, plays: map[int]string{}, tasks: map[int]*Task{},
		hosts: map[string]*Host{}, place: map[string]int{}, repeats: map[string]int{},
	}
}

// Handle takes an event.
func (c *Collector) Handle(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		c.plan.Run, c.plan.Time, c.plan.Playbooks = e.Run, e.Time, e.Playbooks
	case event.PlayStart:
		c.plays[e.ID] = e.Name
		for _, h := range e.Hosts {
			c.host(h)
		}
	case event.TaskStart:
		c.start(e)
	case event.Message:
		c.remark(e)
	case event.RunEnd:
		c.plan.Exit = e.Exit
	}
	if f, ok := c.run.Handle(e); ok {
		c.result(f)
	}
}

func (c *Collector) host(name string) *Host {
	h := c.hosts[name]
	if h == nil {
		h = &Host{Name: name, Steps: map[string]Step{}}
		c.hosts[name] = h
		c.place[name] = len(c.names)
		c.names = append(c.names, name)
	}
	return h
}

// start makes a task known; batches of a play share it.
func (c *Collector) start(e event.TaskStart) {
	for _, t := range c.order {
		if t.Key == e.Key && t.Name == e.Name {
			c.tasks[e.ID] = t
			return
		}
	}
	t := &Task{Key: e.Key, Name: e.Name, Action: e.Action, Play: c.plays[e.Play], Pos: e.Pos, Handler: e.Handler, Undo: label(e.Undo)}
	c.tasks[e.ID] = t
	c.order = append(c.order, t)
}

// label turns the undo of an event into the plan's word.
func label(undo string) Undo {
	switch undo {
	case string(modules.UndoFull):
		return Reversible
	case string(modules.UndoPartial):
		return Partly
	case "handlers":
		return Compensated
	case string(modules.UndoNone):
		return Irreversible
	}
	return ""
}

// result books the outcome of a task on a host.
func (c *Collector) result(f assess.Finding) {
	e := f.Result
	h, t := c.host(e.Host), c.tasks[e.Task]
	switch {
	case t == nil:
		return
	case f.Problem != "" && e.Status == event.Unreachable:
		h.Unreachable = f.Problem
	case f.Problem != "":
		h.Failed = f.Problem
	}
	if !f.Applies {
		return
	}
	c.step(h, t, f)
	h.Assessable++
	if f.Why != "" {
		t.notAssessed(e.Host, f.Why)
		return
	}
	h.Assessed++
	if changed, _ := e.Result["changed"].(bool); changed {
		h.Changes++
		t.change(e.Host, parts(f))
	}
}

// parts are what changes on the host: the whole task, or those items of its loop that change something.
func parts(f assess.Finding) []Part {
	if e := f.Result; !e.Loop {
		return []Part{part("", e.Result, e.NoLog)}
	}
	var out []Part
	for _, i := range f.Items {
		if i.Status == event.Changed {
			out = append(out, part(i.Label, i.Result, i.NoLog))
		}
	}
	return out
}

func part(item string, result map[string]any, noLog bool) Part {
	if noLog {
		return Part{Hidden: true}
	}
	p := Part{Item: item}
	if p.Attributes, p.Text = change.Explain(result); len(p.Attributes) == 0 && p.Text == "" {
		p.Msg = assess.Text(result["msg"])
	}
	for _, key := range []string{"dest", "path"} {
		if path, ok := result[key].(string); ok && p.Text != "" && p.Path == "" {
			p.Path = path
		}
	}
	return p
}

// step notes in digests what the task asks for and what it found.
func (c *Collector) step(h *Host, t *Task, f assess.Finding) {
	e := f.Result
	c.repeats[e.Host+"\x00"+t.Key]++
	key := t.Key
	if n := c.repeats[e.Host+"\x00"+t.Key]; n > 1 {
		key = fmt.Sprintf("%s#%d", key, n)
	}
	found := []any{e.Status, e.Result["changed"], e.Result["diff"], e.Result[modules.AttributesKey]}
	for _, i := range f.Items {
		found = append(found, i.Label, i.Status, i.Result["diff"], i.Result[modules.AttributesKey])
	}
	h.Steps[key] = Step{Args: e.Args, Now: digest(found)}
}

// digest is a digest of plain data.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// change adds what changes on a host, beside hosts on which the same changes.
func (t *Task) change(host string, parts []Part) {
	same := digest(parts)
	for i := range t.Changes {
		if digest(t.Changes[i].Parts) == same {
			t.Changes[i].Hosts = append(t.Changes[i].Hosts, host)
			return
		}
	}
	t.Changes = append(t.Changes, Group{Hosts: []string{host}, Parts: parts})
}

func (t *Task) notAssessed(host, why string) {
	for i := range t.NotAssessed {
		if t.NotAssessed[i].Why == why {
			t.NotAssessed[i].Hosts = append(t.NotAssessed[i].Hosts, host)
			return
		}
	}
	t.NotAssessed = append(t.NotAssessed, Unassessed{Hosts: []string{host}, Why: why})
}

// Plan returns what was collected.
func (c *Collector) Plan() *Plan {
	p := c.plan
	p.Version = Version
	p.Tasks, p.Hosts, p.Summary = []Task{}, []Host{}, Summary{Undo: map[Undo]int{}}
	for _, t := range c.order {
		c.inOrder(t)
		if len(t.Changes) > 0 || len(t.NotAssessed) > 0 {
			p.Tasks = append(p.Tasks, *t)
		}
		if len(t.Changes) > 0 {
			p.Summary.Tasks++
			p.Summary.Undo[t.Undo]++
		}
	}
	for _, name := range c.names {
		h := c.hosts[name]
		p.Hosts = append(p.Hosts, *h)
		p.Summary.add(*h)
	}
	return &p
}

// inOrder puts the hosts of a task into the order of the plays, and its groups by their first hosts.
func (c *Collector) inOrder(t *Task) {
	before := func(a, b string) int { return c.place[a] - c.place[b] }
	for _, g := range t.Changes {
		slices.SortFunc(g.Hosts, before)
	}
	for _, u := range t.NotAssessed {
		slices.SortFunc(u.Hosts, before)
	}
	slices.SortFunc(t.Changes, func(a, b Group) int { return before(a.Hosts[0], b.Hosts[0]) })
}

func (s *Summary) add(h Host) {
	s.Hosts++
	s.Changes += h.Changes
	s.Assessed += h.Assessed
	s.Assessable += h.Assessable
	for what, n := range map[*int]bool{&s.Changing: h.Changes > 0, &s.Failed: h.Failed != "", &s.Unreachable: h.Unreachable != ""} {
		if n {
			*what++
		}
	}
}
