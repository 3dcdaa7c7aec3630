package playbook

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// Role is one use of a role: its files, and the parameters of this use.
type Role struct {
	Name            string // as written: name, or namespace.collection.name
	Path            string // the role's folder
	Pos             diag.Pos
	Key             string // equal for uses that run only once for a host
	AllowDuplicates bool
	Public          bool // variables stay visible to the rest of the play
	Defaults        *value.Dict
	Vars            *value.Dict // of its vars files, over the vars given with this use
	Params          *value.Dict // given where the role is used; include_role's vars lie on its block
	Dependencies    []*Role
	Parents         []*Role // the roles that depend on this use, the nearest first
	Handlers        []Node
	Block           *Block // the role's own tasks, without its dependencies'
	ArgumentSpec    *value.Dict
	EntryPoint      string
}

// RoleRef names a role and how it is used.
type RoleRef struct {
	Name            string
	Pos             diag.Pos
	Params          *value.Dict
	Vars            *value.Dict // given with the use; the role's own vars files win over them
	TaskVars        *value.Dict // vars of an import_role: those of a task around the role's tasks
	Attrs           Attrs
	When            []Cond
	Tags            []Attr
	TasksFrom       string
	VarsFrom        string
	DefaultsFrom    string
	HandlersFrom    string
	AllowDuplicates *bool
	Public          bool
	SkipValidation  bool
	FromDir         string // folder of the file that names the role
}

// playRoles reads the roles: section.
func (r *reader) playRoles(p *Play, e entry) []*Role {
	n := resolveAlias(e.node)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.errorf(e.pos, "A malformed role declaration was encountered.").Hint = "roles is a list: names, or mappings with role:"
		return nil
	}
	var roles []*Role
	for _, item := range n.Content {
		ref, ok := r.roleRef(p.File, resolveAlias(item), staticVars(p.Root))
		if !ok {
			continue
		}
		ref.Public = !r.o.PrivateRoles
		if role := r.role(ref, p.Root, nil, 0); role != nil {
			roles = append(roles, role)
		}
	}
	return roles
}

// roleRef reads an entry of roles: or of a role's dependencies.
func (r *reader) roleRef(file string, n *yaml.Node, vars *value.Dict) (RoleRef, bool) {
	ref := RoleRef{Pos: yaml11.Pos(file, n), Params: value.NewDict(), Vars: value.NewDict(), Attrs: Attrs{}, FromDir: filepath.Dir(file)}
	if n.Kind == yaml.ScalarNode {
		ref.Name = r.fileName(r.value(file, n), ref.Pos, vars)
		if strings.Contains(ref.Name, ",") {
			r.errorf(ref.Pos, "Invalid old style role requirement: %s", ref.Name)
			return ref, false
		}
		return ref, ref.Name != ""
	}
	if n.Kind != yaml.MappingNode {
		r.errorf(ref.Pos, "role definitions must be text or a mapping with role:")
		return ref, false
	}
	var name any
	for _, e := range r.entries(file, n) {
		switch {
		case e.key == "role" || e.key == "name" && name == nil:
			name = r.value(file, e.node)
		case e.key == "name":
		case e.key == "vars":
			ref.Vars = r.varsOf(file, e)
		case e.key == "when":
			ref.When = r.conditions(file, e)
		case e.key == "tags":
			ref.Tags = r.tagList(file, e)
		case isKeyword(e.key, onRole):
			ref.Attrs[e.key] = Attr{Value: r.value(file, e.node), Pos: e.pos}
		case e.key == "src" || e.key == "scm" || e.key == "version":
		default:
			ref.Params.Set(e.key, r.value(file, e.node))
		}
	}
	if name == nil {
		r.errorf(ref.Pos, "role definitions must contain a role name")
		return ref, false
	}
	ref.Name = r.fileName(name, ref.Pos, overlay(overlay(vars, ref.Vars), ref.Params))
	return ref, ref.Name != ""
}

// role reads a role and what it depends on.
func (r *reader) role(ref RoleRef, parent *Block, by *Role, depth int) *Role {
	if depth > maxIncludeDepth {
		r.errorf(ref.Pos, "the role %s depends on itself", ref.Name).Hint = "look at dependencies: in meta/main.yml of the roles on the way"
		return nil
	}
	path, searched := r.FindRole(ref, parent, by)
	if path == "" {
		r.errorf(namedAt(ref), "the role '%s' was not found in %s", ref.Name, strings.Join(searched, ":"))
		return nil
	}
	role := &Role{Name: ref.Name, Path: path, Pos: ref.Pos, Params: ref.Params, Public: ref.Public}
	if by != nil {
		role.Parents = append([]*Role{by}, by.Parents...)
	}
	role.Defaults = r.roleVars(path, "defaults", ref.DefaultsFrom, ref.Pos)
	role.Vars = overlay(ref.Vars, r.roleVars(path, "vars", ref.VarsFrom, ref.Pos))
	role.Block = &Block{
		Attrs: ref.Attrs, Pos: ref.Pos, Parent: parent, Play: parent.Play, Role: role,
		Vars: ref.TaskVars, When: ref.When, Tags: ref.Tags, Static: true, File: path,
	}
	role.EntryPoint = "main"
	if ref.TasksFrom != "" {
		role.EntryPoint = strings.TrimSuffix(strings.TrimSuffix(ref.TasksFrom, ".yml"), ".yaml")
	}
	r.roleMeta(role, ref, parent, depth)
	role.Key = roleKey(role, ref)
	if file := r.roleFile(path, "tasks", ref.TasksFrom, ref.Pos); file != "" {
		role.Block.File = file
		role.Block.Body = r.taskFile(file, role.Block, false, ref.Pos, depth+1)
	}
	if file := r.roleFile(path, "handlers", ref.HandlersFrom, ref.Pos); file != "" {
		role.Handlers = r.taskFile(file, role.Block, true, ref.Pos, depth+1)
	}
	if !ref.SkipValidation {
		r.addValidation(role)
	}
	return role
}

// namedAt is where the name of a role is written; where it is not written as it is, the place of its use.
func namedAt(ref RoleRef) diag.Pos {
	const near = 20
	src, err := os.ReadFile(ref.Pos.File)
	if err != nil || ref.Pos.Line < 1 {
		return ref.Pos
	}
	lines := strings.Split(string(src), "\n")
	for i := ref.Pos.Line - 1; i < min(len(lines), ref.Pos.Line+near); i++ {
		if before, _, ok := strings.Cut(lines[i], ref.Name); ok {
			return diag.Pos{File: ref.Pos.File, Line: i + 1, Col: utf8.RuneCountInString(before) + 1}
		}
	}
	return ref.Pos
}

// roleKey is equal for two uses of a role that differ in nothing.
func roleKey(role *Role, ref RoleRef) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s|%s", role.Path, ref.TasksFrom, ref.VarsFrom)
	for i, d := range []*value.Dict{ref.Params, ref.Vars} {
		for k, v := range d.All() {
			fmt.Fprintf(&b, "|%d %v=%v", i, k, value.ToGo(v))
		}
	}
	for _, c := range ref.When {
		fmt.Fprintf(&b, "|when %v", c.Value)
	}
	for _, t := range ref.Tags {
		fmt.Fprintf(&b, "|tag %v", t.Value)
	}
	return b.String()
}

func (r *reader) roleMeta(role *Role, ref RoleRef, parent *Block, depth int) {
	if ref.AllowDuplicates != nil {
		role.AllowDuplicates = *ref.AllowDuplicates
	}
	file := firstFile(filepath.Join(role.Path, "meta", "main"))
	if file == "" {
		r.argumentSpecs(role, nil)
		return
	}
	n := r.document(file, ref.Pos)
	if n == nil || n.Kind != yaml.MappingNode {
		r.argumentSpecs(role, nil)
		return
	}
	var specs *value.Dict
	for _, e := range r.entries(file, n) {
		switch e.key {
		case "allow_duplicates":
			if ref.AllowDuplicates == nil {
				role.AllowDuplicates = truthy(r.value(file, e.node))
			}
		case "argument_specs":
			specs, _ = r.value(file, e.node).(*value.Dict)
		case "dependencies":
			r.dependencies(role, file, e, parent, depth)
		}
	}
	r.argumentSpecs(role, specs)
}

func (r *reader) dependencies(role *Role, file string, e entry, parent *Block, depth int) {
	n := resolveAlias(e.node)
	if n.Kind != yaml.SequenceNode {
		return
	}
	for _, item := range n.Content {
		ref, ok := r.roleRef(file, resolveAlias(item), staticVars(parent))
		if !ok {
			continue
		}
		ref.Public = role.Public
		ref.When = append(append([]Cond(nil), role.Block.When...), ref.When...)
		ref.Tags = append(append([]Attr(nil), role.Block.Tags...), ref.Tags...)
		for k, a := range role.Block.Attrs {
			if _, own := ref.Attrs[k]; !own && k != "name" {
				ref.Attrs[k] = a
			}
		}
		if dep := r.role(ref, parent, role, depth+1); dep != nil {
			role.Dependencies = append(role.Dependencies, dep)
		}
	}
}

// argumentSpecs finds the specification of the role's entry point.
func (r *reader) argumentSpecs(role *Role, specs *value.Dict) {
	if file := firstFile(filepath.Join(role.Path, "meta", "argument_specs")); file != "" {
		if n := r.document(file, diag.Pos{File: file}); n != nil {
			if d, ok := r.value(file, n).(*value.Dict); ok {
				specs, _ = mustGet(d, "argument_specs").(*value.Dict)
			}
		}
	}
	spec, _ := mustGet(specs, role.EntryPoint).(*value.Dict)
	role.ArgumentSpec = spec
}

// addValidation puts the check of the role's arguments before its tasks.
func (r *reader) addValidation(role *Role) {
	if role.ArgumentSpec == nil {
		return
	}
	options, ok := mustGet(role.ArgumentSpec, "options").(*value.Dict)
	if !ok || options.Len() == 0 {
		return
	}
	name := fmt.Sprintf("Validating arguments against arg spec '%s'", role.EntryPoint)
	if short, ok := mustGet(role.ArgumentSpec, "short_description").(string); ok {
		name += " - " + short
	}
	t := &Task{
		Attrs: Attrs{"name": {Value: name, Pos: role.Pos}}, Pos: role.Pos, Parent: role.Block, Action: "validate_argument_spec",
		ActionPos: role.Pos, File: role.Block.File, Vars: value.NewDict(),
		Tags: []Attr{{Value: "always", Pos: role.Pos}},
		Args: value.DictOf("argument_spec", options, "validate_args_context", value.DictOf(
			"type", "role", "name", role.Name, "argument_spec_name", role.EntryPoint, "path", role.Path)),
	}
	role.Block.Body = append([]Node{t}, role.Block.Body...)
}

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
		d, err := r.VarsFile(f)
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

// FindRole returns the folder of a role and, when there is none, where it was looked for.
func (l *Loader) FindRole(ref RoleRef, parent *Block, by *Role) (string, []string) {
	dir := ref.FromDir
	playDir := dir
	if parent.Play != nil {
		playDir = parent.Play.Dir
	}
	if parts := strings.Split(ref.Name, "."); len(parts) == 3 && !strings.ContainsRune(ref.Name, '/') {
		if root, ok := l.collectionRoot(parts[0], parts[1], playDir); ok {
			if p := filepath.Join(root, "roles", parts[2]); exists(p) {
				return p, nil
			}
		}
	}
	var searched []string
	for _, base := range l.roleDirs(parent, by, playDir, dir) {
		p := absolute(filepath.Join(base, ref.Name))
		if filepath.IsAbs(ref.Name) {
			p = filepath.Clean(ref.Name)
		}
		if st, err := os.Stat(p); err == nil && st.IsDir() {
			return p, nil
		}
		if dir := absolute(base); !contains(searched, dir) {
			searched = append(searched, dir)
		}
	}
	return "", searched
}

func (l *Loader) roleDirs(parent *Block, by *Role, playDir, dir string) []string {
	dirs := []string{filepath.Join(playDir, "roles")}
	for _, name := range collectionNames(parent) {
		if parts := strings.Split(name, "."); len(parts) == 2 {
			if root, ok := l.collectionRoot(parts[0], parts[1], playDir); ok {
				dirs = append([]string{filepath.Join(root, "roles")}, dirs...)
			}
		}
	}
	dirs = append(dirs, l.o.RolesPath...)
	if by == nil && parent.Role != nil {
		by = parent.Role
	}
	if by != nil {
		dirs = append(dirs, filepath.Dir(by.Path))
	}
	return append(dirs, playDir, dir)
}

// collectionNames are the collections: in force at a block.
func collectionNames(b *Block) []string {
	a, ok := b.Inherit("collections")
	if !ok {
		return nil
	}
	var names []string
	for _, v := range listOf(a.Value) {
		names = append(names, text(v))
	}
	return names
}

// collectionRoot returns the folder of a collection: beside the playbook, then in the collections path.
func (l *Loader) collectionRoot(namespace, name, playDir string) (string, bool) {
	bases := append([]string{filepath.Join(playDir, "collections")}, l.o.CollectionsPath...)
	for _, base := range bases {
		p := filepath.Join(base, "ansible_collections", namespace, name)
		if exists(p) {
			return p, true
		}
	}
	return "", false
}

// CollectionFile is the file of a collection's plugin, by the folder of its kind and its name, whatever its ending; "" when there
// is none.
func (l *Loader) CollectionFile(collection, kind, name, playDir string) string {
	parts := strings.SplitN(collection, ".", 2)
	if len(parts) != 2 {
		return ""
	}
	root, ok := l.collectionRoot(parts[0], parts[1], playDir)
	if !ok {
		return ""
	}
	files, err := filepath.Glob(filepath.Join(root, kind, name) + "*")
	if err != nil {
		return ""
	}
	for _, file := range files {
		if base := filepath.Base(file); strings.TrimSuffix(base, filepath.Ext(base)) == filepath.Base(name) && isFile(file) {
			return file
		}
	}
	return ""
}

// roleBlock reads a role for import_role and include_role: a block of its dependencies' and its own tasks.
func (r *reader) roleBlock(ref RoleRef, parent *Block, static bool, depth int) *Block {
	role := r.role(ref, parent, nil, depth)
	b := &Block{Attrs: Attrs{}, Pos: ref.Pos, Parent: parent, Play: parent.Play, Vars: value.NewDict(), Static: static, Role: parent.Role, File: parent.File}
	if role == nil {
		return b
	}
	role.Block.Include = true
	role.Block.Static = static
	for _, one := range role.Flatten() {
		b.Body = append(b.Body, one.Block)
	}
	b.Role = role
	return b
}

// Flatten returns the roles that a role depends on, in the order in which they run, and the role itself last.
func (role *Role) Flatten() []*Role {
	var all []*Role
	for _, d := range role.Dependencies {
		all = append(all, d.Flatten()...)
	}
	return append(all, role)
}

// importRole puts a role in the place of an import_role task.
func (r *reader) importRole(t *Task, depth int) []Node {
	if t.Loop != nil && t.Loop.Pos.Line != 0 {
		r.errorf(t.Loop.Pos, "You cannot use loops on 'import_role' statements. You should use 'include_role' instead.")
		return nil
	}
	name := ""
	if v, ok := t.Args.Get("name"); ok {
		name = r.fileName(v, t.ActionPos, overlay(staticVars(t.Parent), t.Vars))
	} else if v, ok := t.Args.Get("role"); ok {
		name = r.fileName(v, t.ActionPos, overlay(staticVars(t.Parent), t.Vars))
	} else {
		r.errorf(t.Pos, "'name' is a required field for import_role.")
	}
	if name == "" {
		return nil
	}
	ref, bad := RoleRefOf(t, name, t.Args)
	if bad != nil {
		r.diags.Add(bad)
		return nil
	}
	if _, said := t.Args.Get("public"); !said {
		ref.Public = !r.o.PrivateRoles
	}
	ib := importBlock(t)
	ref.Attrs, ref.When, ref.Tags, ref.Vars, ref.TaskVars = ib.Attrs, ib.When, ib.Tags, t.Vars, t.Vars
	b := r.roleBlock(ref, t.Parent, true, depth)
	if b.Role != nil && b.Role != t.Parent.Role && t.Parent.Play != nil {
		if b.Role.Public {
			t.Parent.Play.Imported = append(t.Parent.Play.Imported, b.Role)
		}
		for _, role := range b.Role.Flatten() {
			t.Parent.Play.Handlers = append(t.Parent.Play.Handlers, role.Handlers...)
		}
	}
	b.Role = t.Parent.Role
	return []Node{b}
}

// roleOptions are the parameters of include_role and import_role.
var roleOptions = []string{"name", "role", "tasks_from", "vars_from", "defaults_from", "handlers_from", "apply", "public", "allow_duplicates", "rolespec_validate"}

// checkRoleFiles refuses names of a role's files that are lists or mappings.
func (r *reader) checkRoleFiles(t *Task) {
	for _, key := range []string{"tasks_from", "vars_from", "defaults_from", "handlers_from"} {
		switch mustGet(t.Args, key).(type) {
		case *value.List:
			r.errorf(t.ActionPos, "Expected a string for %s but got %s instead", key, "<class 'list'>")
		case *value.Dict:
			r.errorf(t.ActionPos, "Expected a string for %s but got %s instead", key, "<class 'dict'>")
		}
	}
}

// RoleRefOf reads the rendered parameters of include_role or import_role.
func RoleRefOf(t *Task, name string, args *value.Dict) (RoleRef, *diag.Diagnostic) {
	ref := RoleRef{Name: name, Pos: t.ActionPos, Params: value.NewDict(), Vars: value.NewDict(), Attrs: Attrs{}, FromDir: filepath.Dir(t.File)}
	for k, v := range args.All() {
		key := value.KeyText(k)
		switch key {
		case "tasks_from":
			ref.TasksFrom = text(v)
		case "vars_from":
			ref.VarsFrom = text(v)
		case "defaults_from":
			ref.DefaultsFrom = text(v)
		case "handlers_from":
			ref.HandlersFrom = text(v)
		case "public":
			ref.Public = truthy(v)
		case "allow_duplicates":
			b := truthy(v)
			ref.AllowDuplicates = &b
		case "rolespec_validate":
			ref.SkipValidation = !truthy(v)
		case "name", "role", "apply":
		default:
			d := diag.Errorf(t.ActionPos, "Invalid options for %s: %s", t.Action, key)
			if s := diag.Suggest(key, roleOptions); s != "" {
				d.Hint = "did you mean " + s + "?"
			}
			return ref, d
		}
	}
	if ref.AllowDuplicates == nil {
		yes := true
		ref.AllowDuplicates = &yes
	}
	return ref, nil
}
