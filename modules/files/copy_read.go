package files

import (
	"context"
	"crypto/md5"  //nolint:gosec // Ansible reports MD5 sums; nothing is trusted by them
	"crypto/sha1" //nolint:gosec // likewise SHA-1, its checksum
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

func readCopy(ctx context.Context, r sys.Reader, p copyParams) (copyState, error) {
	begun, err := tree.Begin(ctx, r, p.Unpreserved(), p.Dest)
	if err != nil {
		return copyState{}, err
	}
	st := copyState{State: begun, wants: map[string]tree.Node{}, modes: map[string]tree.Mode{}, dest: p.Dest}
	switch {
	case p.Tree != nil:
		return st, st.readTree(ctx, r, p)
	case p.Ref != nil:
		st.single, st.source = true, sums{p.Ref.SHA1, p.Ref.MD5, true}
		if err := checkSum(p, st.source); err != nil {
			return st, err
		}
		var want tree.Node
		want.SetRef(modules.ContentRef{SHA256: p.Ref.SHA256, Size: int64(p.Ref.Size)})
		return st, st.readSingle(ctx, r, p, want)
	case p.Content != nil:
		st.single = true
		var want tree.Node
		want.SetData([]byte(*p.Content))
		st.source = sumsOf([]byte(*p.Content))
		return st, st.readSingle(ctx, r, p, want)
	case p.Src == nil:
		return st, modules.Fail(nil, "src (or content) is required")
	default:
		return st, st.readRemote(ctx, r, p)
	}
}

func checkSum(p copyParams, s sums) error {
	if p.Checksum == nil || *p.Checksum == "" || s.sha1 == *p.Checksum {
		return nil
	}
	return modules.Fail(modules.Result{"checksum": s.sha1, "expected_checksum": *p.Checksum},
		"Copied file does not match the expected checksum. Transfer failed.")
}

func sumsOf(b []byte) sums {
	one, five := sha1.Sum(b), md5.Sum(b)
	return sums{hex.EncodeToString(one[:]), hex.EncodeToString(five[:]), true}
}

// readSingle reads the one file that a copy makes.
func (st *copyState) readSingle(ctx context.Context, r sys.Reader, p copyParams, want tree.Node) error {
	dest, err := st.destination(r, p)
	if err != nil {
		return err
	}
	look := tree.Look{Digest: true, IfSize: want.Size}.For(p.Attrs)
	n, err := tree.ReadNode(ctx, r, dest, look)
	if err != nil {
		return err
	}
	if n.Kind == tree.Link && p.Follow {
		if dest, err = tree.RealPath(r, dest); err != nil {
			return err
		}
		if n, err = tree.ReadNode(ctx, r, dest, look); err != nil {
			return err
		}
	}
	if !n.Exists() && !strings.HasSuffix(p.Dest, "/") && !modules.Undoing(ctx) && !modules.CheckMode(ctx) { // an earlier task may be going to make it
		if _, err := r.Stat(tree.Dir(dest)); err != nil {
			return modules.Fail(nil, "Destination directory %s does not exist", tree.Dir(dest))
		}
	}
	if !n.Exists() {
		st.Missing = tree.MissingParents(r, dest)
	}
	st.exists = n.Exists() && !p.Force
	st.Nodes = []tree.Node{n}
	st.wants[dest], st.dest = want, dest
	return nil
}

// destination is the path of a single file: dest, or in it the name of the source where dest is a folder.
func (st *copyState) destination(r sys.Reader, p copyParams) (string, error) {
	name := ""
	switch {
	case p.Basename != nil && *p.Basename != "":
		name = *p.Basename
	case p.Src != nil:
		name = path.Base(*p.Src)
	}
	if strings.HasSuffix(p.Dest, "/") {
		if name == "" {
			return "", modules.Fail(nil, "can not use content with a dir as dest")
		}
		return path.Join(p.Dest, name), nil
	}
	if got, err := r.Stat(p.Dest); err == nil && got.IsDir() {
		if name == "" {
			return "", modules.Fail(nil, "can not use content with a dir as dest")
		}
		return path.Join(p.Dest, name), nil
	}
	return p.Dest, nil
}

// readRemote reads a source that is on the host.
func (st *copyState) readRemote(ctx context.Context, r sys.Reader, p copyParams) error {
	src, err := r.Stat(*p.Src)
	if err != nil {
		if modules.Undoing(ctx) { // the source may be gone since; the destination is what counts
			return st.readSingle(ctx, r, p, tree.Node{})
		}
		return modules.Fail(nil, "Source %s not found", *p.Src)
	}
	if !r.Access(*p.Src, 4) {
		return modules.Fail(nil, "Source %s not readable", *p.Src)
	}
	if src.IsDir() {
		return st.readRemoteFolder(ctx, r, p)
	}
	if !src.IsRegular() {
		return modules.Fail(nil, "Cannot copy invalid source '%s': not a file", *p.Src)
	}
	want, s, err := digestAll(r, *p.Src)
	if err != nil {
		return err
	}
	if err := checkSum(p, s); err != nil {
		return err
	}
	st.single, st.source, st.preserve = true, s, src.Perm
	if p.Mode.Preserve {
		want.Perm = src.Perm
	}
	return st.readSingle(ctx, r, p, want)
}

// digestAll computes all digests of a file of the host in one pass.
func digestAll(r sys.Reader, p string) (tree.Node, sums, error) {
	var n tree.Node
	f, err := r.Open(p)
	if err != nil {
		return n, sums{}, err
	}
	defer f.Close()
	h2, h1, h5 := sha256.New(), sha1.New(), md5.New()
	size, err := io.Copy(io.MultiWriter(h2, h1, h5), f)
	if err != nil {
		return n, sums{}, err
	}
	n.SetSource(p, hex.EncodeToString(h2.Sum(nil)), size)
	return n, sums{hex.EncodeToString(h1.Sum(nil)), hex.EncodeToString(h5.Sum(nil)), true}, nil
}
