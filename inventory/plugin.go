package inventory

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Evaluator renders a template, without lookups, with the given variables and returns its native value.
type Evaluator func(template string, vars *value.Dict) (any, error)

// readPlugin reads a YAML file that says plugin: constructed or plugin: generator.
func (l *loader) readPlugin(s string) error {
	if ext := filepath.Ext(s); ext != ".yml" && ext != ".yaml" {
		return errDeclined
	}
	doc, config, err := l.pluginConfig(s)
	if err != nil {
		return err
	}
	switch name := pluginName(config); name {
	case "constructed":
		return l.constructed(doc, config)
	case "generator":
		return l.generator(doc, config)
	case "":
		return errDeclined
	default:
		return diag.Errorf(doc.pos("plugin"), "the inventory plugin %q is unknown", name).
			WithHint("muster knows constructed and generator; others can be run as scripts: ansible-inventory -i %s --list", filepath.Base(s))
	}
}

// pluginConfig reads the file; the mapping is nil when the file is something else.
func (l *loader) pluginConfig(s string) (*document, *value.Dict, error) {
	src, err := l.readFile(s)
	if err != nil {
		return nil, nil, err
	}
	doc, err := readDocument(s, src)
	if err != nil {
		return nil, nil, err
	}
	config, _ := doc.value.(*value.Dict)
	return doc, config, nil
}

func pluginName(config *value.Dict) string {
	x, _ := config.Get("plugin")
	name, _ := x.(string)
	return strings.TrimPrefix(name, "ansible.builtin.")
}

// readConstructed and readGenerator read files with other extensions when their plugin is enabled by name.
func (l *loader) readConstructed(s string) error { return l.named(s, "constructed", l.constructed) }

func (l *loader) readGenerator(s string) error { return l.named(s, "generator", l.generator) }

func (l *loader) named(s, plugin string, read func(*document, *value.Dict) error) error {
	if ext := filepath.Ext(s); !slices.Contains([]string{"", ".config", ".yml", ".yaml", ".json"}, ext) {
		return errDeclined
	}
	doc, config, err := l.pluginConfig(s)
	if err != nil {
		return err
	}
	if pluginName(config) != plugin {
		return errDeclined
	}
	return read(doc, config)
}

// source returns the text of a value that is an expression or a template.
func templateText(v any) string {
	if t, ok := v.(value.Template); ok {
		return t.Src
	}
	return value.Str(v)
}

func (l *loader) evaluate(doc *document, template string, vars *value.Dict) (any, error) {
	if l.v.options.Evaluate == nil {
		return nil, diag.Errorf(doc.pos("plugin"), "this command cannot evaluate the templates of inventory plugins")
	}
	return l.v.options.Evaluate(template, vars)
}

// generator makes a host, and groups above it, for each combination of the values of its layers.
func (l *loader) generator(doc *document, config *value.Dict) error {
	layers, ok := get[*value.Dict](config, "layers")
	hosts, both := get[*value.Dict](config, "hosts")
	if !ok || !both {
		return diag.Errorf(doc.pos("plugin"), "the generator plugin needs the mappings layers and hosts")
	}
	nameTemplate, ok := hosts.Get("name")
	if !ok {
		return diag.Errorf(doc.pos("hosts"), "the generator's hosts need a name")
	}
	combos := []*value.Dict{value.NewDict()}
	for layer, values := range layers.All() {
		list, ok := values.(*value.List)
		if !ok {
			return diag.Errorf(doc.pos("layers", value.KeyText(layer)), "a layer must be a list, but this is a %s", kindOf(values))
		}
		var next []*value.Dict
		for _, c := range combos {
			for _, x := range list.Items {
				d := c.Clone()
				d.Set(layer, x)
				next = append(next, d)
			}
		}
		if combos = next; len(combos) > maxRange {
			return diag.Errorf(doc.pos("layers"), "the layers combine to more than %d hosts", maxRange)
		}
	}
	parents, _ := hosts.Get("parents")
	for _, vars := range combos {
		name, err := l.evaluate(doc, templateText(nameTemplate), vars)
		if err != nil {
			return diag.Errorf(doc.pos("hosts", "name"), "%v", err)
		}
		h := l.v.addHost(value.Str(name), 0)
		join := func(g *Group) error { g.join(h); return nil }
		if err := l.generateParents(doc, parents, vars, join, 0); err != nil {
			return err
		}
	}
	return nil
}

// generateParents makes the groups above a host or group; join puts it below one of them.
func (l *loader) generateParents(doc *document, parents any, vars *value.Dict, join func(*Group) error, depth int) error {
	list, ok := parents.(*value.List)
	if parents == nil {
		return nil
	}
	if !ok || depth > maxNesting {
		return diag.Errorf(doc.pos("hosts", "parents"), "parents must be a list of mappings with a name")
	}
	for _, item := range list.Items {
		parent, _ := item.(*value.Dict)
		template, ok := parent.Get("name")
		if !ok {
			return diag.Errorf(doc.pos("hosts", "parents"), "a parent has no name")
		}
		name, err := l.evaluate(doc, templateText(template), vars)
		if err != nil {
			return diag.Errorf(doc.pos("hosts", "parents"), "%v", err)
		}
		g := l.v.addGroup(value.Str(name))
		if err := l.generateVars(doc, g, parent, vars); err != nil {
			return err
		}
		if err := join(g); err != nil {
			return diag.Errorf(doc.pos("hosts", "parents"), "%v", err)
		}
		above, _ := parent.Get("parents")
		link := func(p *Group) error { _, err := l.v.link(p, g); return err }
		if err := l.generateParents(doc, above, vars, link, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) generateVars(doc *document, g *Group, parent, vars *value.Dict) error {
	own, _ := get[*value.Dict](parent, "vars")
	for k, template := range own.All() {
		x := template
		if t, ok := template.(value.Template); ok {
			var err error
			if x, err = l.evaluate(doc, t.Src, vars); err != nil {
				return diag.Errorf(t.Pos, "%v", err)
			}
		}
		if err := l.v.setGroup(g, k, x); err != nil {
			return err
		}
	}
	return nil
}

// get returns an entry of a mapping if it has the type.
func get[T any](d *value.Dict, key string) (T, bool) {
	x, _ := d.Get(key)
	t, ok := x.(T)
	return t, ok
}

func flag(config *value.Dict, key string, initial bool) bool {
	x, ok := config.Get(key)
	if !ok || x == nil {
		return initial
	}
	return value.Truth(x)
}

// strictly returns err if the plugin's file says strict, and nothing otherwise.
func strictly(config *value.Dict, err error, format string, args ...any) error {
	if err == nil || !flag(config, "strict", false) {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
