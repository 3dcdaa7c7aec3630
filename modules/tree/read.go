package tree

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Look says what reading a node looks at beyond lstat.
type Look struct {
	Digest bool  // the content's digest
	IfSize int64 // with Digest: only when the file has this size (others cannot be equal); -1 always
	Load   bool  // the content itself, with its digest
	Times  bool
	Flags  bool
}

// For adds what the attributes of the parameters need.
func (l Look) For(a Attrs) Look {
	l.Flags = l.Flags || a.Attributes.Given()
	return l
}

// Begin starts a state: it looks the attributes' names up and notes who reads and when.
func Begin(ctx context.Context, r sys.Reader, a Attrs, path string) (State, error) {
	if a.Mode.Preserve {
		return State{}, modules.Fail(modules.Result{"path": path, "details": "bad symbolic permission for mode: preserve"},
			"mode must be in octal or symbolic form")
	}
	acc := sys.NewAccounts(ctx, r)
	ask, err := a.ask(ctx, r, acc, path)
	return State{Self: r.Getuid(), Clock: time.Now(), ask: ask, accounts: acc}, err
}

// ReadNode observes one path; links are not followed.
func ReadNode(ctx context.Context, r sys.Reader, path string, l Look) (Node, error) {
	st, err := r.Lstat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || nothingThere(err) {
			return absentNode(r, path), nil
		}
		return Node{}, fmt.Errorf("%s: %w", path, reason(err))
	}
	n := Node{Path: path, Kind: kindOf(st.Mode), Perm: st.Perm, UID: st.UID, GID: st.GID, bytes: st.Size, inode: st.Inode, nlink: st.Nlink}
	switch n.Kind {
	case Link:
		if n.Target, err = r.Readlink(path); err != nil {
			return n, fmt.Errorf("%s: %w", path, reason(err))
		}
		n.surroundings(r)
	case File:
		n.Size = st.Size
		if err := n.readContent(ctx, r, l); err != nil {
			return n, fmt.Errorf("%s: %w", path, reason(err))
		}
	case Block, Char:
		n.Rdev = st.Rdev
	}
	if l.Times {
		n.Atime, n.Mtime = st.Atime.UnixNano(), st.Mtime.UnixNano()
	}
	return n, n.readExtras(r, l)
}

// reason drops the path that the operating system's errors carry: it is written before them.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func absentNode(r sys.Reader, path string) Node {
	n := Node{Path: path}
	n.surroundings(r)
	return n
}

// surroundings notes what a node made here would get by itself.
func (n *Node) surroundings(r sys.Reader) {
	n.umask = r.Umask()
	if st, err := r.Stat(path.Dir(n.Path)); err == nil {
		n.setgid = st.Perm&0o2000 != 0
		n.within = st.GID
	}
}

func (n *Node) readContent(ctx context.Context, r sys.Reader, l Look) error {
	switch {
	case l.Load:
		b, err := r.ReadFile(n.Path)
		if err != nil {
			return err
		}
		n.SetData(b)
	case l.Digest && (l.IfSize < 0 || l.IfSize == n.Size || modules.Undoing(ctx)):
		sum, size, err := digest(r, n.Path, n.Size)
		if err != nil {
			return err
		}
		n.SHA256, n.Size = sum, size
	}
	return nil
}

func (n *Node) readExtras(r sys.Reader, l Look) error {
	if l.Flags && (n.Kind == File || n.Kind == Directory) {
		flags, err := r.FileFlags(n.Path)
		if err != nil && !errors.Is(err, sys.ErrNotSupported) {
			return fmt.Errorf("%s: attributes: %w", n.Path, reason(err))
		}
		if err == nil {
			n.Flags = &flags
		}
	}
	if SELinux(r) {
		n.Label = readLabel(r, n.Path)
	}
	return nil
}

// Digest returns the SHA-256 of a file's content.
func Digest(r sys.Reader, path string) (sum string, size int64, err error) {
	return digest(r, path, maxBuffer)
}

const maxBuffer = 64 << 10

// digest reads a file of about a size; the buffer is no larger than that needs.
func digest(r sys.Reader, path string, about int64) (sum string, size int64, err error) {
	f, err := r.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, min(about+1, maxBuffer))
	size, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, buf)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsRegular():
		return File
	case mode.IsDir():
		return Directory
	case mode&fs.ModeSymlink != 0:
		return Link
	case mode&fs.ModeNamedPipe != 0:
		return Fifo
	case mode&fs.ModeSocket != 0:
		return Socket
	case mode&fs.ModeCharDevice != 0:
		return Char
	default:
		return Block
	}
}

// MissingParents lists the folders on the way to a path that are not there, outermost first.
func MissingParents(r sys.Reader, p string) []Node {
	var out []Node
	for dir := path.Dir(p); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if _, err := r.Stat(dir); err == nil {
			break
		}
		out = append([]Node{absentNode(r, dir)}, out...)
	}
	return out
}

const maxLinks = 40

// RealPath resolves all links of a path, as far as it exists.
func RealPath(r sys.Reader, p string) (string, error) {
	todo := strings.Split(strings.Trim(path.Clean(p), "/"), "/")
	done, links := "/", 0
	if !path.IsAbs(p) {
		done = "."
	}
	for len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		next := path.Join(done, part)
		target, err := r.Readlink(next)
		if err != nil || part == ".." {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: too many levels of symbolic links", p)
		}
		if path.IsAbs(target) {
			done = "/"
		}
		todo = append(strings.Split(strings.Trim(target, "/"), "/"), todo...)
	}
	return done, nil
}
