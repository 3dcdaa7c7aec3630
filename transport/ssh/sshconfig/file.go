package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/diag"
)

const (
	maxFileSize     = 4 << 20
	maxIncludeDepth = 16 // as OpenSSH
)

// file is a parsed configuration file.
type file struct {
	path  string
	lines []line
}

// parse reads the directives of a file and reports every line that cannot be understood.
func parse(path, text string) (*file, error) {
	f := &file{path: path}
	var mistakes diag.List
	for i, raw := range strings.Split(text, "\n") {
		l, err := lexLine(raw)
		l.number = i + 1
		if err != nil {
			mistakes.Add(&diag.Diagnostic{Pos: diag.Pos{File: path, Line: i + 1, Col: 1}, Summary: err.Error()})
			continue
		}
		if l.keyword != "" {
			f.lines = append(f.lines, l)
		}
	}
	return f, mistakes.Err()
}

// cache keeps files and include patterns that were read; every host asks for the same ones.
type cache struct {
	mu    sync.Mutex
	files map[string]*file
	globs map[string][]string
}

// load returns a parsed file, or nil when it does not exist.
func (l *Loader) load(path string) (*file, error) {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	if f, ok := l.cache.files[path]; ok {
		return f, nil
	}
	text, err := l.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if l.cache.files == nil {
			l.cache.files = map[string]*file{}
		}
		l.cache.files[path] = nil
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFileSize)
	}
	f, err := parse(path, string(text))
	if err != nil {
		return nil, err
	}
	if l.cache.files == nil {
		l.cache.files = map[string]*file{}
	}
	l.cache.files[path] = f
	return f, nil
}

// glob expands an Include pattern; relative ones start at dir.
func (l *Loader) glob(pattern, dir string) ([]string, error) {
	if strings.HasPrefix(pattern, "~/") {
		pattern = filepath.Join(l.Home, pattern[2:])
	} else if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(dir, pattern)
	}
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	if paths, ok := l.cache.globs[pattern]; ok {
		return paths, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("include pattern %s: %w", pattern, err)
	}
	if l.cache.globs == nil {
		l.cache.globs = map[string][]string{}
	}
	l.cache.globs[pattern] = paths
	return paths, nil
}
