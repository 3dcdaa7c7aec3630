package modules

// JSONSchema describes a module's arguments as a JSON schema (draft 2020-12). Text is accepted wherever the module
// converts it, and so is a template, which editors cannot look into.
func JSONSchema(m Module) map[string]any {
	schema := objectSchema(m.Params())
	info := m.Info()
	schema["title"], schema["description"] = info.Name, info.Summary
	var all []any
	rules := rulesOf(m)
	for _, g := range rules.Exclusive {
		for i := range g {
			for j := i + 1; j < len(g); j++ {
				all = append(all, map[string]any{"not": map[string]any{"required": []any{g[i], g[j]}}})
			}
		}
	}
	for _, g := range rules.OneOf {
		var some []any
		for _, name := range g {
			some = append(some, map[string]any{"required": []any{name}})
		}
		all = append(all, map[string]any{"anyOf": some})
	}
	if len(all) > 0 {
		schema["allOf"] = all
	}
	return schema
}

// Schema describes the arguments of all modules: under $defs, by their names.
func (r *Registry) Schema() map[string]any {
	defs := map[string]any{}
	for _, m := range r.All() {
		defs[m.Info().Name] = JSONSchema(m)
	}
	return map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": defs}
}

// Docs writes the documentation pages of all modules, by their names.
func (r *Registry) Docs() map[string]string {
	out := map[string]string{}
	for _, m := range r.All() {
		out[m.Info().Name] = Markdown(m)
	}
	return out
}

func objectSchema(params []Param) map[string]any {
	properties := map[string]any{}
	required := []any{}
	for _, p := range params {
		s := paramSchema(p)
		properties[p.Name] = s
		for _, a := range p.Aliases {
			properties[a] = s
		}
		if p.Required && len(p.Aliases) == 0 {
			required = append(required, p.Name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func paramSchema(p Param) map[string]any {
	s := map[string]any{"description": p.Doc}
	if p.Default != nil {
		s["default"] = p.Default
	}
	kinds := schemaTypes(p.Type)
	if len(kinds) > 0 {
		s["type"] = kinds
	}
	switch {
	case p.Type == "list" && p.Elements == "dict" && p.Options != nil:
		s["items"] = objectSchema(p.Options)
	case p.Type == "list" && p.Elements != "" && p.Elements != "raw": // anything is raw
		s["items"] = map[string]any{"type": schemaTypes(p.Elements)}
	case p.Type == "dict" && p.Options != nil:
		inner := objectSchema(p.Options)
		s["properties"] = inner["properties"]
	}
	if len(p.Choices) > 0 && p.Type != "list" {
		choices := make([]any, 0, len(p.Choices)+1)
		for _, c := range p.Choices {
			choices = append(choices, c)
		}
		s["examples"] = choices
	}
	return s
}

// schemaTypes are the kinds of JSON that a parameter type accepts.
func schemaTypes(kind string) []any {
	switch kind {
	case "bool":
		return []any{"boolean", "string", "null"}
	case "int":
		return []any{"integer", "string", "null"}
	case "float":
		return []any{"number", "string", "null"}
	case "list":
		return []any{"array", "string", "null"}
	case "dict":
		return []any{"object", "string", "null"}
	case "str", "path", "bytes":
		return []any{"string", "number", "boolean", "null"}
	case "mode":
		return []any{"string", "integer", "null"}
	default:
		return nil
	}
}
