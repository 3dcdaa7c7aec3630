package playbook

import (
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// ShortName strips the collections whose actions are part of the language from a name.
func ShortName(name string) string {
	for _, prefix := range []string{"ansible.builtin.", "ansible.legacy."} {
		if s, ok := strings.CutPrefix(name, prefix); ok {
			return s
		}
	}
	return name
}

// expandImport puts in what a static import names; any other task stays as it is.
func (r *reader) expandImport(t *Task, depth int) []Node {
	switch ShortName(t.Action) {
	case "import_tasks":
		if !r.checkIncludeOptions(t, "file", RawParams) {
			return nil
		}
		return r.importTasks(t, depth)
	case "include_tasks":
		if r.checkIncludeOptions(t, "file", RawParams, "apply") && !t.Has("args") && emptyText(mustGet(t.Args, "file")) && emptyText(mustGet(t.Args, RawParams)) {
			r.errorf(t.Pos, "No file specified for %s", t.Action)
		}
	case "import_role":
		r.checkRoleFiles(t)
		return r.importRole(t, depth)
	case "include_role":
		r.checkRoleFiles(t)
	case "include":
		if t.Loop == nil && !isTemplateOnly(mustGet(t.Args, RawParams)) && !isTemplateOnly(mustGet(t.Args, "file")) && allStatic(t.Parent) && !t.Has("static") {
			return includeParameters(r.importTasks(t, depth))
		}
	}
	return []Node{t}
}

// includeParameters gives the variables of a static include the precedence of include parameters; import_tasks has none.
func includeParameters(nodes []Node) []Node {
	for _, n := range nodes {
		if b, ok := n.(*Block); ok {
			b.Static = false
		}
	}
	return nodes
}

// emptyText reports whether an argument is missing or says nothing.
func emptyText(v any) bool { return v == nil || v == "" }

func allStatic(b *Block) bool {
	for ; b != nil; b = b.Parent {
		if !b.Static {
			return false
		}
	}
	return true
}

// ofIncludes are the keywords that a task may have that includes others when it runs: the rest would not reach them.
var ofIncludes = []string{
	"action", "local_action", "args", "collections", "debugger", "ignore_errors", "loop", "loop_control", "name", "no_log", "register", "run_once", "tags",
	"timeout", "vars", "when", "listen", "rollback", "confirm",
}

// checkIncludeKeywords refuses what include_tasks and include_role do not have.
func (r *reader) checkIncludeKeywords(t *Task, entries []entry) {
	kind := map[string]string{"include_tasks": "TaskInclude", "include_role": "IncludeRole"}[ShortName(t.Action)]
	if kind == "" {
		return
	}
	for _, e := range entries {
		if isKeyword(e.key, onTasks) && !contains(ofIncludes, e.key) {
			d := r.errorf(e.kpos, "'%s' is not a valid attribute for a %s", e.key, kind)
			if isKeyword(e.key, onBlock) {
				d.Hint = "for the tasks that are included it stands under `apply:`, or on a block around this task"
			}
		}
	}
}

// checkIncludeOptions refuses parameters that include_tasks and import_tasks do not have.
func (r *reader) checkIncludeOptions(t *Task, valid ...string) bool {
	for k := range t.Args.All() {
		if name := value.KeyText(k); !contains(valid, name) {
			r.errorf(t.ActionPos, "Invalid options for %s: %s", t.Action, name).Hint = "variables for the included tasks stand under the keyword vars"
			return false
		}
	}
	return true
}

func (r *reader) importTasks(t *Task, depth int) []Node {
	if t.Loop != nil && t.Loop.Pos.Line != 0 {
		r.errorf(t.Loop.Pos, "You cannot use loops on '%s' statements. You should use 'include_tasks' instead.", t.Action)
		return nil
	}
	v, ok := t.Args.Get("file")
	if !ok {
		v, ok = t.Args.Get(RawParams)
	}
	if !ok {
		r.errorf(t.Pos, "No file specified for %s", t.Action)
		return nil
	}
	b := importBlock(t)
	name := r.fileName(v, t.ActionPos, staticVars(b))
	if name == "" {
		return nil
	}
	b.Vars = overlay(b.Vars, extraArgs(t.Args, "file", RawParams))
	path, ok := r.FindTasks(name, t)
	if !ok {
		r.errorf(t.ActionPos, "could not find or access '%s' on the controller", name).Hint = "it is looked for beside the file that imports it and in the role's tasks folder"
		return nil
	}
	b.File = path
	b.Body = r.taskFile(path, b, t.Handler, t.ActionPos, depth+1)
	return []Node{b}
}

// importBlock makes the block that stands in for a static import: all of the task's keywords apply to what is in it.
func importBlock(t *Task) *Block {
	attrs := Attrs{}
	for k, a := range t.Attrs {
		if k != "name" && k != "register" {
			attrs[k] = a
		}
	}
	if len(t.Notify) > 0 {
		attrs["notify"] = Attr{Value: valuesOf(t.Notify), Pos: t.Notify[0].Pos}
	}
	return &Block{
		Attrs: attrs, Pos: t.Pos, Parent: t.Parent, Play: t.Parent.Play, Role: t.Parent.Role,
		Vars: t.Vars, When: t.When, Tags: t.Tags, Rollback: t.Rollback, Include: true, Static: true, File: t.File,
	}
}

func valuesOf(attrs []Attr) *value.List {
	list := value.NewList()
	for _, a := range attrs {
		list.Items = append(list.Items, a.Value)
	}
	return list
}

// extraArgs returns the arguments of an import that are variables, as `import_tasks: a.yml x=1` allows.
func extraArgs(args *value.Dict, known ...string) *value.Dict {
	extra := value.NewDict()
	for k, v := range args.All() {
		if name, ok := k.(string); ok && !contains(known, name) {
			extra.Set(k, v)
		}
	}
	return extra
}

// staticVars are the variables written around a block, as far as they are known before the run.
func staticVars(b *Block) *value.Dict {
	if b == nil {
		return value.NewDict()
	}
	vars := staticVars(b.Parent)
	if b.Parent == nil && b.Play != nil {
		vars.Set("playbook_dir", b.Play.Dir)
	}
	if b.Role != nil && (b.Parent == nil || b.Parent.Role != b.Role) {
		vars = overlay(overlay(overlay(vars, b.Role.Defaults), b.Role.Vars), b.Role.Params)
		vars = overlay(vars, value.DictOf("role_path", b.Role.Path, "role_name", b.Role.Name))
	}
	return overlay(vars, b.Vars)
}

// FindTasks resolves the name of a task file for an import or include: beside the file that names it, then in the
// role's tasks (or handlers) folder and the role itself, then beside the playbook.
func (l *Loader) FindTasks(name string, t *Task) (string, bool) {
	if filepath.IsAbs(name) {
		return filepath.Clean(name), isFile(name)
	}
	for _, dir := range l.taskDirs(t) {
		if p := filepath.Join(dir, name); isFile(p) {
			return p, true
		}
	}
	return "", false
}

func (l *Loader) taskDirs(t *Task) []string {
	sub := "tasks"
	if t.Handler {
		sub = "handlers"
	}
	var dirs []string
	if role := t.Role(); role != nil {
		dirs = append(dirs, includeDirs(t, filepath.Join(role.Path, sub))...)
		dirs = append(dirs, filepath.Join(role.Path, sub), filepath.Join(role.Path, "tasks"), role.Path)
	} else {
		dirs = append(dirs, includeDirs(t, "")...)
	}
	dirs = append(dirs, filepath.Dir(t.File), filepath.Join(filepath.Dir(t.File), sub))
	if p := t.Play(); p != nil {
		dirs = append(dirs, p.Dir, filepath.Join(p.Dir, sub))
	}
	return dirs
}

// includeDirs are the folders of the files that include the task's file, the nearest first.
func includeDirs(t *Task, within string) []string {
	dirs := []string{filepath.Dir(t.File)}
	for b := t.Parent; b != nil; b = b.Parent {
		if b.Include && b.File != "" {
			if d := filepath.Dir(b.File); within == "" || strings.HasPrefix(d, within) {
				dirs = append(dirs, d)
			}
		}
	}
	return dirs
}

// IncludeBlock makes the block for an include_tasks that runs now: its variables and, from `apply`, its keywords.
func (l *Loader) IncludeBlock(t *Task, file string, vars *value.Dict) (*Block, diag.List) {
	b := &Block{
		Attrs: Attrs{}, Pos: t.Pos, Parent: t.Parent, Play: t.Parent.Play, Role: t.Parent.Role,
		Vars: vars, Rollback: t.Rollback, Include: true, File: file,
	}
	r := &reader{Loader: l}
	if apply, ok := t.Args.Get("apply"); ok {
		r.apply(b, apply, t.ActionPos)
	}
	return b, r.diags
}

// apply sets the keywords of an include's apply: on a block.
func (r *reader) apply(b *Block, v any, pos diag.Pos) {
	d, ok := v.(*value.Dict)
	if !ok {
		if v != nil {
			r.errorf(pos, "Expected a dict for apply but got something else instead")
		}
		return
	}
	for k, item := range d.All() {
		name := value.KeyText(k)
		switch name {
		case "when":
			for _, c := range listOf(item) {
				b.When = append(b.When, Cond{Value: c, Pos: pos})
			}
		case "tags":
			for _, tag := range listOf(item) {
				if s, ok := tag.(string); ok {
					for part := range strings.SplitSeq(s, ",") {
						b.Tags = append(b.Tags, Attr{Value: strings.TrimSpace(part), Pos: pos})
					}
					continue
				}
				b.Tags = append(b.Tags, Attr{Value: tag, Pos: pos})
			}
		case "vars":
			if vars, ok := item.(*value.Dict); ok {
				b.Vars = overlay(b.Vars, vars)
			}
		default:
			if !isKeyword(name, onBlock) {
				r.errorf(pos, "'%s' is not a valid attribute for apply", name)
				continue
			}
			b.Attrs[name] = Attr{Value: item, Pos: pos}
		}
	}
}

func listOf(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case *value.List:
		return x.Items
	default:
		return []any{v}
	}
}
