package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Files watches the content of files. A change counts when nothing changed any more for a while, so that a deployment
// which writes many files is one event.
type Files struct {
	Paths  []string      // files, patterns of them, and folders with everything below them; absolute
	Period time.Duration // between looks
	Settle time.Duration

	seen map[string]stamp
}

// stamp tells whether a file has to be read again.
type stamp struct {
	size   int64
	time   time.Time
	digest string
}

// The bounds of what is watched, and of what a run is told.
const (
	mostFiles = 10_000
	mostNamed = 100
)

// filesState is what a look leaves.
type filesState struct {
	Files   map[string]string `json:"files"`             // digests by path, as of the last event
	Pending string            `json:"pending,omitempty"` // digest of what is there since
	Since   time.Time         `json:"since,omitzero"`
}

// Every is the time between two looks.
func (f *Files) Every() time.Duration { return f.Period }

// Look compares the files' content with that of the last event.
func (f *Files) Look(_ context.Context, now time.Time, state []byte) (Finding, error) {
	var st filesState
	if err := restore(state, &st); err != nil {
		return Finding{}, err
	}
	files, err := f.read()
	if err != nil {
		return Finding{}, err
	}
	if st.Files == nil || maps.Equal(files, st.Files) {
		return found(filesState{Files: orEmpty(st.Files, files)}, nil)
	}
	if digest := digestOf(files); digest != st.Pending {
		st.Pending, st.Since = digest, now
	}
	if now.Sub(st.Since) < f.Settle {
		return found(st, nil)
	}
	changed := differing(st.Files, files)
	return found(filesState{Files: files}, &Event{ID: st.Pending, Data: map[string]any{"count": len(changed), "changed": changed[:min(len(changed), mostNamed)]}})
}

func orEmpty(a, b map[string]string) map[string]string {
	if a == nil {
		return b
	}
	return a
}

// differing are the paths whose content differs, or that are in one of both only.
func differing(a, b map[string]string) []string {
	paths := map[string]bool{}
	for p, d := range a {
		if b[p] != d {
			paths[p] = true
		}
	}
	for p := range b {
		if _, ok := a[p]; !ok {
			paths[p] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

func digestOf(files map[string]string) string {
	h := sha256.New()
	for _, p := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %s\n", p, files[p])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// read are the digests of all files by their paths. Files whose size and time are as before are not read again.
func (f *Files) read() (map[string]string, error) {
	next, out := map[string]stamp{}, map[string]string{}
	add := func(path string, info fs.FileInfo) error {
		if !info.Mode().IsRegular() {
			return nil
		}
		if len(out) >= mostFiles {
			return fmt.Errorf("there are more than %d files to watch", mostFiles)
		}
		s, known := f.seen[path]
		if !known || s.size != info.Size() || !s.time.Equal(info.ModTime()) {
			digest, err := digestFile(path)
			if err != nil {
				return err
			}
			s = stamp{info.Size(), info.ModTime(), digest}
		}
		next[path], out[path] = s, s.digest
		return nil
	}
	for _, pattern := range f.Paths {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		for _, m := range matches {
			if err := walk(m, add); err != nil {
				return nil, err
			}
		}
	}
	f.seen = next
	return out, nil
}

// walk visits a file, or the files below a folder but those of version control; a link to a folder stands for it. What
// vanishes meanwhile is not there.
func walk(top string, visit func(string, fs.FileInfo) error) error {
	top, err := filepath.EvalSymlinks(top)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		info, err := os.Stat(path) // a link stands for what it leads to
		if err == nil {
			err = visit(path, info)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

func digestFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
