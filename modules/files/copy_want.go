package files

import (
	"os"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

func wantCopy(p copyParams, now copyState) (copyState, error) {
	want := now
	want.State = now.Clone()
	if now.exists && now.single {
		return want, nil
	}
	for _, dir := range now.Missing {
		dir.Make(tree.Directory)
		attrs := p.Attrs
		attrs.Mode = p.DirMode
		want.Attributes(attrs, &dir)
		want.Made = append(want.Made, dir)
	}
	for i := range want.Nodes {
		if err := wantNode(p, now, &want, &want.Nodes[i]); err != nil {
			return want, err
		}
	}
	if p.Backup && now.single && len(now.Nodes) == 1 {
		if n, w := now.Main(), want.Main(); n.Kind == tree.File && !tree.SameContent(n, w) {
			want.Backup = tree.BackupName(n.Path, os.Getpid(), now.Clock)
		}
	}
	return want, nil
}

// wantNode gives one destination its content and attributes.
func wantNode(p copyParams, now copyState, want *copyState, n *tree.Node) error {
	goal, managed := now.wants[n.Path]
	if !managed {
		return nil
	}
	attrs := p.Attrs
	if mode, ok := now.modes[n.Path]; ok {
		attrs.Mode = mode
	}
	remoteFolder := p.Tree == nil && !now.single
	if remoteFolder {
		attrs.Mode = tree.Mode{}
	}
	switch goal.Kind {
	case tree.Directory:
		if n.Exists() && n.Kind != tree.Directory {
			return modules.Fail(modules.Result{"path": n.Path}, "%s already exists as a %s", n.Path, n.StateWord())
		}
		made := !n.Exists()
		n.Make(tree.Directory)
		if made && goal.Perm != 0 {
			n.Perm = goal.Perm
		}
		if remoteFolder && n.Path == trimSlash(now.dest) {
			attrs.Mode = p.Mode
		}
	case tree.Link:
		if n.Kind == tree.Directory {
			return modules.Fail(modules.Result{"path": n.Path}, "refusing to convert from directory to symlink for %s", n.Path)
		}
		n.Make(tree.Link)
		n.Target = goal.Target
	default:
		if n.Kind == tree.Directory {
			return modules.Fail(modules.Result{"path": n.Path}, "%s is a directory, refusing to replace it by a file", n.Path)
		}
		wantContent(p, want, n, goal, remoteFolder)
		if p.Mode.Preserve && goal.Perm != 0 {
			attrs.Mode = tree.OctalMode(goal.Perm)
		}
	}
	want.Attributes(attrs, n)
	return nil
}

func wantContent(p copyParams, want *copyState, n *tree.Node, goal tree.Node, remoteFolder bool) {
	if n.Kind == tree.File && tree.SameContent(*n, goal) && n.SHA256 != "" {
		return
	}
	if n.Kind != tree.File {
		n.Make(tree.File)
	}
	if remoteFolder && goal.Perm != 0 {
		n.Perm = goal.Perm
	}
	n.SetContentOf(goal)
	n.HardOf = ""
	want.Rewrite(n)
}

func reportCopy(p copyParams, from, to copyState, _ bool) modules.Result {
	res := modules.Result{"dest": from.dest}
	if p.Src != nil {
		res["src"] = *p.Src
	}
	remote := p.Ref == nil && p.Tree == nil && p.Content == nil
	if from.exists && from.single {
		if remote {
			res["msg"] = "file already exists"
		}
		return res
	}
	n, ok := to.reported(from.dest)
	if from.single && to.source.ok {
		was, _ := from.reported(from.dest)
		rewritten := was.Kind != tree.File || !tree.SameContent(was, n)
		res["checksum"] = to.source.sha1
		if (rewritten || remote) && to.source.md5 != "" {
			res["md5sum"] = to.source.md5
		}
		if !rewritten && !remote {
			res["path"] = n.Path
		}
	}
	if !from.single && remote {
		res["checksum"], res["md5sum"] = nil, nil
	}
	if to.Backup != "" {
		res["backup_file"] = to.Backup
	}
	if !ok {
		return res
	}
	return to.AddInfo(res, n)
}

// reported is the node that the result describes.
func (st copyState) reported(dest string) (tree.Node, bool) {
	for _, n := range st.Nodes {
		if n.Path == dest || n.Path == strings.TrimSuffix(dest, "/") {
			return n, true
		}
	}
	return st.folder, st.folder.Exists() && st.folder.Path == trimSlash(dest)
}
