// Package show prints an inventory as ansible-inventory does: --list and --host as JSON or YAML, and --graph.
package show

import (
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/inventory/show/yamlout"
)

// Options are the flags of ansible-inventory.
type Options struct {
	Export      bool        // --export: variables stay with the groups that define them
	YAML        bool        // --yaml: instead of JSON
	TOML        bool        // --toml: instead of JSON
	Vars        bool        // --vars: show variables in the graph
	PlaybookDir string      // --playbook-dir, absolute; "" when it was not given
	Dir         string      // the working folder: its group_vars and host_vars count when no --playbook-dir was given
	Extra       *value.Dict // --extra-vars
	// Decrypt opens vaults for the graph, which shows variables as text; nil shows them encrypted.
	Decrypt func(text string) (string, error)
}

// internalVars are made by the engine and not shown.
func internalVars() []string {
	return []string{"ansible_diff_mode", "ansible_config_file", "ansible_facts", "ansible_forks", "ansible_inventory_sources",
		"ansible_limit", "ansible_playbook_python", "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity",
		"ansible_version", "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short", "groups",
		"group_names", "omit", "playbook_dir"}
}

// printer walks one inventory.
type printer struct {
	inv *inventory.Inventory
	o   Options
}

// hostVars returns what is shown of a host: everything that applies to it, or only its own when exporting.
func (p printer) hostVars(h *inventory.Host) *value.Dict {
	if p.o.Export {
		return public(p.inv.HostVars(h, p.o.PlaybookDir))
	}
	dir := p.o.PlaybookDir
	if dir == "" {
		dir = p.o.Dir
	}
	d := p.inv.Vars(h, dir)
	for k, v := range p.o.Extra.All() {
		d.Set(k, v)
	}
	return public(d)
}

func (p printer) groupVars(g *inventory.Group) *value.Dict {
	d := p.inv.GroupVars(g, p.o.PlaybookDir)
	if n := g.Priority(); n != 1 {
		d.Set("ansible_group_priority", n)
	}
	return public(d)
}

func public(d *value.Dict) *value.Dict {
	for _, name := range internalVars() {
		d.Delete(name)
	}
	return d
}

// readable returns an error when files of variables that are shown cannot be read: of hosts, and of groups where those
// show their own.
func (p printer) readable(hosts []*inventory.Host, groups bool) error {
	dir := p.o.PlaybookDir
	if dir == "" && !p.o.Export {
		dir = p.o.Dir
	}
	if err := p.inv.Check(hosts, dir).Err(); err != nil {
		return err
	}
	if !groups {
		return nil
	}
	return p.inv.CheckGroups(p.o.PlaybookDir).Err()
}

// List prints all groups and hosts.
func List(inv *inventory.Inventory, o Options) (string, error) {
	p := printer{inv, o}
	if err := p.readable(inv.Hosts(), o.Export); err != nil {
		return "", err
	}
	switch {
	case o.YAML:
		return p.write(p.yamlGroups())
	case o.TOML:
		return p.write(p.tomlGroups())
	}
	return p.write(p.jsonGroups())
}

// Host prints the variables of one host.
func Host(inv *inventory.Inventory, h *inventory.Host, o Options) (string, error) {
	p := printer{inv, o}
	if err := p.readable([]*inventory.Host{h}, false); err != nil {
		return "", err
	}
	return p.write(p.hostVars(h))
}

// Graph prints the tree of groups and hosts below a group.
func Graph(inv *inventory.Inventory, group string, o Options) (string, error) {
	g := inv.Group(group)
	if g == nil {
		return "", errors.New("Pattern must be valid group name when using --graph")
	}
	p := printer{inv, o}
	if o.Vars {
		if err := p.readable(g.Hosts(), true); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	p.graph(&b, g, 0)
	return b.String(), nil
}

func (p printer) write(d *value.Dict) (string, error) {
	if p.o.TOML {
		return writeTOML(d)
	}
	if p.o.YAML {
		return yamlout.Dump(d, yamlout.Options{SortKeys: true})
	}
	indent := 4
	o := value.JSONOptions{Indent: &indent, SortKeys: true, KeepUnicode: true}
	plain := forJSON(d)
	text, err := value.JSON(plain, o)
	if err != nil {
		o.SortKeys = false
		text, err = value.JSON(plain, o)
	}
	if err != nil {
		return "", fmt.Errorf("the inventory cannot be written as JSON: %w", err)
	}
	return text + "\n", nil
}

// forJSON replaces what JSON has no form for: vaults, and text that must never become a template.
func forJSON(v any) any {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, forJSON(item))
		}
		return out
	case *value.List:
		return &value.List{Items: eachForJSON(x.Items)}
	case *value.Tuple:
		return &value.List{Items: eachForJSON(x.Items)}
	case value.Template:
		return x.Src
	case value.Vault:
		return value.DictOf("__ansible_vault", x.Ciphertext)
	case string:
		if yaml11.HasMarkers(x) {
			return value.DictOf("__ansible_unsafe", x)
		}
	}
	return v
}

func eachForJSON(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = forJSON(item)
	}
	return out
}
