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
	Name            string // as written; namespace.collection.name in a collection, however it was written
	Collection      string // namespace.collection that it belongs to; "" outside of collections
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
	found, searched := r.FindRole(ref, parent, by)
	path := found.Path
	if path == "" {
		r.errorf(namedAt(ref), "the role '%s' was not found in %s", ref.Name, strings.Join(searched, ":"))
		return nil
	}
	role := &Role{Name: found.Name, Collection: found.Collection, Path: path, Pos: ref.Pos, Params: ref.Params, Public: ref.Public}
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
	fmt.Fprintf(&b, "%s|%s|%s|%s|%s|%v", role.Path, ref.TasksFrom, ref.VarsFrom, ref.DefaultsFrom, ref.HandlersFrom, ref.AllowDuplicates != nil)
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

// Flatten returns the roles that a role depends on, in the order in which they run, and the role itself last.
func (role *Role) Flatten() []*Role {
	var all []*Role
	for _, d := range role.Dependencies {
		all = append(all, d.Flatten()...)
	}
	return append(all, role)
}
