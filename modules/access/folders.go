package access

import (
	"fmt"
	"path"
	"slices"

	"github.com/musterhq/muster/modules/sys"
)

// missing lists a folder and those above it that are not there, outermost first: what mkdirAll will make.
func missing(r sys.Reader, dir string) []string {
	if _, err := r.Stat(dir); err == nil || dir == "/" || dir == "." {
		return nil
	}
	return append(missing(r, path.Dir(dir)), dir)
}

// mkdirAll makes a folder and those above it.
func mkdirAll(s sys.System, dir string) error {
	for _, d := range missing(s, dir) {
		if err := s.Mkdir(d, 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	return nil
}

// removeEmpty removes folders in which nothing is left, innermost first.
func removeEmpty(s sys.System, dirs []string) error {
	for _, dir := range slices.Backward(dirs) {
		entries, err := s.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			continue
		}
		if err := s.Remove(dir); err != nil {
			return fmt.Errorf("remove folder: %w", err)
		}
	}
	return nil
}
