package playbook

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// taskFile reads a file of tasks.
func (r *reader) taskFile(file string, parent *Block, handlers bool, from diag.Pos, depth int) []Node {
	if depth > maxIncludeDepth {
		r.errorf(from, "task files import each other without end")
		return nil
	}
	root := r.document(file, from)
	if root == nil {
		return nil
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	return r.taskList(file, root, parent, handlers, depth)
}

// taskList reads a list of tasks and blocks.
func (r *reader) taskList(file string, n *yaml.Node, parent *Block, handlers bool, depth int) []Node {
	n = resolveAlias(n)
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Value == "") {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.errorf(yaml11.Pos(file, n), "a list of tasks was expected").Hint = "start each task with `- name: …`"
		return nil
	}
	var nodes []Node
	for _, item := range n.Content {
		item = resolveAlias(item)
		if item.Kind == yaml.ScalarNode && item.Tag == "!!null" {
			continue
		}
		if item.Kind != yaml.MappingNode {
			r.errorf(yaml11.Pos(file, item), "a task must be a mapping of an action and keywords, not %s", kindName(item))
			continue
		}
		nodes = append(nodes, r.taskOrBlock(file, item, parent, handlers, depth)...)
	}
	return nodes
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return "text"
	default:
		return "this"
	}
}

func (r *reader) taskOrBlock(file string, n *yaml.Node, parent *Block, handlers bool, depth int) []Node {
	entries := r.entries(file, n)
	for _, e := range entries {
		if e.key == "block" || e.key == "rescue" || e.key == "always" {
			return []Node{r.block(file, n, entries, parent, handlers, depth)}
		}
	}
	t := r.task(file, n, entries, parent, handlers)
	if t == nil {
		return nil
	}
	return r.expandImport(t, depth)
}

func (r *reader) block(file string, n *yaml.Node, entries []entry, parent *Block, handlers bool, depth int) *Block {
	b := &Block{Attrs: Attrs{}, Pos: yaml11.Pos(file, n), Parent: parent, Play: parent.Play, Role: parent.Role, Static: true, File: file}
	b.Vars = value.NewDict()
	hasBlock := false
	for _, e := range entries {
		switch e.key {
		case "block":
			hasBlock = true
			b.Body = r.taskList(file, e.node, b, handlers, depth)
		case "rescue":
			b.Rescue = r.taskList(file, e.node, b, handlers, depth)
		case "always":
			b.Always = r.taskList(file, e.node, b, handlers, depth)
		case "vars":
			b.Vars = r.varsOf(file, e)
		case "when":
			b.When = r.conditions(file, e)
		case "tags":
			b.Tags = r.tagList(file, e)
		case "rollback":
			b.Rollback = r.rollbackHandlers(file, e, b, "block")
		case "confirm":
			b.Attrs[e.key] = Attr{Value: r.value(file, e.node), Pos: e.pos}
			r.checkConfirm(b.Attrs[e.key])
			b.Confirm = confirmTask(b, e.kpos)
		default:
			if !isKeyword(e.key, onBlock) {
				r.unknownKeyword(e, "Block", onBlock)
				continue
			}
			b.Attrs[e.key] = Attr{Value: r.value(file, e.node), Pos: e.pos}
		}
	}
	if !hasBlock {
		r.errorf(b.Pos, "'rescue' and 'always' need a 'block' before them")
	}
	return b
}

func (r *reader) task(file string, n *yaml.Node, entries []entry, parent *Block, handler bool) *Task {
	t := &Task{Attrs: Attrs{}, Pos: yaml11.Pos(file, n), Parent: parent, Handler: handler, File: file, Vars: value.NewDict(), Args: value.NewDict()}
	at := onTask
	if handler {
		at = onHandler
	}
	var actions []entry
	for _, e := range entries {
		switch {
		case e.key == "action" || e.key == "local_action":
			actions = append(actions, e)
		case strings.HasPrefix(e.key, "with_"):
			r.setLoop(t, file, e, strings.TrimPrefix(e.key, "with_"))
		case isKeyword(e.key, at):
			r.taskKeyword(t, file, e)
		default:
			actions = append(actions, e)
		}
	}
	if !r.pickAction(t, file, actions) {
		return nil
	}
	r.checkIncludeKeywords(t, entries)
	r.mergeArgs(t, entries, file)
	r.taskHandlers(t, entries)
	return t
}

// taskKeyword sets one keyword of a task.
func (r *reader) taskKeyword(t *Task, file string, e entry) {
	switch e.key {
	case "args", "rollback":
		return // read when the rest of the task is known
	case "confirm":
		t.Attrs[e.key] = Attr{Value: r.value(file, e.node), Pos: e.pos}
		r.checkConfirm(t.Attrs[e.key])
	case "vars":
		t.Vars = r.varsOf(file, e)
	case "when":
		t.When = r.conditions(file, e)
	case "until":
		t.Until = r.conditions(file, e)
	case "changed_when":
		t.ChangedWhen = r.conditions(file, e)
	case "failed_when":
		t.FailedWhen = r.conditions(file, e)
	case "tags":
		t.Tags = r.tagList(file, e)
	case "notify":
		t.Notify = r.attrList(file, e)
	case "listen":
		for _, a := range r.attrList(file, e) {
			t.Listen = append(t.Listen, text(a.Value))
		}
	case "loop":
		r.setLoop(t, file, e, "")
	case "loop_control":
		r.loopControl(t, file, e)
	case "register":
		a := Attr{Value: r.value(file, e.node), Pos: e.pos}
		if name := text(a.Value); a.Value != nil && !ValidName(name) {
			r.errorf(e.pos, "Invalid variable name in 'register' specified: '%s'", name).Hint = "use letters, digits and underscores"
		}
		t.Attrs["register"] = a
	default:
		t.Attrs[e.key] = Attr{Value: r.value(file, e.node), Pos: e.pos}
	}
}

func (r *reader) conditions(file string, e entry) []Cond {
	var out []Cond
	for _, a := range r.attrList(file, e) {
		out = append(out, Cond(a))
	}
	return out
}

// tagList reads tags: a list or a comma-separated text.
func (r *reader) tagList(file string, e entry) []Attr {
	var out []Attr
	for _, a := range r.attrList(file, e) {
		s, ok := a.Value.(string)
		if !ok {
			out = append(out, a)
			continue
		}
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, Attr{Value: part, Pos: a.Pos})
			}
		}
	}
	return out
}

func (r *reader) setLoop(t *Task, file string, e entry, lookup string) {
	if t.Loop == nil {
		t.Loop = &Loop{}
	}
	if t.Loop.Pos.Line != 0 {
		r.errorf(e.kpos, "duplicate loop in task: %s", e.key).Hint = "a task has one loop: or one with_…"
		return
	}
	t.Loop.Value, t.Loop.Lookup, t.Loop.Pos = r.value(file, e.node), lookup, e.pos
}

func (r *reader) loopControl(t *Task, file string, e entry) {
	d, ok := r.value(file, e.node).(*value.Dict)
	if !ok {
		r.errorf(e.pos, "the `loop_control` value must be specified as a dictionary and cannot be a variable itself")
		return
	}
	if t.Loop == nil {
		t.Loop = &Loop{}
	}
	fields := map[string]*any{
		"loop_var": &t.Loop.Var, "index_var": &t.Loop.IndexVar, "label": &t.Loop.Label, "pause": &t.Loop.Pause,
		"extended": &t.Loop.Extended, "extended_allitems": &t.Loop.AllItems,
	}
	for k, v := range d.All() {
		name := value.KeyText(k)
		if name == "break_when" {
			for _, c := range listOf(v) {
				t.Loop.BreakWhen = append(t.Loop.BreakWhen, Cond{Value: c, Pos: e.pos})
			}
			continue
		}
		field, ok := fields[name]
		if !ok {
			g := r.errorf(e.pos, "'%s' is not a valid attribute for a LoopControl", name)
			if s := diag.Suggest(name, loopControls()); s != "" {
				g.Hint = "did you mean " + s + "?"
			}
			continue
		}
		*field = v
	}
}

// loopControls are the keys of loop_control.
func loopControls() []string {
	return []string{"loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"}
}
