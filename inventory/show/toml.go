package show

import (
	"bytes"
	"fmt"

	"github.com/BurntSushi/toml"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
)

// tomlGroups builds the form of TOML inventories: a table for each group, with the names of its children.
func (p printer) tomlGroups() *value.Dict {
	out := value.NewDict()
	p.tomlGroup(out, map[*inventory.Host]bool{}, p.inv.Group(groupAll))
	return out
}

func (p printer) tomlGroup(out *value.Dict, seen map[*inventory.Host]bool, g *inventory.Group) {
	entry := value.NewDict()
	children := &value.List{}
	for _, c := range g.Children() {
		if c.Name == "ungrouped" && len(c.DirectHosts()) == 0 {
			continue
		}
		children.Items = append(children.Items, c.Name)
		p.tomlGroup(out, seen, c)
	}
	if g.Name != groupAll && len(children.Items) > 0 {
		entry.Set("children", children)
	}
	hosts := value.NewDict()
	for _, h := range g.DirectHosts() {
		if g.Name == groupAll {
			break
		}
		vars := value.NewDict()
		if !seen[h] {
			seen[h] = true
			vars = p.hostVars(h)
		}
		hosts.Set(h.Name, vars)
	}
	if hosts.Len() > 0 {
		entry.Set("hosts", hosts)
	}
	if p.o.Export {
		if vars := p.groupVars(g); vars.Len() > 0 {
			entry.Set("vars", vars)
		}
	}
	if entry.Len() > 0 {
		out.Set(g.Name, entry)
	}
}

// writeTOML writes tables, their keys sorted. TOML has neither null nor keys that are no text.
func writeTOML(d *value.Dict) (string, error) {
	if err := forTOML(d); err != nil {
		return "", err
	}
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(value.ToGo(forJSON(d))); err != nil {
		return "", fmt.Errorf("The source inventory contains a value that cannot be represented in TOML: %w", err) //nolint:staticcheck // Ansible's words
	}
	return b.String(), nil
}

// forTOML reports what TOML cannot represent.
func forTOML(v any) error {
	switch x := v.(type) {
	case nil:
		return fmt.Errorf("The source inventory contains a value that cannot be represented in TOML: null") //nolint:staticcheck // Ansible's words
	case *value.Dict:
		for k, item := range x.All() {
			if _, ok := k.(string); !ok {
				return fmt.Errorf("The source inventory contains a non-string key (%s) which cannot be represented in TOML. The specified key will need to be converted to a string. Be aware that if your playbooks expect this key to be non-string, your playbooks will need to be modified to support this change.", value.KeyText(k)) //nolint:staticcheck,revive // Ansible's words
			}
			if err := forTOML(item); err != nil {
				return err
			}
		}
	case *value.List:
		for _, item := range x.Items {
			if err := forTOML(item); err != nil {
				return err
			}
		}
	}
	return nil
}
