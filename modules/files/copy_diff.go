package files

import (
	"context"
	"path"

	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// diffCopy is Ansible's: contents that change, else attributes that do.
func diffCopy(ctx context.Context, r sys.Reader, p copyParams, from, to copyState) (any, error) {
	header := "dynamically generated"
	if p.Src != nil {
		header = *p.Src
	}
	if from.exists && from.single {
		return nil, nil
	}
	if n, w := from.Main(), to.Main(); from.single && len(from.Nodes) == 1 && n.Kind == tree.File && tree.SameContent(n, w) {
		before, after := tree.AttributeDiff(n, w)
		return map[string]any{"before": before, "after": after}, nil
	}
	diffs := []any{}
	for i, n := range from.Nodes {
		if i >= len(to.Nodes) {
			break
		}
		w := to.Nodes[i]
		switch {
		case tree.EqualNode(n, w):
		case w.Kind == tree.File && (n.Kind != tree.File || !tree.SameContent(n, w)):
			name := header
			if below, inside := from.below[n.Path]; inside && p.Src != nil {
				name = path.Join(*p.Src, below)
			}
			d, err := tree.ContentDiff(ctx, r, n, w, n.Path, name)
			if err != nil {
				return nil, err
			}
			diffs = append(diffs, d)
		default:
			before, after := tree.AttributeDiff(n, w)
			if n.Kind != w.Kind {
				before["state"], after["state"] = n.StateWord(), w.StateWord()
			}
			diffs = append(diffs, map[string]any{"before": before, "after": after})
		}
	}
	return diffs, nil
}
