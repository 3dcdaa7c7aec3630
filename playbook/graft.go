package playbook

import "github.com/musterhq/muster/internal/value"

// Stem returns a block that stands where around stands but outside of its conditions, loops and tags: the keywords that
// tasks inherit on the way from around up to the play are its own. Rollback handlers run under it, long after the
// conditions around them were looked at.
func Stem(around *Block) *Block {
	b := &Block{Attrs: Attrs{}, Pos: around.Pos, Play: around.Play, Role: around.Role, Vars: value.NewDict(), Static: true, File: around.File}
	if around.Play != nil {
		b.Parent = around.Play.Root
	}
	for _, k := range handedOn {
		switch k {
		case "environment", "module_defaults":
			if levels := levelsOf(around, k); len(levels) > 0 {
				b.Attrs[k] = Attr{Value: &value.List{Items: levels}, Pos: around.Pos}
			}
		default:
			if a, ok := around.Inherit(k); ok {
				b.Attrs[k] = a
			}
		}
	}
	return b
}

// levelsOf lists the values of a keyword that is combined, the play's own first.
func levelsOf(b *Block, keyword string) []any {
	if b == nil {
		return nil
	}
	out := levelsOf(b.Parent, keyword)
	switch v := b.Attrs.Get(keyword).(type) {
	case nil:
	case *value.List:
		out = append(out, v.Items...)
	default:
		out = append(out, v)
	}
	return out
}

// Graft returns copies of nodes that have parent for a parent; what the nodes hold besides is shared.
func Graft(nodes []Node, parent *Block) []Node {
	if nodes == nil {
		return nil
	}
	out := make([]Node, len(nodes))
	for i, n := range nodes {
		switch n := n.(type) {
		case *Task:
			t := *n
			t.Parent = parent
			out[i] = &t
		case *Block:
			b := *n
			b.Parent = parent
			b.Body, b.Rescue, b.Always = Graft(n.Body, &b), Graft(n.Rescue, &b), Graft(n.Always, &b)
			out[i] = &b
		}
	}
	return out
}
