package runnerbin

import (
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/musterhq/muster/transport"
)

// embeddedFiles holds what mkembedded wrote: index.json and a packed runner for each platform; without a release only a
// README.
//
//go:embed embedded
var embeddedFiles embed.FS

const indexName = "index.json"

// packed is a runner in gzip form, which hosts unpack themselves.
type packed struct {
	GOOS   string `json:"goos"`
	GOARCH string `json:"goarch"`
	SHA256 string `json:"sha256"` // unpacked
	Size   int64  `json:"size"`   // unpacked
	File   string `json:"file"`
	Full   bool   `json:"full,omitempty"` // makes web requests too
	Source string `json:"source"`         // digest of the source that it was built from

	open func() (io.ReadCloser, error)
}

func (p packed) binary() transport.Binary {
	return transport.Binary{GOOS: p.GOOS, GOARCH: p.GOARCH, SHA256: p.SHA256, Size: p.Size, OpenGzip: p.open, Open: p.unpack}
}

// unpack opens the program itself.
func (p packed) unpack() (io.ReadCloser, error) {
	f, err := p.open()
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return unpacking{Reader: z, under: f}, nil
}

type unpacking struct {
	*gzip.Reader
	under io.Closer
}

func (u unpacking) Close() error { return errors.Join(u.Reader.Close(), u.under.Close()) }

// readIndex lists what is embedded; an index that is not there lists nothing.
func readIndex(files fs.FS) ([]packed, error) {
	data, err := fs.ReadFile(files, "embedded/"+indexName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []packed
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", indexName, err)
	}
	for i := range all {
		name := "embedded/" + all[i].File
		all[i].open = func() (io.ReadCloser, error) { return files.Open(name) }
	}
	return all, nil
}

// The levels of packing: what is embedded is packed once and read often, one's own program in the middle of a run.
const (
	fastest  = gzip.BestSpeed
	smallest = gzip.BestCompression
)

// pack writes the packed form of a program into dir, named by the program's digest, unless it is there.
func pack(program, dir string, level int) (p packed, err error) {
	f, err := os.Open(program)
	if err != nil {
		return p, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if p.Size, err = io.Copy(h, f); err != nil {
		return p, err
	}
	p.SHA256 = hex.EncodeToString(h.Sum(nil))
	p.File = p.SHA256 + ".gz"
	path := filepath.Join(dir, p.File)
	p.open = func() (io.ReadCloser, error) { return os.Open(path) }
	if _, err := os.Stat(path); err == nil {
		return p, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return p, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, err
	}
	return p, replace(path, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, level)
		if err != nil {
			return err
		}
		_, err = io.Copy(z, f)
		return errors.Join(err, z.Close())
	})
}

// replace writes a file in one step.
func replace(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
