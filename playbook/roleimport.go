package playbook

import (
	"path/filepath"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

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
	ref, bad := RoleRefOf(t, name, r.importOptions(t))
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

// importOptions are the parameters of import_role; templates in them are rendered with what is known before the run.
func (r *reader) importOptions(t *Task) *value.Dict {
	args := t.Args.Clone()
	for _, key := range roleOptions[2:] { // its name was rendered before
		text, ok := mustGet(args, key).(value.Template)
		if !ok || r.o.Render == nil {
			continue
		}
		v, err := r.o.Render(text, overlay(staticVars(t.Parent), t.Vars))
		if err != nil {
			r.errorf(text.Pos, "%s of an import_role cannot be rendered: %v", key, err).
				Hint = "imports are read before the run and know extra vars and play vars only; use include_role for the rest"
			continue
		}
		args.Set(key, v)
	}
	return args
}
