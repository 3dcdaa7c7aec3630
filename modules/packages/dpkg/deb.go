package dpkg

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/ulikunitz/xz"

	"github.com/musterhq/muster/internal/zst"
)

// Control holds the fields of a package file's control file that an installation needs.
type Control struct {
	Package, Version, Architecture string
	PreDepends, Depends            string
}

const maxControl = 8 << 20

// ReadControl reads the control file at the start of a .deb; it stops reading there.
func ReadControl(r io.Reader) (Control, error) {
	in := bufio.NewReader(r)
	magic := make([]byte, 8)
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != "!<arch>\n" {
		return Control{}, errors.New("not a Debian package file")
	}
	for {
		name, size, err := arHeader(in)
		if err != nil {
			return Control{}, fmt.Errorf("not a Debian package file: %w", err)
		}
		member := io.LimitReader(in, size)
		if strings.HasPrefix(name, "control.tar") {
			return controlOf(member, strings.TrimPrefix(name, "control.tar"))
		}
		if _, err := io.CopyN(io.Discard, in, size+size%2); err != nil {
			return Control{}, fmt.Errorf("not a Debian package file: %w", err)
		}
	}
}

// arHeader reads the header of an archive member.
func arHeader(r io.Reader) (name string, size int64, err error) {
	h := make([]byte, 60)
	if _, err := io.ReadFull(r, h); err != nil {
		return "", 0, errors.New("it has no control file")
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 64)
	if err != nil || size < 0 || h[58] != '`' {
		return "", 0, errors.New("an archive header is broken")
	}
	return strings.TrimRight(strings.TrimSpace(string(h[:16])), "/"), size, nil
}

func controlOf(member io.Reader, suffix string) (Control, error) {
	plain, done, err := decompress(member, suffix)
	if err != nil {
		return Control{}, fmt.Errorf("control%s: %w", suffix, err)
	}
	defer done()
	t := tar.NewReader(io.LimitReader(plain, maxControl))
	for {
		h, err := t.Next()
		if err != nil {
			return Control{}, fmt.Errorf("control file: %w", err)
		}
		if path.Base(h.Name) == "control" && h.Typeflag == tar.TypeReg {
			text, err := io.ReadAll(io.LimitReader(t, maxControl))
			if err != nil {
				return Control{}, fmt.Errorf("control file: %w", err)
			}
			return parseControl(string(text))
		}
	}
}

func decompress(r io.Reader, suffix string) (io.Reader, func(), error) {
	switch suffix {
	case "":
		return r, func() {}, nil
	case ".gz":
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	case ".xz":
		z, err := xz.NewReader(r)
		return z, func() {}, err
	case ".zst":
		z, err := zst.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	default:
		return nil, nil, errors.New("unknown compression")
	}
}

func parseControl(text string) (Control, error) {
	fields := map[string]string{}
	last := ""
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			fields[last] += line
			continue
		}
		k, v, ok := strings.Cut(line, ":")
		if ok {
			last = k
			fields[k] = strings.TrimSpace(v)
		}
	}
	c := Control{Package: fields["Package"], Version: fields["Version"], Architecture: fields["Architecture"],
		PreDepends: fields["Pre-Depends"], Depends: fields["Depends"]}
	if c.Package == "" || c.Version == "" {
		return c, errors.New("the control file names no package or version")
	}
	return c, nil
}
