package runner

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How long an unused runner stays on a host, and how exactly its last use is noted.
const (
	staleAfter = 30 * 24 * time.Hour
	noteEvery  = 24 * time.Hour
	leftOver   = 24 * time.Hour // of uploads that never ended
)

// CleanUp notes the use of the runner at self and removes others beside it that nobody has used for 30 days. It only
// touches folders named by a digest in a folder named muster or muster-UID that is ours. What cannot be removed stays.
func CleanUp(self string, now time.Time) {
	dir := filepath.Dir(self)
	cache := filepath.Dir(dir)
	name := filepath.Base(cache)
	if !isDigest(filepath.Base(dir)) || name != "muster" && !strings.HasPrefix(name, "muster-") {
		return
	}
	i, err := os.Lstat(cache)
	if err != nil || !i.IsDir() || !mine(i) {
		return
	}
	if i, err := os.Stat(self); err == nil && now.Sub(i.ModTime()) > noteEvery {
		_ = os.Chtimes(self, now, now)
	}
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(cache, e.Name())
		switch {
		case path == dir:
			removeUploads(dir, now)
		case e.IsDir() && isDigest(e.Name()):
			if old(filepath.Join(path, "runner"), now, staleAfter) && old(path, now, leftOver) {
				_ = os.RemoveAll(path)
			}
		}
	}
}

// old reports that nothing is at path or that it was not touched for a while.
func old(path string, now time.Time, limit time.Duration) bool {
	i, err := os.Lstat(path)
	return os.IsNotExist(err) || err == nil && now.Sub(i.ModTime()) > limit
}

func removeUploads(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); strings.HasPrefix(e.Name(), ".runner-") && old(path, now, leftOver) {
			_ = os.Remove(path)
		}
	}
}
