package inventory

import (
	"path/filepath"
	"slices"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// readYAML reads an inventory of the form group: {hosts: {}, vars: {}, children: {}}.
func (l *loader) readYAML(s string) error {
	if ext := filepath.Ext(s); ext != "" && !slices.Contains(l.v.options.YAMLExtensions, ext) {
		return errDeclined
	}
	src, err := l.readFile(s)
	if err != nil {
		return err
	}
	doc, err := readDocument(s, src)
	if err != nil {
		return err
	}
	top, ok := doc.value.(*value.Dict)
	switch {
	case doc.value == nil || ok && top.Len() == 0:
		return diag.Errorf(doc.pos(), "the YAML file is empty")
	case !ok:
		return diag.Errorf(doc.pos(), "a mapping of groups was expected, but this is a %s", kindOf(doc.value))
	}
	if plugin, has := top.Get("plugin"); has && value.Truth(plugin) {
		return diag.Errorf(doc.pos("plugin"), "this file configures an inventory plugin, which is unknown or not enabled").
			WithHint("muster knows the plugins constructed and generator")
	}
	twice := doc.duplicates(l.v.options.DuplicateKeys)
	if err := twice.Err(); err != nil {
		return twice[0]
	}
	l.found = append(l.found, twice...)
	return l.groups(doc, top)
}

// groups takes over the groups of a document.
func (l *loader) groups(doc *document, top *value.Dict) error {
	r := &yamlReader{l: l, doc: doc}
	for name, data := range top.All() {
		if _, err := r.group(name, data, nil, 0); err != nil {
			return err
		}
	}
	return nil
}

// yamlReader walks the groups of a YAML inventory; path is the keys on the way, for messages.
type yamlReader struct {
	l   *loader
	doc *document
}

// maxNesting bounds how deep groups stand within groups in one file.
const maxNesting = 100

func (r *yamlReader) group(key, data any, path []string, depth int) (*Group, error) {
	name, ok := key.(string)
	path = append(slices.Clone(path), value.KeyText(key))
	if !ok || name == "" {
		return nil, diag.Errorf(r.doc.pos(path...), "a group's name must be text, but this is a %s", kindOf(key)).
			WithHint("quote it")
	}
	if depth > maxNesting {
		return nil, diag.Errorf(r.doc.pos(path...), "groups are nested too deeply")
	}
	body, isMap := data.(*value.Dict)
	if data != nil && !isMap {
		r.warn(path, "Skipping '%s' as this is not a valid group definition", name)
		return r.l.v.groups[name], nil
	}
	g := r.l.v.addGroup(name)
	sections, err := r.sections(body, path)
	if err != nil {
		return nil, err
	}
	for _, key := range body.Keys() {
		section := value.KeyText(key)
		content, isMap := sections[section]
		switch {
		case !isMap:
			r.warn(append(path, section), "Skipping key (%s) in group (%s) as it is not a mapping", section, name)
		case content == nil:
		default:
			if err := r.section(g, section, content, append(path, section), depth); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// sections returns the mappings of a group's body; a text counts as a mapping with that one key, an empty key as nil.
func (r *yamlReader) sections(body *value.Dict, path []string) (map[string]*value.Dict, error) {
	out := map[string]*value.Dict{}
	for key, content := range body.All() {
		name := value.KeyText(key)
		known := name == "vars" || name == "children" || name == "hosts"
		switch c := content.(type) {
		case *value.Dict:
			out[name] = c
		case nil:
			out[name] = nil
		case string, value.Template:
			if known {
				out[name] = value.DictOf(templateText(c), nil)
			}
		default:
			if known {
				d := diag.Errorf(r.doc.pos(append(path, name)...), "%q of a group must be a mapping, but this is a %s", name, kindOf(content))
				if _, list := content.(*value.List); list {
					d = d.WithHint("write \"name:\" on a line of its own for each entry, without a dash")
				}
				return nil, d
			}
		}
	}
	return out, nil
}

func (r *yamlReader) section(g *Group, section string, content *value.Dict, path []string, depth int) error {
	switch section {
	case "vars":
		for k, x := range content.All() {
			if err := r.l.v.setGroup(g, k, x); err != nil {
				return diag.Errorf(r.doc.pos(append(path, value.KeyText(k))...), "%v", err)
			}
		}
	case "children":
		for k, x := range content.All() {
			child, err := r.group(k, x, path, depth+1)
			if err != nil {
				return err
			}
			if child == nil {
				return diag.Errorf(r.doc.pos(append(path, value.KeyText(k))...), "%q is no group", value.KeyText(k))
			}
			if _, err := r.l.v.link(g, child); err != nil {
				return diag.Errorf(r.doc.pos(append(path, value.KeyText(k))...), "%v", err)
			}
		}
	case "hosts":
		for k, x := range content.All() {
			if err := r.host(g, k, x, path); err != nil {
				return err
			}
		}
	default:
		d := warning(r.doc.pos(path...), `Skipping unexpected key (%s) in group (%s), only "vars", "children" and "hosts" are valid`, section, g.Name)
		if s := diag.Suggest(section, []string{"vars", "children", "hosts"}); s != "" {
			d.Hint = "did you mean " + s + "?"
		}
		r.l.found.Add(d)
	}
	return nil
}

func (r *yamlReader) host(g *Group, key, data any, path []string) error {
	at := func() diag.Pos { return r.doc.pos(append(path, value.KeyText(key))...) }
	pattern, ok := key.(string)
	if !ok || pattern == "" {
		return diag.Errorf(at(), "a host's name must be text, but this is a %s", kindOf(key)).WithHint("quote it")
	}
	vars, ok := data.(*value.Dict)
	if !ok && value.Truth(data) {
		return diag.Errorf(at(), "the variables of host %q must be a mapping, but this is a %s", pattern, kindOf(data))
	}
	names, port, err := expandHosts(pattern)
	if err != nil {
		return diag.Errorf(at(), "%v", err)
	}
	if err := r.l.v.populate(g, names, port, vars); err != nil {
		return diag.Errorf(at(), "%v", err)
	}
	return nil
}

func (r *yamlReader) warn(path []string, format string, args ...any) {
	r.l.found.Add(warning(r.doc.pos(path...), format, args...))
}

// kindOf names the kind of a value for messages.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case *value.Dict:
		return "mapping"
	case *value.List, *value.Tuple:
		return "list"
	case bool:
		return "truth value"
	case string, value.Template:
		return "text"
	case value.Vault:
		return "vault"
	default:
		return "number"
	}
}
