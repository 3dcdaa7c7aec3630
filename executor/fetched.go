package executor

import (
	"path/filepath"
	"sync"
)

// fetchedFiles are the files of the controller that fetch brought in this run: what they hold is data. It is used concurrently.
type fetchedFiles struct {
	mu    sync.Mutex
	paths map[string]bool
}

func (f *fetchedFiles) add(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.paths == nil {
		f.paths = map[string]bool{}
	}
	f.paths[resolved(path)] = true
}

func (f *fetchedFiles) has(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.paths[resolved(path)]
}

// resolved is the one name of a file that links may name otherwise.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}
