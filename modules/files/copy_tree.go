package files

import (
	"context"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// readTree reads the destinations of a recursive copy from the controller.
func (st *copyState) readTree(ctx context.Context, r sys.Reader, p copyParams) error {
	root := trimSlash(p.Dest)
	st.dest, st.below = root+"/", map[string]string{}
	if p.TreeName != nil && *p.TreeName != "" {
		if !plainName(*p.TreeName) {
			return modules.Fail(nil, "_tree_name: %q is no name of a folder", *p.TreeName)
		}
		root = path.Join(root, *p.TreeName)
	}
	if err := st.addRoot(ctx, r, p, root); err != nil {
		return err
	}
	for _, e := range p.Tree {
		if err := st.readEntry(ctx, r, p, root, e); err != nil {
			return err
		}
	}
	if files := st.listed; len(files) == 1 {
		st.single, st.dest = true, files[0]
	}
	return nil
}

// addRoot manages the folder that receives the copy only as far as making it.
func (st *copyState) addRoot(ctx context.Context, r sys.Reader, p copyParams, root string) error {
	n, err := tree.ReadNode(ctx, r, root, tree.Look{}.For(p.Attrs))
	if err != nil {
		return err
	}
	if n.Kind == tree.Link {
		return nil
	}
	st.Nodes = append(st.Nodes, n)
	if !n.Exists() {
		st.Missing = tree.MissingParents(r, root)
		st.wants[root] = tree.Node{Kind: tree.Directory}
		st.modes[root] = p.DirMode
	}
	return nil
}

// plainName reports a single component that leads nowhere else.
func plainName(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.ContainsAny(s, "/\x00")
}

// safeBelow reports a relative path that stays below the folder it is joined to.
func safeBelow(p string) bool {
	if p == "" || path.IsAbs(p) || strings.IndexByte(p, 0) >= 0 {
		return false
	}
	clean := path.Clean(p)
	return clean != ".." && clean != "." && !strings.HasPrefix(clean, "../")
}

func (st *copyState) readEntry(ctx context.Context, r sys.Reader, p copyParams, root string, e treeEntry) error {
	if !safeBelow(e.Path) {
		return modules.Fail(nil, "_tree: %q is no path below the destination", e.Path)
	}
	dest := path.Join(root, e.Path)
	look := tree.Look{IfSize: -1}.For(p.Attrs)
	want := tree.Node{Kind: tree.Kind(e.Type), Target: e.Target}
	switch e.Type {
	case "directory":
		st.modes[dest] = p.DirMode
	case "file":
		if e.Content == nil {
			return modules.Fail(nil, "_tree: %s has no content", e.Path)
		}
		want.SetRef(modules.ContentRef{SHA256: e.Content.SHA256, Size: int64(e.Content.Size)})
		look.Digest, look.IfSize = true, want.Size
		if p.Mode.Preserve {
			st.modes[dest] = tree.OctalMode(uint32(e.Mode))
		}
		st.listed = append(st.listed, dest)
		st.below[dest] = e.Path
		st.source = sums{e.Content.SHA1, e.Content.MD5, true}
	}
	n, err := tree.ReadNode(ctx, r, dest, look)
	if err != nil {
		return err
	}
	if n.Kind == tree.Link && e.Type == "directory" {
		if target, err := r.Stat(dest); err == nil && target.IsDir() {
			return nil // a link to a folder serves as the folder
		}
	}
	st.Nodes = append(st.Nodes, n)
	if !(n.Exists() && !p.Force && e.Type == "file") {
		st.wants[dest] = want
	}
	return nil
}

// readRemoteFolder reads a folder of the host and what stands where it is copied to.
func (st *copyState) readRemoteFolder(ctx context.Context, r sys.Reader, p copyParams) error {
	root := trimSlash(p.Dest)
	if !strings.HasSuffix(*p.Src, "/") {
		root = path.Join(root, path.Base(*p.Src))
	}
	st.dest, st.below = p.Dest, map[string]string{}
	if got, err := r.Stat(p.Dest); err == nil && got.IsDir() {
		st.dest = path.Join(p.Dest, path.Base(*p.Src))
		if strings.HasSuffix(*p.Src, "/") {
			st.dest = trimSlash(p.Dest) + "/"
		}
	}
	n, err := tree.ReadNode(ctx, r, root, tree.Look{}.For(p.Attrs))
	if err != nil {
		return err
	}
	if !n.Exists() {
		st.Missing = tree.MissingParents(r, root)
	}
	src, err := r.Stat(*p.Src)
	if err != nil {
		return err
	}
	if st.folder, err = tree.ReadNode(ctx, r, trimSlash(p.Dest), tree.Look{}); err != nil {
		return err
	}
	st.Nodes = append(st.Nodes, n)
	st.wants[root] = tree.Node{Kind: tree.Directory, Perm: src.Perm}
	return st.readRemoteBelow(ctx, r, p, trimSlash(*p.Src), root, 0)
}

func (st *copyState) readRemoteBelow(ctx context.Context, r sys.Reader, p copyParams, src, dest string, depth int) error {
	if depth > maxDepth {
		return modules.Fail(nil, "%s: folders are nested too deeply", src)
	}
	list, err := r.ReadDir(src)
	if err != nil {
		return err
	}
	for _, entry := range list {
		from, to := path.Join(src, entry.Name()), path.Join(dest, entry.Name())
		want, err := st.remoteNode(ctx, r, p, from)
		if err != nil {
			return err
		}
		if !want.Exists() {
			continue
		}
		n, err := tree.ReadNode(ctx, r, to, tree.Look{Digest: true, IfSize: want.Size}.For(p.Attrs))
		if err != nil {
			return err
		}
		st.Nodes = append(st.Nodes, n)
		st.wants[to] = want
		st.below[to] = strings.TrimPrefix(from, trimSlash(*p.Src)+"/")
		if want.Kind == tree.Directory {
			if err := st.readRemoteBelow(ctx, r, p, from, to, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// remoteNode is what a path of the source folder becomes; links are followed when asked.
func (st *copyState) remoteNode(ctx context.Context, r sys.Reader, p copyParams, from string) (tree.Node, error) {
	n, err := tree.ReadNode(ctx, r, from, tree.Look{Digest: true, IfSize: -1})
	if err != nil || n.Kind != tree.File && n.Kind != tree.Link {
		return n, err
	}
	if n.Kind == tree.Link && p.LocalFollow != nil && *p.LocalFollow {
		if n, err = followed(ctx, r, from, tree.Look{Digest: true, IfSize: -1}); err != nil {
			return n, err
		}
	}
	if n.Kind == tree.File {
		n.SetSource(n.Path, n.SHA256, n.Size)
	}
	return n, nil
}
