package tests

import (
	"os"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// path declares a test of a path on the controller.
func path(name string, holds func(p string) bool) filters.Func {
	return filters.Strict(name+"(path)", func(_ filters.Env, a *value.Args) (any, error) {
		p, ok := a.Any("path").(string)
		if !ok {
			return nil, &value.TypeError{Message: name + ": path should be string, bytes, os.PathLike or integer, not " + value.TypeName(a.Any("path"))}
		}
		return holds(p), nil
	})
}

func files() map[string]filters.Func {
	directory := path("isdir", func(p string) bool {
		info, err := os.Stat(p)
		return err == nil && info.IsDir()
	})
	file := path("isfile", func(p string) bool {
		info, err := os.Stat(p)
		return err == nil && info.Mode().IsRegular()
	})
	link := path("islink", func(p string) bool {
		info, err := os.Lstat(p)
		return err == nil && info.Mode()&os.ModeSymlink != 0
	})
	abs := path("isabs", func(p string) bool { return strings.HasPrefix(p, "/") })
	mount := path("ismount", isMount)
	same := filters.Strict("samefile(f1, f2)", func(_ filters.Env, a *value.Args) (any, error) {
		x, err := os.Stat(a.Text("f1"))
		if err != nil {
			return nil, err
		}
		y, err := os.Stat(a.Text("f2"))
		if err != nil {
			return nil, err
		}
		return os.SameFile(x, y), nil
	})
	return map[string]filters.Func{
		"directory": directory, "is_dir": directory, "file": file, "is_file": file, "link": link, "is_link": link,
		"abs": abs, "is_abs": abs, "mount": mount, "is_mount": mount, "same_file": same, "is_same_file": same,
		"exists": path("exists", func(p string) bool {
			_, err := os.Stat(p)
			return err == nil
		}),
		"link_exists": path("lexists", func(p string) bool {
			_, err := os.Lstat(p)
			return err == nil
		}),
	}
}
