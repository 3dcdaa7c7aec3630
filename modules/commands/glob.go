package commands

import (
	"path"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// globExists reports whether a shell pattern fits any path. A dangling link exists; a hidden name is matched only
// by a pattern that begins with a dot too.
func globExists(r sys.Reader, pattern string) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		_, err := r.Lstat(pattern)
		return err == nil
	}
	dirs := []string{""}
	if path.IsAbs(pattern) {
		dirs = []string{"/"}
	}
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		if dirs = step(r, dirs, part); len(dirs) == 0 {
			return false
		}
	}
	return true
}

// step goes from folders to their entries that fit one part of a pattern.
func step(r sys.Reader, dirs []string, part string) []string {
	var found []string
	fixed := !strings.ContainsAny(part, "*?[")
	part = strings.ReplaceAll(strings.ReplaceAll(part, `\`, `\\`), "[!", "[^")
	for _, dir := range dirs {
		if fixed {
			if name := path.Join(dir, part); exists(r, name) {
				found = append(found, name)
			}
			continue
		}
		at := dir
		if at == "" {
			at = "."
		}
		entries, err := r.ReadDir(at)
		if err != nil {
			continue
		}
		for _, e := range entries {
			hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(part, ".")
			if ok, err := path.Match(part, e.Name()); ok && err == nil && !hidden {
				found = append(found, path.Join(dir, e.Name()))
			}
		}
	}
	return found
}

func exists(r sys.Reader, name string) bool {
	_, err := r.Lstat(name)
	return err == nil
}
