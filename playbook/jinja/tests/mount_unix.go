//go:build unix

package tests

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/musterhq/muster/playbook/jinja/filters"
)

// isMount reports a folder on another device than its parent, or the root.
func isMount(p string) bool {
	info, err := os.Lstat(p)
	if err != nil || info.Mode()&os.ModeSymlink != 0 {
		return false
	}
	parent, err := os.Lstat(filepath.Join(filters.RealPath(p), ".."))
	if err != nil {
		return false
	}
	a, okA := info.Sys().(*syscall.Stat_t)
	b, okB := parent.Sys().(*syscall.Stat_t)
	return okA && okB && (a.Dev != b.Dev || a.Ino == b.Ino)
}
