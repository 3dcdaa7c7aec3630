package lint

import (
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// namedFiles checks that files which a task names are there.
func (w *walk) namedFiles(t *playbook.Task) {
	short := playbook.ShortName(t.Action)
	switch short {
	case "template":
		w.source(t, "src", "templates", true)
	case "copy", "script", "unarchive", "assemble":
		if on(t.Args, "remote_src") || short == "assemble" && !has(t.Args, "remote_src") {
			return
		}
		if short == "script" {
			return // its first word may be rendered from anything
		}
		w.source(t, "src", "files", false)
	case "include_vars":
		w.source(t, "file", "vars", true)
		w.source(t, playbook.RawParams, "vars", true)
	}
}

func on(args *value.Dict, name string) bool {
	v, ok := args.Get(name)
	if !ok {
		return false
	}
	s, isText := v.(string)
	return v != false && (!isText || s != "no" && s != "false")
}

func has(args *value.Dict, name string) bool { _, ok := args.Get(name); return ok }

// source checks one parameter that names a file beside the playbook or in the role.
func (w *walk) source(t *playbook.Task, param, sub string, certain bool) {
	v, _ := t.Args.Get(param)
	name, ok := v.(string)
	if !ok || name == "" || filepath.IsAbs(name) || strings.HasPrefix(name, "~") || strings.Contains(name, "://") {
		return
	}
	if param == playbook.RawParams {
		name = strings.Fields(name + " ")[0]
	}
	for _, dir := range w.searchDirs(t, sub) {
		if exists(filepath.Join(dir, name)) {
			return
		}
	}
	pos, hint := w.parameterPos(t, param), "it is looked for in "+sub+" of the role and of the playbook's folder, and beside them"
	if certain {
		w.errorf(RuleFile, pos, hint, "%s does not exist", name)
		return
	}
	w.warnf(RuleFile, pos, hint, "%s does not exist, unless a task makes it first", name)
}

// searchDirs are the folders in which the files of a task are sought.
func (w *walk) searchDirs(t *playbook.Task, sub string) []string {
	var bases []string
	if r := t.Role(); r != nil {
		bases = append(bases, r.Path)
		for _, p := range r.Parents {
			bases = append(bases, p.Path)
		}
	}
	for b := t.Parent; b != nil; b = b.Parent {
		if b.Role != nil {
			bases = append(bases, b.Role.Path)
		}
		if b.Include && b.File != "" {
			bases = append(bases, filepath.Dir(b.File))
		}
	}
	bases = append(bases, filepath.Dir(t.File))
	if p := t.Play(); p != nil {
		bases = append(bases, p.Dir)
	}
	var dirs []string
	for _, b := range bases {
		dirs = append(dirs, filepath.Join(b, sub), b)
	}
	return dirs
}

// varsFileOf checks a play's vars_files: one name, or a list of which the first that is there counts.
func (w *walk) varsFileOf(p *playbook.Play, a playbook.Attr) {
	w.value(a.Value, a.Pos)
	names := []any{a.Value}
	if l, ok := a.Value.(*value.List); ok {
		names = l.Items
	}
	for _, n := range names {
		name, ok := n.(string)
		if !ok {
			return
		}
		for _, path := range []string{name, filepath.Join(p.Dir, name), filepath.Join(p.Dir, "vars", name)} {
			if filepath.IsAbs(path) && exists(path) {
				w.varsFile(path, w.loader.PlayVarsFile)
				return
			}
		}
	}
	w.add(RuleFile, diag.Errorf(a.Pos, "the file of variables %s does not exist", value.Str(names[0])))
}
