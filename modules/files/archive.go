package files

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/musterhq/muster/internal/zst"
	"github.com/musterhq/muster/modules/tree"
)

// member is one entry of an archive.
type member struct {
	name         string // as the archive writes it
	kind         tree.Kind
	perm         uint32
	plainPerm    bool // the archive has no Unix permissions: the umask decides
	mtime        time.Time
	size         int64
	target       string // of a link, or the entry that a hard link shares
	hard         bool
	uid, gid     int
	uname, gname string
	owned        bool // the archive records owners
	rdev         uint64
}

// archive is an opened archive; each walks its members in order. The reader holds a file's content until the next one.
type archive struct {
	handler string // what Ansible calls the kind; tar finds most compressions out by itself, so that they have no name of their own
	each    func(yield func(m member, content io.Reader) error) error
}

var errNoArchive = errors.New("this is neither a zip archive nor a tar archive, plain or compressed with gzip, bzip2, xz or zstd")

// openArchive finds out what kind of archive a file is.
func openArchive(src io.ReaderAt, size int64) (archive, error) {
	head := make([]byte, 512)
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return archive{}, err
	}
	head = head[:n]
	whole := func() io.Reader { return io.NewSectionReader(src, 0, size) }
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openZip(src, size)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return checkedTar("TgzArchive", func() (io.Reader, func(), error) {
			r, err := gzip.NewReader(whole())
			return r, nil, err
		})
	case bytes.HasPrefix(head, []byte("BZh")):
		return checkedTar("TarArchive", func() (io.Reader, func(), error) { return bzip2.NewReader(whole()), nil, nil })
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return checkedTar("TarArchive", func() (io.Reader, func(), error) {
			r, err := xz.NewReader(whole())
			return r, nil, err
		})
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return checkedTar("TarArchive", func() (io.Reader, func(), error) {
			r, err := zst.NewReader(whole())
			if err != nil {
				return nil, nil, err
			}
			return r, func() { _ = r.Close() }, nil
		})
	default:
		return checkedTar("TarArchive", func() (io.Reader, func(), error) { return whole(), nil, nil })
	}
}

// checkedTar makes sure that a tar archive with something in it comes out of the decompression.
func checkedTar(handler string, open func() (io.Reader, func(), error)) (archive, error) {
	r, done, err := open()
	if err != nil {
		return archive{}, fmt.Errorf("%w: %w", errNoArchive, err)
	}
	if done != nil {
		defer done()
	}
	if _, err := tar.NewReader(r).Next(); errors.Is(err, io.EOF) {
		return archive{}, errors.New("no files in the archive; empty archives are not supported")
	} else if err != nil {
		return archive{}, fmt.Errorf("%w: %w", errNoArchive, err)
	}
	return archive{handler: handler, each: func(yield func(member, io.Reader) error) error {
		r, done, err := open()
		if err != nil {
			return err
		}
		if done != nil {
			defer done()
		}
		return eachTar(tar.NewReader(r), yield)
	}}, nil
}

func eachTar(t *tar.Reader, yield func(member, io.Reader) error) error {
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		m, ok := tarMember(h)
		if !ok {
			continue
		}
		if err := yield(m, t); err != nil {
			return err
		}
	}
}

func tarMember(h *tar.Header) (member, bool) {
	m := member{name: h.Name, perm: uint32(h.Mode) & 0o7777, mtime: h.ModTime, uid: h.Uid, gid: h.Gid, uname: h.Uname, gname: h.Gname, owned: true}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont, '\x00':
		m.kind, m.size = tree.File, h.Size
		if strings.HasSuffix(h.Name, "/") {
			m.kind, m.size = tree.Directory, 0
		}
	case tar.TypeDir:
		m.kind = tree.Directory
	case tar.TypeSymlink:
		m.kind, m.target = tree.Link, h.Linkname
	case tar.TypeLink:
		m.kind, m.target, m.hard = tree.File, h.Linkname, true
	case tar.TypeFifo:
		m.kind = tree.Fifo
	case tar.TypeChar, tar.TypeBlock:
		m.kind, m.rdev = tree.Char, device(h.Devmajor, h.Devminor)
		if h.Typeflag == tar.TypeBlock {
			m.kind = tree.Block
		}
	default:
		return m, false
	}
	return m, true
}

// device writes a device's number as Linux does.
func device(major, minor int64) uint64 {
	ma, mi := uint64(major), uint64(minor)
	return (ma&0xfff)<<8 | (ma&^0xfff)<<32 | mi&0xff | (mi&^0xff)<<12
}

func openZip(src io.ReaderAt, size int64) (archive, error) {
	z, err := zip.NewReader(src, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return archive{}, fmt.Errorf("%w: %w", errNoArchive, err)
	}
	return archive{handler: "ZipArchive", each: func(yield func(member, io.Reader) error) error {
		for _, f := range z.File {
			if err := zipEntry(f, yield); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

const maxLinkTarget = 4096

func zipEntry(f *zip.File, yield func(member, io.Reader) error) error {
	mode := f.Mode()
	m := member{name: f.Name, perm: unixPerm(mode), mtime: zipTime(f), kind: tree.File, size: int64(f.UncompressedSize64)}
	if creator := f.CreatorVersion >> 8; creator != 3 && creator != 19 {
		m.plainPerm = true
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("archive: %s: %w", f.Name, err)
	}
	defer r.Close()
	switch {
	case mode.IsDir() || strings.HasSuffix(f.Name, "/"):
		m.kind, m.size = tree.Directory, 0
	case mode&fs.ModeSymlink != 0:
		target, err := io.ReadAll(io.LimitReader(r, maxLinkTarget))
		if err != nil {
			return fmt.Errorf("archive: %s: %w", f.Name, err)
		}
		m.kind, m.target, m.size = tree.Link, string(target), 0
	}
	return yield(m, r)
}

func unixPerm(mode fs.FileMode) uint32 { return uint32(mode.Perm()) }

// zipTime reads an entry's time: exact where the archive has it, else the local time that DOS wrote, as unzip does.
func zipTime(f *zip.File) time.Time {
	for extra := f.Extra; len(extra) >= 4; {
		id, n := uint16(extra[0])|uint16(extra[1])<<8, int(extra[2])|int(extra[3])<<8
		if id == 0x5455 || id == 0x000a || id == 0x5855 {
			return f.Modified
		}
		if len(extra) < 4+n {
			break
		}
		extra = extra[4+n:]
	}
	d, t := int(f.ModifiedDate), int(f.ModifiedTime) //nolint:staticcheck // the local time is what unzip uses
	return time.Date(d>>9+1980, time.Month(d>>5&15), d&31, t>>11, t>>5&63, t&31*2, 0, time.Local)
}
