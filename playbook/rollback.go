package playbook

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Scope says how much is taken back when a batch fails.
type Scope string

// The scopes of a rollback.
const (
	ScopeHost  Scope = "host"  // the hosts that failed
	ScopeBatch Scope = "batch" // every host of the batch that failed
	ScopeRun   Scope = "run"   // everything that the run did so far, the newest batch first
)

// Rollback is a play's policy: what happens to the changes of a batch that fails. A nil *Rollback leaves them.
type Rollback struct {
	Pos      diag.Pos
	Off      bool // rollback: false
	Scope    Scope
	Handlers []Node // run after everything of the play on a host was taken back
	// OnInterrupt rolls the batch back when the run is interrupted, too.
	OnInterrupt bool
}

// On reports whether a failed batch is rolled back.
func (r *Rollback) On() bool { return r != nil && !r.Off }

var rollbackKeys = []string{"scope", "handlers", "on_interrupt"}

// rollbackPolicy reads rollback: of a play.
func (r *reader) rollbackPolicy(p *Play, e entry) *Rollback {
	policy := &Rollback{Pos: e.kpos, Scope: ScopeBatch}
	n := resolveAlias(e.node)
	if n.Kind == yaml.MappingNode {
		for _, x := range r.entries(p.File, n) {
			r.rollbackKey(p, policy, x)
		}
		return policy
	}
	on, ok := r.value(p.File, n).(bool)
	if !ok {
		d := r.errorf(e.pos, "rollback: of a play must be true, false or a mapping, not %s", kindName(n))
		d.Hint = "write `rollback: true`, or a mapping of " + strings.Join(rollbackKeys, ", ")
		if n.Kind == yaml.SequenceNode {
			d.Hint = "the handlers of a play stand under rollback: and handlers:; a list is for tasks and blocks"
		}
	}
	policy.Off = !on
	return policy
}

func (r *reader) rollbackKey(p *Play, policy *Rollback, e entry) {
	switch e.key {
	case "scope":
		s, _ := r.value(p.File, e.node).(string)
		policy.Scope = Scope(s)
		scopes := []string{string(ScopeHost), string(ScopeBatch), string(ScopeRun)}
		if !slices.Contains(scopes, s) {
			r.errorf(e.pos, "the scope of a rollback must be host, batch or run, not %s", shownValue(e.node)).Hint = suggestion(s, scopes, "host undoes the hosts that failed, batch the whole batch, run everything so far")
		}
	case "handlers":
		policy.Handlers = r.taskList(p.File, e.node, p.Root, false, 0)
	case "on_interrupt":
		on, ok := r.value(p.File, e.node).(bool)
		if !ok {
			r.errorf(e.pos, "on_interrupt must be true or false, not %s", shownValue(e.node))
		}
		policy.OnInterrupt = on
	default:
		r.errorf(e.kpos, "'%s' is not a valid key of rollback", e.key).Hint = suggestion(e.key, rollbackKeys, "it takes "+strings.Join(rollbackKeys, ", "))
	}
}

func shownValue(n *yaml.Node) string {
	if n = resolveAlias(n); n.Kind == yaml.ScalarNode {
		return "'" + n.Value + "'"
	}
	return kindName(n)
}

// suggestion is a hint: the word that was meant, or else.
func suggestion(word string, words []string, otherwise string) string {
	if s := diag.Suggest(word, words); s != "" {
		return "did you mean " + s + "?"
	}
	return otherwise
}

// handedOn are the keywords of a task that hold for its rollback handlers as well, as a block's do for its tasks.
var handedOn = []string{
	"become", "become_user", "become_method", "become_flags", "become_exe", "connection", "port", "remote_user",
	"environment", "module_defaults", "no_log", "delegate_to", "delegate_facts", "check_mode", "diff", "collections",
}

// taskHandlers reads rollback: of a task. Its handlers stand in a block of their own that hands the task's connection,
// delegation and variables on to them.
func (r *reader) taskHandlers(t *Task, entries []entry) {
	e, ok := find(entries, "rollback")
	if !ok {
		return
	}
	around := &Block{Attrs: Attrs{}, Pos: t.Pos, Parent: t.Parent, Vars: t.Vars, Static: true, File: t.File}
	if t.Parent != nil {
		around.Play, around.Role = t.Parent.Play, t.Parent.Role
	}
	for _, k := range handedOn {
		if a, ok := t.Attrs[k]; ok {
			around.Attrs[k] = a
		}
	}
	t.Rollback = r.rollbackHandlers(t.File, e, around, "task")
}

// rollbackHandlers reads the list of handlers of a task or block.
func (r *reader) rollbackHandlers(file string, e entry, parent *Block, what string) []Node {
	n := resolveAlias(e.node)
	if n.Kind != yaml.SequenceNode {
		d := r.errorf(e.pos, "rollback: of a %s must be a list of tasks, not %s", what, kindName(n))
		d.Hint = "whether changes are rolled back at all is said on the play; on a " + what + " stand the tasks that make up for what has no inverse"
		return nil
	}
	nodes := r.taskList(file, n, parent, false, 0)
	r.refuseInside(nodes)
	return nodes
}

// refuseInside refuses rollback handlers of rollback handlers.
func (r *reader) refuseInside(nodes []Node) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *Task:
			if n.Rollback != nil {
				r.errorf(n.Pos, "a rollback handler cannot have rollback handlers of its own").Hint = "what it does wrong can be caught with block and rescue"
			}
		case *Block:
			for _, list := range [][]Node{n.Body, n.Rescue, n.Always} {
				r.refuseInside(list)
			}
		}
	}
}

// Gate is what must hold after a batch before the rollout goes on.
type Gate struct {
	Before []Node // before restore: runs, while the hosts are still out of service
	After  []Node // after it, on hosts that are in service again
}

// Empty reports whether there is nothing to hold.
func (g Gate) Empty() bool { return len(g.Before)+len(g.After) == 0 }

// gate reads gate: of a play: a list of tasks, which run before restore:, or a mapping that says when.
func (r *reader) gate(p *Play, e entry) Gate {
	n := resolveAlias(e.node)
	if n.Kind != yaml.MappingNode {
		return Gate{Before: r.section(p, e)}
	}
	var g Gate
	for _, x := range r.entries(p.File, n) {
		switch x.key {
		case "before_restore":
			g.Before = r.section(p, x)
		case "after_restore":
			g.After = r.section(p, x)
		default:
			r.errorf(x.kpos, "'%s' is not a valid key of gate", x.key).Hint = suggestion(x.key, []string{"before_restore", "after_restore"}, "a gate is a list of tasks, or a mapping of before_restore and after_restore to such lists")
		}
	}
	return g
}

// section reads a list of tasks that runs whatever --tags say, unless its own tags are skipped.
func (r *reader) section(p *Play, e entry) []Node {
	if n := resolveAlias(e.node); n.Kind == yaml.ScalarNode && n.Tag != "!!null" && n.Value != "" {
		r.errorf(e.pos, "%s must be a list of tasks, not '%s'", e.key, n.Value).Hint = "start each task with `- name: …`"
		return nil
	}
	always := &Block{
		Attrs: Attrs{}, Pos: e.kpos, Parent: p.Root, Play: p, Vars: value.NewDict(), Static: true, File: p.File,
		Tags: []Attr{{Value: "always", Pos: e.kpos}},
	}
	always.Body = r.taskList(p.File, e.node, always, false, 0)
	if len(always.Body) == 0 {
		return nil
	}
	return []Node{always}
}
