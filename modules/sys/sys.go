// Package sys is the one door to a machine. Modules and fact gatherers touch the machine through it and nothing else,
// so that check mode, recording, throw-away roots and fakes are decorators instead of branches.
package sys

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// ErrNotSupported is returned where a machine lacks a feature (extended attributes on a file system, say).
var ErrNotSupported = errors.New("not supported")

// Stat is what lstat or stat says of a path.
type Stat struct {
	Path    string
	Mode    fs.FileMode // type and permission bits as Go writes them
	Perm    uint32      // the twelve permission bits of Unix: 0o7777
	UID     int
	GID     int
	Size    int64
	Dev     uint64
	Inode   uint64
	Nlink   uint64
	Rdev    uint64
	Blocks  int64
	BlkSize int64
	Atime   time.Time
	Mtime   time.Time
	Ctime   time.Time
}

// IsDir reports a folder.
func (s Stat) IsDir() bool { return s.Mode.IsDir() }

// IsRegular reports a regular file.
func (s Stat) IsRegular() bool { return s.Mode.IsRegular() }

// IsLink reports a symbolic link.
func (s Stat) IsLink() bool { return s.Mode&fs.ModeSymlink != 0 }

// Command is a program to run. Argv[0] is looked up in PATH; no shell is involved unless Argv names one.
type Command struct {
	Argv    []string
	Dir     string            // "" is the runner's own working folder
	Env     map[string]string // added to the environment
	Stdin   io.Reader
	Timeout time.Duration // 0 is none but the context's
	Umask   *int
	Hold    *os.File // stays open in the program, for a lock that is to outlive this process; may be nil
}

// Output is what a command left. Code is -N when signal N ended it.
type Output struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

// Reader observes a machine; it has no method that writes. Paths are absolute and as the machine's users see them.
// Errors satisfy errors.Is with fs.ErrNotExist and fs.ErrPermission.
type Reader interface {
	// Root is "/" on a real machine, or the folder that stands in for it; paths passed in never include it.
	Root() string
	Lstat(path string) (Stat, error)
	Stat(path string) (Stat, error)
	Open(path string) (io.ReadCloser, error)
	ReadFile(path string) ([]byte, error)
	ReadDir(path string) ([]fs.DirEntry, error)
	Readlink(path string) (string, error)
	// Xattr returns an extended attribute of the path itself, links not followed.
	Xattr(path, name string) ([]byte, error)
	// FileFlags returns the attributes of chattr(1) as FS_IOC_GETFLAGS gives them; ErrNotSupported where there are none.
	FileFlags(path string) (uint32, error)
	// FileVersion returns the generation number that lsattr -v shows; ErrNotSupported where there is none.
	FileVersion(path string) (uint32, error)
	// ListXattr names the extended attributes of the path itself; nil where there are none or they are not supported.
	ListXattr(path string) ([]string, error)
	Access(path string, mode uint32) bool // mode is R_OK 4, W_OK 2, X_OK 1, as access(2) takes it
	LookPath(name string) (string, error) // in PATH and the usual sbin folders
	Getuid() int
	Environ() []string
	// Umask is the mask that files get which are made without an explicit mode.
	Umask() uint32
	// Query runs a command that only reads the machine. An exit code other than zero is no error.
	Query(ctx context.Context, c Command) (Output, error)
}

// WriteOptions say how a file is written. The content goes to a temporary file in the same folder, with its mode
// and owner set before the content, and is renamed over the target; Unsafe writes in place where renaming
// is impossible (a bind-mounted file). Like Ansible it is not synced: what must survive a crash is the journal's copy.
type WriteOptions struct {
	Perm   uint32 // permission bits of the new file
	UID    int    // -1 leaves the owner that the process gives
	GID    int
	Unsafe bool
	// OwnerIfPermitted gives the owner only where the process may; a plain user's file then becomes that user's.
	OwnerIfPermitted bool
}

// System can also change the machine.
type System interface {
	Reader
	WriteFile(path string, content io.Reader, o WriteOptions) error
	Mkdir(path string, perm uint32) error
	Remove(path string) error    // one file, link or empty folder
	RemoveAll(path string) error // a tree; nothing there is no error
	Rename(from, to string) error
	Symlink(target, path string) error
	Link(old, path string) error
	Mknod(path string, mode uint32, dev uint64) error
	Chmod(path string, perm uint32) error              // links followed
	Lchown(path string, uid, gid int) error            // links not followed; -1 leaves alone
	Chtimes(path string, atime, mtime time.Time) error // links not followed; a zero time leaves alone
	SetXattr(path, name string, data []byte) error
	RemoveXattr(path, name string) error
	SetFileFlags(path string, flags uint32) error
	// TempFile makes an empty private file in dir ("" is the machine's temporary folder) and returns its path.
	TempFile(dir, pattern string) (string, error)
	// TempDir makes an empty private folder likewise.
	TempDir(dir, pattern string) (string, error)
	// Run runs a command that may change the machine. An exit code other than zero is no error.
	Run(ctx context.Context, c Command) (Output, error)
}
