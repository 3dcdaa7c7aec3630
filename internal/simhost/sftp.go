package simhost

import (
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// serveSFTP serves the root folder. Paths cannot leave it, not by links either.
func (p *peer) serveSFTP(ch ssh.Channel) {
	if noise := p.server.options.SFTPNoise; noise != "" {
		io.WriteString(ch, noise)
	}
	h := &files{root: p.server.root}
	server := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
	server.Serve()
	server.Close()
	p.leave(ch, 0) // the server may still be sending its last answer
}

// files answers SFTP requests inside one folder.
type files struct{ root *os.Root }

func local(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return "."
	}
	return name
}

// Fileread opens a file for reading.
func (f *files) Fileread(r *sftp.Request) (io.ReaderAt, error) { return f.root.Open(local(r.Filepath)) }

// Filewrite opens a file for writing, as the request's flags say.
func (f *files) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	flags, want := os.O_WRONLY, r.Pflags()
	if want.Creat {
		flags |= os.O_CREATE
	}
	if want.Trunc {
		flags |= os.O_TRUNC
	}
	if want.Excl {
		flags |= os.O_EXCL
	}
	return f.root.OpenFile(local(r.Filepath), flags, 0o644)
}

// Filecmd changes names and attributes.
func (f *files) Filecmd(r *sftp.Request) error {
	name, target := local(r.Filepath), local(r.Target)
	switch r.Method {
	case "Setstat":
		return f.setstat(name, r)
	case "Rename", "PosixRename":
		return f.root.Rename(name, target)
	case "Rmdir", "Remove":
		return f.root.Remove(name)
	case "Mkdir":
		return f.root.Mkdir(name, 0o755)
	case "Link":
		return f.root.Link(name, target)
	case "Symlink":
		return f.root.Symlink(r.Filepath, target)
	}
	return sftp.ErrSSHFxOpUnsupported
}

func (f *files) setstat(name string, r *sftp.Request) error {
	flags := r.AttrFlags()
	if flags.Permissions {
		if err := f.root.Chmod(name, r.Attributes().FileMode().Perm()); err != nil {
			return err
		}
	}
	if !flags.Size {
		return nil
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	return file.Truncate(int64(r.Attributes().Size))
}

// Filelist lists a folder, or describes one name.
func (f *files) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	name := local(r.Filepath)
	switch r.Method {
	case "List":
		dir, err := f.root.Open(name)
		if err != nil {
			return nil, err
		}
		defer dir.Close()
		infos, err := dir.Readdir(-1)
		return infoList(infos), err
	case "Stat":
		info, err := f.root.Stat(name)
		return infoList{info}, err
	case "Lstat":
		info, err := f.root.Lstat(name)
		return infoList{info}, err
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

type infoList []fs.FileInfo

// ListAt copies the entries from an offset on.
func (l infoList) ListAt(into []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}
