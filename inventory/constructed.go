package inventory

import (
	"errors"
	"slices"

	"github.com/musterhq/muster/internal/value"
)

// constructed sets variables (compose) and makes groups (groups, keyed_groups) for the hosts read so far, from
// expressions over their variables.
func (l *loader) constructed(doc *document, config *value.Dict) error {
	c := &constructor{l: l, doc: doc, config: config}
	c.vars, _ = get[*value.Dict](config, "compose")
	c.groups, _ = get[*value.Dict](config, "groups")
	c.keyed, _ = get[*value.List](config, "keyed_groups")
	for _, h := range slices.Clone(l.v.hostOrder) {
		if err := c.compose(h, c.known(h)); err != nil {
			return err
		}
		vars := c.known(h)
		if err := c.conditional(h, vars); err != nil {
			return err
		}
		if err := c.byKey(h, vars); err != nil {
			return err
		}
	}
	return nil
}

type constructor struct {
	l            *loader
	doc          *document
	config       *value.Dict
	vars, groups *value.Dict
	keyed        *value.List
}

// known returns what is known of a host while sources are still read.
func (c *constructor) known(h *Host) *value.Dict {
	v := c.l.v
	v.forget()
	groups := v.setOf(h).ordered
	if all := v.groups[groupAll]; isBelow(h, all) {
		groups = append([]*Group{all}, groups...)
	}
	var layers []*value.Dict
	for _, g := range groups {
		layers = append(layers, g.vars)
	}
	files := flag(c.config, "use_vars_plugins", false)
	if files {
		layers = append(layers, v.groupFiles(v.bases, groups)...)
	}
	layers = append(layers, h.source, h.vars, v.magicOf(h))
	if files {
		for _, base := range v.bases {
			layers = append(layers, dicts(v.files.of(base, hostVars, h.Name))...)
		}
	}
	return v.flatten(layers)
}

// isBelow reports whether sources say that a host is in the group. All groups are below all only when every source is
// read.
func isBelow(h *Host, g *Group) bool {
	for _, d := range h.direct {
		if d == g || ancestors(d)[g] {
			return true
		}
	}
	return false
}

func (c *constructor) expression(expr any, vars *value.Dict) (any, error) {
	return c.l.evaluate(c.doc, "{{"+templateText(expr)+"}}", vars)
}

func (c *constructor) compose(h *Host, vars *value.Dict) error {
	for name, expr := range c.vars.All() {
		x, err := c.expression(expr, vars)
		if err != nil {
			if err := strictly(c.config, err, "could not set %s for host %s", value.KeyText(name), h.Name); err != nil {
				return err
			}
			continue
		}
		if err := c.l.v.setHost(h, name, x); err != nil {
			return err
		}
	}
	return nil
}

func (c *constructor) conditional(h *Host, vars *value.Dict) error {
	for key, condition := range c.groups.All() {
		name := forcedName(value.KeyText(key))
		x, err := c.l.evaluate(c.doc, "{% if "+templateText(condition)+" %}True{% else %}False{% endif %}", vars)
		if err != nil {
			if err := strictly(c.config, err, "could not add host %s to group %s", h.Name, name); err != nil {
				return err
			}
			continue
		}
		if value.Str(x) == "True" {
			c.l.v.addGroup(name).join(h)
		}
	}
	return nil
}

func (c *constructor) byKey(h *Host, vars *value.Dict) error {
	if c.keyed == nil {
		return nil
	}
	for _, item := range c.keyed.Items {
		entry, ok := item.(*value.Dict)
		if !ok || entry.Len() == 0 {
			return errors.New("an entry of keyed_groups must be a mapping")
		}
		if err := c.keyedGroup(h, entry, vars); err != nil {
			return err
		}
	}
	return nil
}

func (c *constructor) keyedGroup(h *Host, entry, vars *value.Dict) error {
	expr, _ := entry.Get("key")
	key, err := c.expression(expr, vars)
	if err != nil {
		return strictly(c.config, err, "could not make a group for host %s from %s", h.Name, templateText(expr))
	}
	_, hasDefault := get[string](entry, "default_value")
	if trailing, ok := entry.Get("trailing_separator"); ok && trailing != nil && hasDefault {
		return errors.New("a keyed group may have default_value or trailing_separator, not both")
	}
	if !value.Truth(key) && !(key == "" && hasDefault) {
		empty := errors.New("the key is empty")
		switch key.(type) {
		case *value.List, *value.Dict:
			return nil
		}
		return strictly(c.config, empty, "no group for host %s from %s", h.Name, templateText(expr))
	}
	parent, err := c.parent(entry, vars)
	if err != nil {
		return strictly(c.config, err, "could not make the parent group for host %s", h.Name)
	}
	names, err := keyNames(key, entry)
	if err != nil {
		return err
	}
	return c.joinAll(h, names, parent, entry)
}

func (c *constructor) parent(entry, vars *value.Dict) (string, error) {
	x, ok := entry.Get("parent_group")
	if !ok || !value.Truth(x) {
		return "", nil
	}
	if t, ok := x.(value.Template); ok {
		var err error
		if x, err = c.l.evaluate(c.doc, t.Src, vars); err != nil {
			return "", err
		}
	}
	if !value.Truth(x) {
		return "", nil
	}
	return value.Str(x), nil
}

func (c *constructor) joinAll(h *Host, names []string, parent string, entry *value.Dict) error {
	v := c.l.v
	prefix, separator := text(entry, "prefix", ""), text(entry, "separator", "_")
	if prefix == "" && !flag(c.config, "leading_separator", true) {
		separator = ""
	}
	for _, name := range names {
		full := forcedName(prefix + separator + name)
		if full == "" {
			return errors.New("a keyed group's name is empty")
		}
		g := v.addGroup(full)
		g.join(h)
		if parent != "" {
			if _, err := v.link(v.addGroup(forcedName(parent)), g); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyNames returns the names that a key stands for: a text, each item of a list, or key and value of a mapping.
func keyNames(key any, entry *value.Dict) ([]string, error) {
	initial := text(entry, "default_value", "")
	orDefault := func(x any) string {
		if x == "" {
			return initial
		}
		return value.Str(x)
	}
	switch k := key.(type) {
	case string:
		return []string{orDefault(k)}, nil
	case *value.List:
		var names []string
		for _, item := range k.Items {
			names = append(names, orDefault(item))
		}
		return names, nil
	case *value.Dict:
		var names []string
		separator := text(entry, "separator", "_")
		for name, x := range k.All() {
			bare := value.Str(name) + separator + orDefault(x)
			if x == "" && initial == "" && !flag(entry, "trailing_separator", true) {
				bare = value.Str(name)
			}
			names = append(names, bare)
		}
		return names, nil
	}
	return nil, errors.New("the key of a keyed group must be text, a list or a mapping, but this is a " + kindOf(key))
}

func text(d *value.Dict, key, initial string) string {
	x, ok := d.Get(key)
	if !ok || x == nil {
		return initial
	}
	return templateText(x)
}

// forcedName replaces what variables' names cannot have, whatever the options say.
func forcedName(name string) string {
	o := Options{TransformGroupNames: "silently"}
	return o.safeGroupName(name)
}
