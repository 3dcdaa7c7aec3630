package files

import (
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

func reportFile(p fileParams, from, to fileState, changed bool) modules.Result {
	n := to.Main()
	if p.Peek != nil {
		return modules.Result{"path": n.Path, "appears_binary": to.binary}
	}
	res := modules.Result{"diff": fileDiff(from, to)}
	switch to.Do {
	case "absent":
		res["path"], res["state"] = n.Path, "absent"
		if !changed {
			delete(res, "diff")
		}
		return res
	case "touch":
		res["dest"] = from.Path
	case "link", "hard":
		res["dest"] = n.Path
		if src := to.linkSource(p); src != "" {
			res["src"] = src
		} else {
			res["src"] = nil
		}
		if to.Do == "hard" && p.Src != nil {
			res["src"] = *p.Src
		}
		if to.Do == "link" && to.dangles && p.Follow {
			res["warnings"] = []any{"Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this."}
			return res // the link's own owner and mode mean nothing to the reader
		}
	default:
		res["path"] = n.Path
	}
	return to.AddInfo(res, n)
}

// fileDiff is Ansible's: the paths, the state where it changes, and the attributes that do.
func fileDiff(from, to fileState) map[string]any {
	a, b := from.Main(), to.Main()
	before, after := tree.AttributeDiff(a, b)
	if to.behind && len(from.Nodes) > 1 && len(to.Nodes) > 1 {
		before, after = tree.AttributeDiff(from.Nodes[1], to.Nodes[1])
		before["path"], after["path"] = b.Path, b.Path
	}
	if to.Do == "directory" && !a.Exists() && b.Exists() {
		before, after = tree.AttributeDiff(to.Born(a, tree.Directory), b)
	}
	if was := a.StateWord(); was != to.Do {
		before["state"], after["state"] = was, to.Do
	}
	if a.Kind == tree.Link && b.Kind == tree.Link && a.Target != b.Target {
		before["src"], after["src"] = a.Target, b.Target
	}
	if from.inside != nil && !b.Exists() {
		before["path_content"] = from.inside
	}
	return map[string]any{"before": before, "after": after}
}
