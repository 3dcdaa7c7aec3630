package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// inline is the largest content that goes into the log itself: it becomes durable together with the entry that needs it.
const inline = 128 << 10

// keep stores content and returns its SHA-256. It is durable no later than the next entry.
func (w *writer) keep(ctx context.Context, r io.Reader) (string, error) {
	small := make([]byte, inline+1)
	n, err := io.ReadFull(r, small)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return w.keepInline(small[:n])
	case err != nil:
		return "", err
	}
	return w.keepFile(ctx, io.MultiReader(bytes.NewReader(small), r))
}

func (w *writer) keepInline(content []byte) (string, error) {
	raw := sha256.Sum256(content)
	sum := hex.EncodeToString(raw[:])
	if _, have := w.kept[sum]; have {
		return sum, nil
	}
	if err := w.appendRaw(kindContent, append(raw[:], content...)); err != nil {
		return "", err
	}
	w.kept[sum] = location{path: w.openPath(), at: w.end - int64(len(content)), size: int64(len(content))}
	return sum, nil
}

// keepFile stores large content in a file of its own, under its digest.
func (w *writer) keepFile(ctx context.Context, r io.Reader) (sum string, err error) {
	run := w.place.runFolder(w.head.Run)
	dir := filepath.Join(run, "blobs")
	if err := durable(filepath.Dir(run), run, dir); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), &cancelled{ctx, r})
	if err == nil {
		err = syncData(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	sum = hex.EncodeToString(h.Sum(nil))
	if err := os.Rename(f.Name(), filepath.Join(dir, sum)); err != nil {
		return "", err
	}
	return sum, syncFolder(dir)
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// location is where content lies within a log.
type location struct {
	path     string
	at, size int64
}

// contents opens what one run kept.
type contents struct {
	blobs  string // folder
	inline map[string]location
}

// Open returns kept content by its SHA-256. Reading to the end verifies it: instead of io.EOF comes an error.
func (c *contents) Open(_ context.Context, sum string) (io.ReadCloser, error) {
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("journal: %q is no digest", sum)
	}
	l, ok := c.inline[sum]
	path := filepath.Join(c.blobs, sum)
	if ok {
		path = l.path
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("journal: content %s is gone", sum)
	case err != nil:
		return nil, fmt.Errorf("journal: %w", err)
	}
	v := &verified{Reader: f, f: f, sum: sum}
	if ok {
		v.Reader = io.NewSectionReader(f, l.at, l.size)
	}
	v.hash = sha256.New()
	return v, nil
}

// verified checks a digest at the end of the content.
type verified struct {
	io.Reader
	f    *os.File
	sum  string
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	_, _ = v.hash.Write(p[:n]) // a hash never fails
	if errors.Is(err, io.EOF) && hex.EncodeToString(v.hash.Sum(nil)) != v.sum {
		return n, fmt.Errorf("journal: content %s is damaged on the disk", v.sum)
	}
	return n, err
}

func (v *verified) Close() error { return v.f.Close() }
