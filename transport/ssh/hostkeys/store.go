package hostkeys

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Store answers from known_hosts files, which it reads once and again when they change. Its methods may be called
// concurrently; the zero value is ready.
type Store struct {
	mu    sync.Mutex
	files map[string]*cached
	write sync.Mutex // one writer at a time
}

type cached struct {
	file    *file
	size    int64
	changed time.Time
}

// Find returns every entry for a name (see Name) in the files, which need not exist.
func (s *Store) Find(paths []string, name string) ([]Entry, error) {
	var entries []Entry
	for _, path := range paths {
		f, err := s.open(path)
		if err != nil {
			return nil, err
		}
		if f != nil {
			entries = append(entries, f.find(strings.ToLower(name))...)
		}
	}
	return entries, nil
}

// open returns an indexed file, or nil when it does not exist.
func (s *Store) open(path string) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeCharDevice != 0 { // /dev/null
		return nil, nil
	}
	if c := s.files[path]; c != nil && c.size == info.Size() && c.changed.Equal(info.ModTime()) {
		return c.file, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if s.files == nil {
		s.files = map[string]*cached{}
	}
	f := parseFile(path, text)
	s.files[path] = &cached{file: f, size: info.Size(), changed: info.ModTime()}
	return f, nil
}

func (f *file) entries(found []*record) []Entry {
	slices.SortFunc(found, func(a, b *record) int { return cmp.Compare(a.line, b.line) })
	var out []Entry
	for _, r := range slices.Compact(found) {
		if key, err := r.key(); err == nil {
			out = append(out, Entry{File: f.path, Line: r.line, Marker: r.marker, Key: key})
		}
	}
	return out
}

// Add appends a key for a name. The name is hidden when hash is set or the file hides its names already.
// The folder is created with mode 0700 and the file with 0600. Adding a known key changes nothing.
func (s *Store) Add(path, name string, key ssh.PublicKey, hash bool) error {
	s.write.Lock()
	defer s.write.Unlock()
	f, err := s.open(path)
	if err != nil {
		return err
	}
	if f != nil {
		for _, e := range f.find(strings.ToLower(name)) {
			if e.Marker == Plain && bytes.Equal(e.Key.Marshal(), key.Marshal()) {
				return nil
			}
		}
		hash = hash || f.hashed > f.plain
	}
	if hash {
		name = hashName(strings.ToLower(name))
	}
	line := fmt.Sprintf("%s %s %s\n", name, key.Type(), base64.StdEncoding.EncodeToString(key.Marshal()))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	written, err := appendLine(path, line)
	if err != nil {
		return err
	}
	s.extend(path, line, written)
	return nil
}

// extend adds a written line to the index when nobody else wrote meanwhile; else the file is read again when it is
// asked next.
func (s *Store) extend(path, line string, written int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.files[path]
	info, err := os.Stat(path)
	if c == nil || err != nil || info.Size() != c.size+written || written != int64(len(line)) {
		delete(s.files, path)
		return
	}
	c.size, c.changed = info.Size(), info.ModTime()
	r, hosts, ok := parseLine(line)
	c.file.mu.Lock()
	defer c.file.mu.Unlock()
	c.file.lines++
	if ok {
		r.line = c.file.lines
		c.file.add(r, hosts)
	}
}

// appendLine writes one line in one write, so that other writers cannot tear it, and returns its length.
func appendLine(path, line string) (written int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return 0, err
		}
		if last[0] != '\n' {
			line = "\n" + line
		}
	}
	n, err := f.WriteString(line)
	return int64(n), err
}
