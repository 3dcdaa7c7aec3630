package playbook

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// roleVars reads defaults or vars of a role: main, or the file named; a folder named main is read whole.
func (r *reader) roleVars(path, sub, from string, pos diag.Pos) *value.Dict {
	base := from
	if base == "" {
		base = "main"
	}
	vars := value.NewDict()
	files := varFiles(within(filepath.Join(path, sub), base))
	if len(files) == 0 && from != "" {
		r.errorf(pos, "could not find specified file in role: %s/%s", sub, from)
	}
	for _, f := range files {
		if !r.insideRole(f, filepath.Join(path, sub), pos) {
			continue
		}
		d, err := r.roleVarsFile(f)
		if err != nil {
			r.fail(pos, err)
			continue
		}
		vars = overlay(vars, d)
	}
	return vars
}

// varFiles returns the file that base names (with or without an ending), or all files of the folder base.
func varFiles(base string) []string {
	if f := firstFile(base); f != "" {
		return []string{f}
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		p := filepath.Join(base, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), "~"):
		case e.IsDir():
			files = append(files, varFiles(p)...)
		case contains([]string{"", ".yml", ".yaml", ".json"}, filepath.Ext(e.Name())):
			files = append(files, p)
		}
	}
	return files
}

func firstFile(base string) string {
	for _, ext := range []string{"", ".yml", ".yaml", ".json"} {
		if isFile(base + ext) {
			return base + ext
		}
	}
	return ""
}

// roleFile returns the tasks or handlers file of a role, "" where there is none.
func (r *reader) roleFile(path, sub, from string, pos diag.Pos) string {
	base := from
	if base == "" {
		base = "main"
	}
	file := firstFile(within(filepath.Join(path, sub), base))
	if file == "" && from != "" {
		r.errorf(pos, "Could not find specified file in role: %s/%s", sub, from)
	}
	if file == "" || !r.insideRole(file, filepath.Join(path, sub), pos) {
		return ""
	}
	return file
}

// within is a name in a folder; an absolute name is itself.
func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// insideRole refuses a file that tasks_from and the like name but that lies outside of the role.
func (r *reader) insideRole(file, dir string, pos diag.Pos) bool {
	rel, err := filepath.Rel(dir, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		r.errorf(pos, "Failed loading '%s' for role (%s) as it is not inside the expected role path: '%s'", file, filepath.Base(filepath.Dir(dir)), dir)
		return false
	}
	return true
}
