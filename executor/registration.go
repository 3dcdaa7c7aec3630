package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// registration is a list of rollback handlers with the variables that they saw when they were registered.
type registration struct {
	owner any // the *playbook.Task, *playbook.Block or *playbook.Play that carries them
	nodes []playbook.Node
	vars  *value.Dict // rendered; what hosts said in them stays data
	// problem says why they cannot run; "" when they can.
	problem string
}

// ownerKey tells whether the handlers of a block or play are registered for a host already.
type ownerKey struct {
	host  *hostState
	owner any
}

// register books rollback handlers that stand for what a task just changed.
func (t *taskRun) register(owner any, nodes []playbook.Node, s *scope, res *itemResult) {
	if len(nodes) == 0 {
		return
	}
	if res != nil {
		s = t.resultScope(s, res)
	}
	d := t.deed()
	d.made = &registration{owner: owner, nodes: t.play.stem(owner, nodes), vars: t.captured(nodes, s)}
	t.book(d)
}

// registerBlocks registers the handlers of the blocks around the task, once for each block and host: those of the
// outermost first, as they are the last to run.
func (t *taskRun) registerBlocks(s *scope, res *itemResult) {
	var around []*playbook.Block
	for b := t.task.Parent; b != nil; b = b.Parent {
		if len(b.Rollback) > 0 {
			around = append(around, b)
		}
	}
	for _, b := range slices.Backward(around) {
		if t.play.first(t.host, b) {
			t.register(b, b.Rollback, s, res)
		}
	}
}

// registerPlay registers the play's own handlers before the first change on a host, so that they are the last to run.
func (t *taskRun) registerPlay() {
	policy := t.play.play.Rollback
	if policy.On() && len(policy.Handlers) > 0 && t.play.first(t.host, t.play.play) {
		d := t.deed()
		d.made = &registration{owner: t.play.play, nodes: policy.Handlers, vars: t.captured(policy.Handlers, t.scope)}
		t.book(d)
	}
}

// first reports whether something happens on a host for the first time in the batch.
func (p *playRun) first(h *hostState, owner any) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := ownerKey{h, owner}
	if p.registered[k] {
		return false
	}
	if p.registered == nil {
		p.registered = map[ownerKey]bool{}
	}
	p.registered[k] = true
	return true
}

// stem takes the handlers of a task or block out of the conditions around them, once for all hosts, so that hosts run them
// together.
func (p *playRun) stem(owner any, nodes []playbook.Node) []playbook.Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	if done, ok := p.stems[owner]; ok {
		return done
	}
	if p.stems == nil {
		p.stems = map[any][]playbook.Node{}
	}
	out := playbook.Graft(nodes, playbook.Stem(parentOf(nodes[0])))
	p.stems[owner] = out
	return out
}

func parentOf(n playbook.Node) *playbook.Block {
	if t, ok := n.(*playbook.Task); ok {
		return t.Parent
	}
	return n.(*playbook.Block).Parent
}

// captured renders every variable that handlers mention, as it is now. What they set themselves is left out, and so is what
// cannot be rendered yet.
func (t *taskRun) captured(nodes []playbook.Node, s *scope) *value.Dict {
	m := &mentioned{t: t, own: map[string]bool{"item": true, "omit": true}}
	m.nodes(nodes)
	vars := value.NewDict()
	for _, name := range m.names {
		if m.own[name] && !isLoopVariable(s, name) {
			continue
		}
		if _, isMagic := s.magic(name); isMagic {
			continue
		}
		if v, ok, err := s.variable(name); ok && err == nil {
			vars.Set(name, v)
		}
	}
	return vars
}

// isLoopVariable reports whether the task's own loop gives the variable.
func isLoopVariable(s *scope, name string) bool {
	_, ok := s.loop.Get(name)
	return ok
}

// mentioned collects the names of variables in tasks.
type mentioned struct {
	t     *taskRun
	names []string
	own   map[string]bool // registered or given by the tasks themselves
}

func (m *mentioned) nodes(list []playbook.Node) {
	for _, n := range list {
		switch n := n.(type) {
		case *playbook.Task:
			m.task(n)
		case *playbook.Block:
			m.attrs(n.Attrs)
			m.conds(n.When)
			m.vars(n.Vars)
			for _, sub := range [][]playbook.Node{n.Body, n.Rescue, n.Always} {
				m.nodes(sub)
			}
		}
	}
	if len(list) > 0 {
		for b := parentOf(list[0]); b != nil && b.Parent != nil; b = b.Parent {
			m.attrs(b.Attrs)
		}
	}
}

func (m *mentioned) task(t *playbook.Task) {
	m.attrs(t.Attrs)
	m.vars(t.Vars)
	m.value(t.Args)
	m.value(t.ArgsExpr)
	for _, list := range [][]playbook.Cond{t.When, t.Until, t.ChangedWhen, t.FailedWhen} {
		m.conds(list)
	}
	if t.Loop != nil {
		m.value(t.Loop.Value)
		m.value(t.Loop.Label)
		m.conds(t.Loop.BreakWhen)
		if name, ok := t.Loop.Var.(string); ok {
			m.own[name] = true
		}
	}
	if name, ok := t.Get("register").(string); ok {
		m.own[name] = true
	}
	if playbook.ShortName(t.Action) == "set_fact" {
		for k := range t.Args.All() {
			m.own[value.KeyText(k)] = true
		}
	}
	if playbook.ShortName(t.Action) == "debug" {
		if v, ok := t.Args.Get("var"); ok {
			m.text(value.Str(templateText(v)))
		}
	}
}

func (m *mentioned) vars(d *value.Dict) {
	for k, v := range d.All() {
		m.own[value.KeyText(k)] = true
		m.value(v)
	}
}

func (m *mentioned) attrs(a playbook.Attrs) {
	for _, v := range a {
		m.value(v.Value)
	}
}

func (m *mentioned) conds(list []playbook.Cond) {
	for _, c := range list {
		m.text(conditionText(c.Value))
	}
}

func (m *mentioned) value(v any) {
	switch x := v.(type) {
	case value.Template:
		m.text(x.Src)
	case *value.Dict:
		for _, item := range x.All() {
			m.value(item)
		}
	case *value.List:
		for _, item := range x.Items {
			m.value(item)
		}
	}
}

func (m *mentioned) text(src string) {
	for _, n := range m.t.x.o.Engine.Names(src) {
		if !slices.Contains(m.names, n) {
			m.names = append(m.names, n)
		}
	}
}
