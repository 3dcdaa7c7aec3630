package files

import (
	"context"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

func readFile(ctx context.Context, r sys.Reader, p fileParams) (fileState, error) {
	target := fileTarget(r, p)
	begun, err := tree.Begin(ctx, r, p.Attrs, target)
	if err != nil {
		return fileState{}, err
	}
	st := fileState{State: begun, Path: target}
	look := tree.Look{Times: p.ModTime != nil || p.AccTime != nil}.For(p.Attrs)
	n, err := tree.ReadNode(ctx, r, target, look)
	if err != nil {
		return st, err
	}
	if st.Do, err = effectiveState(p, n); err != nil {
		return st, err
	}
	if p.Peek != nil {
		st.binary = looksBinary(r, target)
	}
	follow := p.Follow && n.Kind == tree.Link && st.Do != "absent" && st.Do != "link" && st.Do != "hard"
	if follow {
		if st.Path, err = tree.RealPath(r, target); err != nil {
			return st, err
		}
	}
	if follow || st.Do == "touch" {
		look.Times = look.Times || st.Do == "touch"
		if n, err = tree.ReadNode(ctx, r, st.Path, look); err != nil {
			return st, err
		}
	}
	st.Nodes = []tree.Node{n}
	return st, st.readAround(ctx, r, p, look)
}

// fileTarget is the path that the task means: the file inside a folder when a source names one.
func fileTarget(r sys.Reader, p fileParams) string {
	if p.State != nil && (*p.State == "link" || *p.State == "absent") {
		return trimSlash(p.Path)
	}
	base := ""
	switch {
	case p.Basename != nil && *p.Basename != "":
		base = *p.Basename
	case p.Src != nil && *p.Src != "":
		base = path.Base(*p.Src)
	}
	if base != "" {
		if st, err := r.Stat(p.Path); err == nil && st.IsDir() {
			return path.Join(p.Path, base)
		}
	}
	return trimSlash(p.Path)
}

func trimSlash(p string) string {
	for len(p) > 1 && p[len(p)-1] == '/' {
		p = p[:len(p)-1]
	}
	return p
}

func effectiveState(p fileParams, n tree.Node) (string, error) {
	do := ""
	switch {
	case p.State != nil:
		do = *p.State
	case n.Exists():
		do = n.StateWord()
	case p.Recurse:
		do = "directory"
	default:
		do = "file"
	}
	fields := modules.Result{"path": n.Path}
	if p.Recurse && do != "directory" {
		return do, modules.Fail(fields, "recurse option requires state to be 'directory'")
	}
	if p.Src != nil && *p.Src != "" && do != "link" && do != "hard" {
		return do, modules.Fail(fields, "src option requires state to be 'link' or 'hard'")
	}
	return do, nil
}

// readAround reads what else the state needs: parents, what is below, sources of links.
func (st *fileState) readAround(ctx context.Context, r sys.Reader, p fileParams, look tree.Look) error {
	n := st.Main()
	switch st.Do {
	case "directory":
		if !n.Exists() {
			st.Missing = tree.MissingParents(r, n.Path)
		}
		if p.Recurse && n.Kind == tree.Directory {
			below, err := readBelow(ctx, r, n.Path, p.Follow, look, map[string]bool{}, 0)
			st.Nodes = append(st.Nodes, below...)
			return err
		}
	case "link":
		return st.readLinkTarget(ctx, r, p, look)
	case "hard":
		return st.readHardSource(ctx, r, p)
	case "absent":
		if n.Kind == tree.Directory && modules.DiffMode(ctx) {
			st.inside = listInside(r, n.Path)
		}
	}
	return nil
}

// readBelow reads everything in a folder; links are followed when asked.
func readBelow(ctx context.Context, r sys.Reader, dir string, follow bool, look tree.Look, seen map[string]bool, depth int) ([]tree.Node, error) {
	if seen[dir] || depth > maxDepth {
		return nil, nil
	}
	seen[dir] = true
	list, err := r.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []tree.Node
	for _, entry := range list {
		n, err := tree.ReadNode(ctx, r, path.Join(dir, entry.Name()), look)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if n.Kind == tree.Link && follow {
			if n, err = followed(ctx, r, n.Path, look); err != nil {
				return nil, err
			}
			if !n.Exists() || seen[n.Path] {
				continue
			}
			out = append(out, n)
		}
		if n.Kind == tree.Directory {
			below, err := readBelow(ctx, r, n.Path, follow, look, seen, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
		}
	}
	return unique(out), nil
}

const maxDepth = 200

func followed(ctx context.Context, r sys.Reader, p string, look tree.Look) (tree.Node, error) {
	real, err := tree.RealPath(r, p)
	if err != nil {
		return tree.Node{}, nil // a loop of links has no target
	}
	return tree.ReadNode(ctx, r, real, look)
}

// unique drops nodes that were reached twice, through a link and directly.
func unique(nodes []tree.Node) []tree.Node {
	seen := make(map[string]bool, len(nodes))
	out := nodes[:0]
	for _, n := range nodes {
		if !seen[n.Path] {
			seen[n.Path] = true
			out = append(out, n)
		}
	}
	return out
}

// readLinkTarget reads what the link will point to, which is where attributes go unless follow is off.
func (st *fileState) readLinkTarget(ctx context.Context, r sys.Reader, p fileParams, look tree.Look) error {
	n := st.Main()
	src := st.linkSource(p)
	if src == "" {
		return nil
	}
	dir := tree.Dir(n.Path)
	if n.Kind == tree.Directory {
		if !p.Force {
			dir = n.Path // where Ansible looks; with force the link takes the folder's place
		}
		list, err := r.ReadDir(n.Path)
		if err != nil {
			return err
		}
		st.filled = len(list) > 0
	}
	full := joined(dir, src)
	st.source.Path = full
	if _, err := r.Stat(full); err != nil {
		st.dangles = true
		return nil
	}
	target, err := followed(ctx, r, full, look)
	if err != nil {
		return err
	}
	st.source.Kind = target.Kind
	if p.Follow && target.Exists() && target.Path != n.Path {
		st.Nodes, st.behind = append(st.Nodes, target), true
	}
	return nil
}

func joined(dir, src string) string {
	if path.IsAbs(src) {
		return src
	}
	return strings.TrimSuffix(dir, "/") + "/" + src
}

// linkSource is what the link shall point to: src, or what it points to already.
func (st *fileState) linkSource(p fileParams) string {
	n := st.Main()
	switch {
	case p.Src != nil && *p.Src != "":
		return *p.Src
	case p.Follow && n.Kind == tree.Link:
		return n.Target
	default:
		return ""
	}
}

func (st *fileState) readHardSource(ctx context.Context, r sys.Reader, p fileParams) error {
	if p.Src == nil || *p.Src == "" {
		return nil
	}
	src, err := r.Stat(*p.Src)
	if err != nil {
		return nil // reported by Want
	}
	if st.source, err = followed(ctx, r, *p.Src, tree.Look{}); err != nil {
		return err
	}
	n := &st.Nodes[0]
	own, err := r.Lstat(n.Path)
	if err == nil && own.Inode == src.Inode && own.Dev == src.Dev {
		st.sameSrc = true
		if n.Kind == tree.File && n.Path != *p.Src {
			n.HardOf = *p.Src
		}
	}
	return nil
}

func looksBinary(r sys.Reader, p string) bool {
	f, err := r.Open(p)
	if err != nil {
		return false
	}
	defer f.Close()
	buf := make([]byte, 8192)
	n, _ := f.Read(buf)
	for _, b := range buf[:max(n, 0)] {
		if b == 0 {
			return true
		}
	}
	return false
}

// listInside names what goes away with a folder.
func listInside(r sys.Reader, dir string) map[string]any {
	dirs, files := []any{}, []any{}
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		list, err := r.ReadDir(dir)
		if err != nil || depth > maxDepth {
			return
		}
		var below []string
		for _, e := range list {
			p := path.Join(dir, e.Name())
			if e.IsDir() {
				dirs, below = append(dirs, p), append(below, p)
			} else {
				files = append(files, p)
			}
		}
		for _, p := range below {
			walk(p, depth+1)
		}
	}
	walk(dir, 0)
	return map[string]any{"directories": dirs, "files": files}
}
