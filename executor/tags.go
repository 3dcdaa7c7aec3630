package executor

import (
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// tagFilter decides by --tags and --skip-tags whether a task runs.
type tagFilter struct {
	only, skip map[string]bool

	mu    sync.Mutex
	known map[*playbook.Task]bool
}

func newTagFilter(only, skip []string) *tagFilter {
	f := &tagFilter{only: map[string]bool{}, skip: map[string]bool{}, known: map[*playbook.Task]bool{}}
	for _, t := range only {
		f.only[t] = true
	}
	for _, t := range skip {
		f.skip[t] = true
	}
	if len(f.only) == 0 {
		f.only["all"] = true
	}
	return f
}

func (f *tagFilter) wants(p *playRun, t *playbook.Task, h *hostState) bool {
	f.mu.Lock()
	v, ok := f.known[t]
	f.mu.Unlock()
	if ok {
		return v
	}
	v = f.decide(f.tagsOf(p, t, h))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[t] = v
	return v
}

// always reports whether a task or what is around it has the tag always.
func (f *tagFilter) always(p *playRun, t *playbook.Task, h *hostState) bool {
	return f.tagsOf(p, t, h)["always"]
}

// tagsOf renders the tags of a task and of all around it.
func (f *tagFilter) tagsOf(p *playRun, t *playbook.Task, h *hostState) map[string]bool {
	tags := map[string]bool{}
	var s *scope
	for _, a := range t.AllTags() {
		v := a.Value
		if hasTemplate(v) {
			if s == nil {
				s = p.x.newScope(p, h, t)
			}
			out, err := s.render(v)
			if err != nil {
				continue
			}
			v = out
		}
		addTags(tags, v)
	}
	return tags
}

func addTags(tags map[string]bool, v any) {
	switch x := v.(type) {
	case *value.List:
		for _, item := range x.Items {
			addTags(tags, item)
		}
	case nil:
	default:
		for part := range strings.SplitSeq(value.Str(x), ",") {
			if part = strings.TrimSpace(part); part != "" {
				tags[part] = true
			}
		}
	}
}

// decide applies the rules of --tags and --skip-tags, with the special tags always, never, all, tagged and untagged.
func (f *tagFilter) decide(tags map[string]bool) bool {
	if len(tags) == 0 {
		tags = map[string]bool{"untagged": true}
	}
	run := false
	switch {
	case tags["always"]:
		run = true
	case f.only["all"] && !tags["never"]:
		run = true
	case overlap(tags, f.only):
		run = true
	case f.only["tagged"] && !tags["untagged"] && !tags["never"]:
		run = true
	}
	if !run || len(f.skip) == 0 {
		return run
	}
	switch {
	case f.skip["all"]:
		return tags["always"] && !f.skip["always"]
	case overlap(tags, f.skip):
		return false
	case f.skip["tagged"] && !tags["untagged"]:
		return false
	}
	return true
}

func overlap(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

// reached reports whether --start-at-task lets tasks run already. Facts are gathered in plays that have the task.
func (x *Executor) reached(p *playRun, t *playbook.Task, h *hostState, implicit bool) bool {
	x.hosts.mu.Lock()
	started := x.started
	x.hosts.mu.Unlock()
	if started || implicit {
		return true
	}
	if p.gathers(t) {
		return p.starts(h)
	}
	if x.startsAt(p.taskTitle(t, h)) {
		x.hosts.mu.Lock()
		x.started = true
		x.hosts.mu.Unlock()
		return true
	}
	return false
}

// startsAt reports whether --start-at-task means a task of this title, with or without its role.
func (x *Executor) startsAt(title string) bool {
	_, short, hasRole := strings.Cut(title, " : ")
	return matchName(x.o.StartAt, title) || hasRole && matchName(x.o.StartAt, short)
}

// gathers reports whether the task is the play's own gathering of facts.
func (p *playRun) gathers(t *playbook.Task) bool {
	return t.Action == "gather_facts" && t.Parent == p.play.Root && t.Pos == p.play.Pos
}

// starts reports whether the play has the task of --start-at-task, as far as that is known before it runs.
func (p *playRun) starts(h *hostState) bool {
	for _, nodes := range p.sections {
		if p.startsIn(nodes, h) {
			return true
		}
	}
	return false
}

func (p *playRun) startsIn(nodes []playbook.Node, h *hostState) bool {
	for _, n := range nodes {
		switch n := n.(type) {
		case *playbook.Block:
			if p.startsIn(n.Body, h) || p.startsIn(n.Always, h) {
				return true
			}
		case *playbook.Task:
			if p.implicit(n) || p.gathers(n) {
				continue
			}
			title := p.taskTitle(n, h)
			p.mu.Lock()
			delete(p.taskNames, n) // a title may tell other things once there are facts
			p.mu.Unlock()
			if p.x.startsAt(title) {
				return true
			}
		}
	}
	return false
}
