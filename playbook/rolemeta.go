package playbook

import (
	"fmt"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

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
		written := ref
		ref.When = append(append([]Cond(nil), role.Block.When...), ref.When...)
		ref.Tags = append(append([]Attr(nil), role.Block.Tags...), ref.Tags...)
		for k, a := range role.Block.Attrs {
			if _, own := ref.Attrs[k]; !own && k != "name" {
				ref.Attrs[k] = a
			}
		}
		if dep := r.role(ref, parent, role, depth+1); dep != nil {
			dep.Key = roleKey(dep, written) // two roles that differ may depend on one use
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
