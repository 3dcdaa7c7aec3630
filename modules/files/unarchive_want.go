package files

import (
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

func wantUnarchive(p unarchiveParams, now unarchiveState) (unarchiveState, error) {
	want := now
	want.State = now.Clone()
	for i := range want.Nodes {
		n := &want.Nodes[i]
		g := now.goals[n.Path]
		if g.hold || g.implied && n.Kind == tree.Directory {
			continue
		}
		if err := g.want(n, p); err != nil {
			return want, err
		}
		want.Attributes(p.Attrs, n)
	}
	return want, nil
}

// want turns the node where a member goes into what the member is.
func (g goal) want(n *tree.Node, p unarchiveParams) error {
	if n.Kind == tree.Directory && g.kind != tree.Directory {
		return modules.Fail(nil, "failed to unpack %s to %s: %s is a directory, the archive holds a file of that name", p.Src, p.Dest, n.Path)
	}
	made := n.Kind != g.kind
	if made {
		n.Remove()
		n.Make(g.kind)
	}
	same := !made && g.sum != "" && n.SHA256 == g.sum
	switch g.kind {
	case tree.File:
		if g.hard {
			n.HardOf, n.Size, n.SHA256 = g.target, g.size, ""
		} else if !same {
			n.SetStreamed(g.size)
			n.SHA256, n.HardOf = g.sum, ""
		}
		switch {
		case g.late:
			n.Mtime = 0
		case !same || n.Mtime/1e9 != g.mtime.Unix():
			n.Mtime = g.mtime.UnixNano()
		}
	case tree.Link:
		n.Target = g.target
	case tree.Directory:
		if made && !g.implied {
			n.Mtime = g.mtime.UnixNano()
		}
	case tree.Char, tree.Block:
		n.Rdev = g.rdev
	}
	if g.kind != tree.Link && !g.implied {
		n.Perm = g.perm
	}
	if g.uid >= 0 {
		n.UID = g.uid
	}
	if g.gid >= 0 {
		n.GID = g.gid
	}
	return nil
}

// itemized lists what differs in the way of rsync's -i, as Ansible does for zip archives.
func itemized(from, to unarchiveState) string {
	var b strings.Builder
	for i, n := range from.Nodes {
		if i >= len(to.Nodes) {
			break
		}
		w := to.Nodes[i]
		if tree.EqualNode(n, w) {
			continue
		}
		kind := map[tree.Kind]string{tree.Directory: "d", tree.Link: "L"}[w.Kind]
		if kind == "" {
			kind = "f"
		}
		name := to.goals[n.Path].path
		if name == "" {
			name = path.Base(n.Path)
		}
		if w.Kind == tree.Directory {
			name += "/"
		}
		switch {
		case !n.Exists():
			b.WriteString(">" + kind + "++++++.?? " + name + "\n")
		case n.Kind != w.Kind:
			b.WriteString("c" + kind + "++++++.?? " + name + "\n")
		default:
			b.WriteString("." + kind + changes(n, w) + " " + name + "\n")
		}
	}
	return b.String()
}

func changes(n, w tree.Node) string {
	out := []byte(".......??")
	mark := func(i int, c byte, differs bool) {
		if differs {
			out[i] = c
		}
	}
	mark(1, 's', n.Size != w.Size)
	mark(2, 't', n.Mtime != w.Mtime && w.Mtime != 0)
	mark(3, 'p', n.Perm != w.Perm)
	mark(4, 'o', n.UID != w.UID)
	mark(4, 'g', n.GID != w.GID)
	return string(out)
}
