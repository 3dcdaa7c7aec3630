package tree

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Keep stores the contents of files that are about to be replaced or removed, and completes from with their digests,
// times and extended attributes. Of a folder that goes away, all that is in it is kept.
func Keep(ctx context.Context, r sys.Reader, from *State, want State, keep modules.KeepFunc) error {
	after := make(map[string]Node, len(want.Nodes))
	for _, n := range want.Nodes {
		after[n.Path] = n
	}
	var kept []Node
	for i := range from.Nodes {
		n := from.Nodes[i]
		w, listed := after[n.Path]
		goes := listed && n.Exists() && w.Kind != n.Kind
		rewritten := listed && n.Kind == File && w.Kind == File && (!SameContent(n, w) || n.HardOf != w.HardOf)
		if goes || rewritten {
			if err := keepNode(ctx, r, &n, keep); err != nil {
				return err
			}
		}
		kept = append(kept, n)
		if goes && n.Kind == Directory && !w.Exists() {
			inner, err := keepFolder(ctx, r, n.Path, keep, 0)
			if err != nil {
				return err
			}
			kept = append(kept, inner...)
		}
	}
	from.Nodes = kept
	return nil
}

func keepNode(ctx context.Context, r sys.Reader, n *Node, keep modules.KeepFunc) error {
	st, err := r.Lstat(n.Path)
	if err != nil {
		return err
	}
	n.Mtime = st.Mtime.UnixNano()
	if n.Xattrs, err = keepXattrs(r, n.Path); err != nil {
		return err
	}
	if n.Kind != File || n.Size == 0 && n.SHA256 != "" {
		return nil
	}
	f, err := r.Open(n.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	counted := &counter{r: f}
	sum, err := keep(counted)
	if err != nil {
		return err
	}
	n.SHA256, n.Size = sum, counted.n
	return nil
}

type counter struct {
	r interface{ Read([]byte) (int, error) }
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func keepXattrs(r sys.Reader, p string) (map[string][]byte, error) {
	names, err := r.ListXattr(p)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	out := map[string][]byte{}
	for _, name := range names {
		if name == labelAttribute || name == "" || strings.HasPrefix(name, "trusted.overlay.") {
			continue
		}
		if b, err := r.Xattr(p, name); err == nil {
			out[name] = b
		}
	}
	return out, nil
}

const maxDepth = 200

// keepFolder keeps what is in a folder that goes away.
func keepFolder(ctx context.Context, r sys.Reader, dir string, keep modules.KeepFunc, depth int) ([]Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: too deep to be kept for undo", dir)
	}
	list, err := r.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Node
	for _, entry := range list {
		n, err := ReadNode(ctx, r, path.Join(dir, entry.Name()), Look{})
		if err != nil {
			return nil, err
		}
		if err := keepNode(ctx, r, &n, keep); err != nil {
			return nil, err
		}
		out = append(out, n)
		if n.Kind == Directory {
			inner, err := keepFolder(ctx, r, n.Path, keep, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		}
	}
	return out, nil
}
