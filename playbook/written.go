package playbook

import (
	"bytes"
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// Written returns tasks and blocks as YAML that reads back as the same tasks, with what was imported put in. Templates are
// kept as they were written and inline vaults stay encrypted. What they inherit is written onto a block around them.
func Written(nodes []Node) (string, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, n := range nodes {
		list.Content = append(list.Content, writtenNode(n))
	}
	if len(nodes) > 0 {
		around := mapping()
		if parent := parentBlock(nodes[0]); parent != nil {
			inherited(around, parent)
		}
		if len(around.Content) > 0 {
			put(around, "block", list)
			list = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{around}}
		}
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(list); err != nil {
		return "", fmt.Errorf("tasks cannot be written down: %w", err)
	}
	return b.String(), nil
}

// ReadTasks reads tasks that Written wrote. file is the one that they came from: what they name is looked for from there.
func (l *Loader) ReadTasks(text, file string, parent *Block) ([]Node, diag.List) {
	r := &reader{Loader: l}
	docs, err := yaml11.Parse(file, []byte(text))
	if err != nil {
		r.fail(diag.Pos{File: file}, err)
		return nil, r.diags
	}
	if len(docs) == 0 {
		return nil, nil
	}
	return r.taskList(file, docs[0].Root, parent, false, 0), r.diags
}

// parentBlock is the block that a node stands in.
func parentBlock(n Node) *Block {
	if t, ok := n.(*Task); ok {
		return t.Parent
	}
	return n.(*Block).Parent
}

// inherited writes the keywords that hold for what stands in a block, from the play down.
func inherited(m *yaml.Node, around *Block) {
	for _, k := range handedOn {
		if k == "environment" || k == "module_defaults" {
			if levels := levelsOf(around, k); len(levels) > 0 {
				put(m, k, writtenValue(&value.List{Items: levels}))
			}
			continue
		}
		if a, ok := around.Inherit(k); ok && a.Value != nil {
			put(m, k, writtenValue(a.Value))
		}
	}
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func put(m *yaml.Node, key string, v *yaml.Node) {
	m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
}

func writtenNode(n Node) *yaml.Node {
	m := mapping()
	switch n := n.(type) {
	case *Task:
		writtenTask(m, n)
	case *Block:
		writtenAttrs(m, n.Attrs)
		putVars(m, n.Vars)
		putConds(m, "when", n.When)
		for _, part := range []struct {
			key  string
			list []Node
		}{{"block", n.Body}, {"rescue", n.Rescue}, {"always", n.Always}} {
			if len(part.list) == 0 && part.key != "block" {
				continue
			}
			list := &yaml.Node{Kind: yaml.SequenceNode}
			for _, sub := range part.list {
				list.Content = append(list.Content, writtenNode(sub))
			}
			put(m, part.key, list)
		}
	}
	return m
}

func writtenTask(m *yaml.Node, t *Task) {
	writtenAttrs(m, t.Attrs)
	args := writtenValue(t.Args)
	if t.Args.Len() == 0 {
		args = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	put(m, t.Action, args)
	if t.ArgsExpr != nil {
		put(m, "args", writtenValue(t.ArgsExpr))
	}
	putVars(m, t.Vars)
	for _, c := range []struct {
		key  string
		list []Cond
	}{{"when", t.When}, {"until", t.Until}, {"changed_when", t.ChangedWhen}, {"failed_when", t.FailedWhen}} {
		putConds(m, c.key, c.list)
	}
	if t.Loop != nil {
		writtenLoop(m, t.Loop)
	}
}

func writtenLoop(m *yaml.Node, l *Loop) {
	if l.Pos.Line != 0 {
		key := "loop"
		if l.Lookup != "" {
			key = "with_" + l.Lookup
		}
		put(m, key, writtenValue(l.Value))
	}
	control := mapping()
	for _, f := range []struct {
		key string
		v   any
	}{{"loop_var", l.Var}, {"index_var", l.IndexVar}, {"label", l.Label}, {"pause", l.Pause}, {"extended", l.Extended}, {"extended_allitems", l.AllItems}} {
		if f.v != nil {
			put(control, f.key, writtenValue(f.v))
		}
	}
	putConds(control, "break_when", l.BreakWhen)
	if len(control.Content) > 0 {
		put(m, "loop_control", control)
	}
}

// writtenAttrs writes keywords in the order of their names.
func writtenAttrs(m *yaml.Node, a Attrs) {
	keys := make([]string, 0, len(a))
	for k := range a {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		put(m, k, writtenValue(a[k].Value))
	}
}

func putVars(m *yaml.Node, vars *value.Dict) {
	if vars.Len() > 0 {
		put(m, "vars", writtenValue(vars))
	}
}

func putConds(m *yaml.Node, key string, list []Cond) {
	if len(list) == 0 {
		return
	}
	items := value.NewList()
	for _, c := range list {
		items.Items = append(items.Items, c.Value)
	}
	put(m, key, writtenValue(items))
}

// writtenValue writes a value of a playbook. Text is quoted, so that it reads back as text, and marked where it has the
// markers of a template but is none.
func writtenValue(v any) *yaml.Node {
	switch x := v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case value.Template:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: x.Src, Style: yaml.DoubleQuotedStyle}
	case value.Vault:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!vault", Value: x.Ciphertext, Style: yaml.LiteralStyle}
	case string:
		n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: x, Style: yaml.DoubleQuotedStyle}
		if yaml11.HasMarkers(x) {
			n.Tag = "!unsafe"
		}
		return n
	case *value.Dict:
		m := mapping()
		for k, item := range x.All() {
			m.Content = append(m.Content, writtenValue(k), writtenValue(item))
		}
		return m
	case *value.List:
		l := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range x.Items {
			l.Content = append(l.Content, writtenValue(item))
		}
		return l
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(x)}
	case int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(x)}
	case float64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: value.Str(x)}
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value.Str(x), Style: yaml.DoubleQuotedStyle}
	}
}
