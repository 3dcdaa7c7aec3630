package tree

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Kind is what stands at a path.
type Kind string

// The kinds of nodes.
const (
	Absent    Kind = ""
	File      Kind = "file"
	Directory Kind = "directory"
	Link      Kind = "link"
	Fifo      Kind = "fifo"
	Socket    Kind = "socket"
	Block     Kind = "block"
	Char      Kind = "char"
)

// Node is one path. Fields that are zero by their comment are not managed and never compared.
type Node struct {
	Path   string
	Kind   Kind
	Perm   uint32            `json:",omitempty"` // the twelve bits
	UID    int               `json:",omitempty"` // -1 in a wanted state: whatever the process gives
	GID    int               `json:",omitempty"`
	Target string            `json:",omitempty"` // of a link, as written
	Size   int64             `json:",omitempty"` // of a file
	SHA256 string            `json:",omitempty"` // of a file's content; "" where only the size was needed
	HardOf string            `json:",omitempty"` // the file shares its inode with this path
	Rdev   uint64            `json:",omitempty"`
	Label  string            `json:",omitempty"` // SELinux context; "" not managed
	Flags  *uint32           `json:",omitempty"` // chattr's; nil not managed
	Atime  int64             `json:",omitempty"` // nanoseconds; 0 not managed
	Mtime  int64             `json:",omitempty"`
	Xattrs map[string][]byte `json:",omitempty"` // kept with the content for undo; never compared

	// AnyOwner and AnyGroup say that a plain user's rewrite may leave the owner or group to the process.
	AnyOwner bool `json:"-"`
	AnyGroup bool `json:"-"`

	bytes  int64 // what lstat says of the size, of folders and links too
	inode  uint64
	nlink  uint64
	data   []byte // the content, where it is in memory
	loaded bool   // data is the content
	source string // path on the machine that holds the content

	streamed bool      // the content comes by Change.Stream
	reader   io.Reader // the content, while it streams
	umask    uint32    // for what is made here without a mode; read where nothing or a link stands
	setgid   bool      // the folder around passes its group on
	within   int       // the group of the folder around
}

// Exists reports that something stands at the path.
func (n Node) Exists() bool { return n.Kind != Absent }

// Inode identifies the file as it was read; 0 for one that is only wanted.
func (n Node) Inode() uint64 { return n.inode }

// Links counts the names of the file as it was read.
func (n Node) Links() uint64 { return n.nlink }

// Data returns the content where the node holds it.
func (n Node) Data() []byte { return n.data }

// SetData gives a file node its content.
func (n *Node) SetData(b []byte) {
	sum := sha256.Sum256(b)
	n.data, n.loaded, n.source = b, true, ""
	n.SHA256, n.Size = hex.EncodeToString(sum[:]), int64(len(b))
}

// SetRef gives a file node content that the controller holds.
func (n *Node) SetRef(ref modules.ContentRef) {
	n.data, n.loaded, n.source = nil, false, ""
	n.SHA256, n.Size = ref.SHA256, ref.Size
}

// SetStreamed gives a file node content of a known size that Change.Stream will bring.
func (n *Node) SetStreamed(size int64) {
	n.data, n.loaded, n.source, n.SHA256 = nil, false, "", ""
	n.Size, n.streamed = size, true
}

// SetSource gives a file node the content of another file of the machine.
func (n *Node) SetSource(path, sha256 string, size int64) {
	n.data, n.loaded, n.source = nil, false, path
	n.SHA256, n.Size = sha256, size
}

// Open opens the node's content: from memory, from its source on the machine, from the controller or the journal.
func (n Node) Open(ctx context.Context, r sys.Reader) (io.ReadCloser, error) {
	switch {
	case n.reader != nil:
		return io.NopCloser(n.reader), nil
	case n.loaded:
		return io.NopCloser(bytes.NewReader(n.data)), nil
	case n.source != "":
		return r.Open(n.source)
	case n.Size == 0:
		return io.NopCloser(bytes.NewReader(nil)), nil
	default:
		return modules.OpenContent(ctx, n.SHA256)
	}
}

// Make turns a wanted node into one of another kind, with the mode and owner that the machine gives by itself;
// attributes of the parameters come on top.
func (n *Node) Make(kind Kind) {
	if n.Kind == kind {
		return
	}
	old := *n
	*n = Node{Path: old.Path, Kind: kind, UID: -1, GID: -1, umask: old.umask, setgid: old.setgid, within: old.within}
	switch kind {
	case Directory:
		n.Perm = 0o777 &^ old.umask
		if old.setgid {
			n.Perm |= 0o2000
		}
	case Link:
		n.Perm = 0o777
	default:
		n.Perm = 0o666 &^ old.umask
	}
}

// Remove turns a wanted node into nothing.
func (n *Node) Remove() { *n = Node{Path: n.Path, umask: n.umask, setgid: n.setgid, within: n.within} }

// SetContentOf gives a file node the content of another.
func (n *Node) SetContentOf(other Node) {
	n.data, n.loaded, n.source = other.data, other.loaded, other.source
	n.SHA256, n.Size = other.SHA256, other.Size
}
