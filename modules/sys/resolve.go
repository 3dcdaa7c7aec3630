package sys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const maxLinks = 40

// resolver maps the paths of a machine to the folder that stands in for its root. Links are followed inside the
// folder, as chroot(2) does: an absolute target starts at the root again, and .. above the root stays there.
type resolver struct{ dir string }

// real returns the path on the real machine; the last component is followed only when asked.
func (r resolver) real(path string, follow bool) (string, error) {
	if !strings.HasPrefix(path, "/") {
		return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("the path must be absolute")}
	}
	if strings.IndexByte(path, 0) >= 0 {
		return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	todo := strings.Split(path, "/")
	var done []string
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(done) > 0 {
				done = done[:len(done)-1]
			}
			continue
		}
		full := r.join(append(done, part))
		last := len(strings.Trim(strings.Join(todo, ""), ".")) == 0 && !contains(todo, "..")
		target, err := os.Readlink(full)
		if err != nil || last && !follow {
			done = append(done, part)
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("too many levels of symbolic links")}
		}
		if strings.HasPrefix(target, "/") {
			done = nil
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return r.join(done), nil
}

func contains(parts []string, s string) bool {
	for _, p := range parts {
		if p == s {
			return true
		}
	}
	return false
}

func (r resolver) join(parts []string) string {
	return filepath.Join(append([]string{r.dir}, parts...)...)
}

// inside turns an error's path back into the path as the machine's users see it.
func (r resolver) inside(path string, err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pe):
		return &fs.PathError{Op: pe.Op, Path: path, Err: pe.Err}
	case errors.As(err, &le):
		return &fs.PathError{Op: le.Op, Path: path, Err: le.Err}
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}
