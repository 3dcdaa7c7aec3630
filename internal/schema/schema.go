// Package schema makes the JSON schemas (draft 2020-12) of playbooks, lists of tasks and inventories, for editors: from the
// language's keywords and the modules' own declarations, so that a typo in either is marked while it is typed.
package schema

import (
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

type object = map[string]any

// Kinds are the schemas by name.
func Kinds() []string { return []string{"playbook", "tasks", "inventory", "config"} }

// Playbook is the schema of playbooks. list are all modules and actions.
func Playbook(list []modules.Module) map[string]any {
	s := top("muster playbook", "Plays that muster runs.", defs(list))
	s["type"], s["items"] = "array", ref("play")
	return s
}

// Tasks is the schema of files of tasks and handlers.
func Tasks(list []modules.Module) map[string]any {
	s := top("muster tasks", "Tasks or handlers of a role or an include.", defs(list))
	s["type"], s["items"] = []any{"array", "null"}, ref("entry")
	return s
}

// Inventory is the schema of inventories in YAML.
func Inventory() map[string]any {
	vars := object{"type": []any{"object", "null"}, "description": "Variables."}
	s := top("muster inventory", "Groups of hosts.", object{
		"group": object{
			"type": []any{"object", "null"}, "additionalProperties": false,
			"properties": object{
				"hosts": object{"type": []any{"object", "string", "null"}, "description": "Hosts by name, each with its variables; a name may be a range such as web[1:9].",
					"additionalProperties": vars},
				"vars":     vars,
				"children": object{"type": []any{"object", "string", "null"}, "description": "Groups within the group.", "additionalProperties": ref("group")},
			},
		},
	})
	s["type"], s["additionalProperties"] = "object", ref("group")
	return s
}

func top(title, description string, defs object) object {
	return object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": description, "$defs": defs}
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// defs are what playbooks and lists of tasks share.
func defs(list []modules.Module) object {
	play, role, block, task, handler := playbook.KeywordsByPlace()
	d := object{}
	actions := object{}
	for _, m := range list {
		name := m.Info().Name
		if name == "import_playbook" {
			continue
		}
		d["module_"+name] = modules.JSONSchema(m)
		argument := object{"description": m.Info().Summary, "anyOf": []any{object{"type": []any{"string", "null"}}, ref("module_" + name)}}
		if freeForm(m) { // a list, as meta and include_vars have it, stands for itself
			argument = object{"description": m.Info().Summary}
		}
		for _, n := range append([]string{name}, m.Info().Aliases...) {
			actions[n] = argument
			if !strings.Contains(n, ".") {
				actions["ansible.builtin."+n], actions["ansible.legacy."+n] = argument, argument
			}
		}
	}
	d["play"] = object{"if": object{"required": []any{"hosts"}}, "then": closed(keywordProperties(play), "hosts"), "else": ref("import")}
	d["import"] = importSchema()
	d["role"] = object{"anyOf": []any{object{"type": "string"}, object{ // other keys are parameters of the role
		"type": "object", "properties": merge(keywordProperties(role), object{"role": text("The role's name.")}),
		"anyOf": []any{object{"required": []any{"role"}}, object{"required": []any{"name"}}},
	}}}
	d["entry"] = object{"if": object{"required": []any{"block"}}, "then": closed(keywordProperties(block), "block"), "else": taskSchema(task, actions)}
	d["handler"] = object{"if": object{"required": []any{"block"}}, "then": closed(keywordProperties(block), "block"), "else": taskSchema(handler, actions)}
	return d
}

// freeForm reports whether a module takes what is no mapping and no text of its own parameters.
func freeForm(m modules.Module) bool {
	switch m.Info().Name {
	case "set_fact", "include_vars", "meta", "include_role", "import_role", "add_host":
		return true
	}
	return false
}

func importSchema() object {
	s := object{"type": "string", "description": "Another playbook, whose plays stand here."}
	props := object{"import_playbook": s, "ansible.builtin.import_playbook": s, "ansible.legacy.import_playbook": s, "name": true, "vars": true, "when": true, "tags": true}
	return object{"type": "object", "properties": props, "additionalProperties": false, "minProperties": 1,
		"anyOf": []any{object{"required": []any{"import_playbook"}}, object{"required": []any{"ansible.builtin.import_playbook"}}, object{"required": []any{"ansible.legacy.import_playbook"}}}}
}

// taskSchema is a task: keywords, one action of muster, or one of a collection that muster does not know.
func taskSchema(words []string, actions object) object {
	s := closed(merge(keywordProperties(words), actions))
	s["patternProperties"] = object{
		`^with_[a-z_.]+$`:                       object{"description": "A loop over a lookup."},
		`^[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_.]+$`: object{},
	}
	return s
}

func closed(properties object, required ...any) object {
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func merge(a, b object) object {
	out := object{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}
