package executor

import (
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// prepare lays out what every host of the batch will go through.
func (p *playRun) prepare(hosts []*hostState) error {
	p.files, p.perHost = map[string]*value.Dict{}, map[*hostState]*hostFiles{}
	p.taskNames, p.steps = map[*playbook.Task]string{}, map[*playbook.Task]int{}
	if err := p.x.loadVarsFiles(p); err != nil {
		return err
	}
	p.collectHandlers()
	p.tags = newTagFilter(p.x.o.Tags, p.x.o.SkipTags)
	p.layOut()
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
	p.main = len(p.sections) + 1
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

// checks reports whether the play says what it would change and changes nothing.
func (p *playRun) checks() bool {
	if a, ok := p.play.Attrs["check_mode"]; ok && a.Value != nil {
		if v, err := p.x.newScope(p, nil, nil).render(a.Value); err == nil {
			return toBool(v)
		}
	}
	return p.x.o.Check
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
	t := p.gatherWith(args)
	if len(p.tags.tagsOf(p, t, nil)) == 0 { // the tags of a play are those of its facts too
		t.Tags = []playbook.Attr{{Value: "always"}}
	}
	return t
}

func (p *playRun) gatherWith(args *value.Dict) *playbook.Task {
	return &playbook.Task{
		Attrs: playbook.Attrs{"name": {Value: "Gathering Facts", Pos: p.play.Pos}}, Pos: p.play.Pos, Parent: p.play.Root,
		Action: "gather_facts", Args: args, Vars: value.NewDict(), File: p.play.File,
	}
}

// smartGathered reports whether gathering = smart makes the gathering needless for the host.
func (p *playRun) smartGathered(h *hostState) bool {
	if p.x.o.Settings.Gathering != "smart" || p.play.Has("gather_facts") {
		return false
	}
	return h.hasGathered()
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
