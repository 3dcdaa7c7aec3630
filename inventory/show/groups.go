package show

import (
	"fmt"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
)

const groupAll = "all"

// jsonGroups builds the form of inventory scripts: one entry for each group, and _meta with the variables of all hosts.
func (p printer) jsonGroups() *value.Dict {
	out := value.NewDict()
	p.jsonGroup(out, map[*inventory.Group]bool{}, p.inv.Group(groupAll))
	vars := value.NewDict()
	for _, h := range p.inv.Hosts() {
		if d := p.hostVars(h); d.Len() > 0 {
			vars.Set(h.Name, d)
		}
	}
	out.Set("_meta", value.DictOf("hostvars", vars))
	return out
}

func (p printer) jsonGroup(out *value.Dict, seen map[*inventory.Group]bool, g *inventory.Group) {
	entry := value.NewDict()
	out.Set(g.Name, entry)
	if hosts := g.DirectHosts(); g.Name != groupAll && len(hosts) > 0 {
		names := &value.List{}
		for _, h := range hosts {
			names.Items = append(names.Items, value.Template{Src: h.Name}) // a name is never marked as unsafe
		}
		entry.Set("hosts", names)
	}
	children := &value.List{}
	for _, c := range g.Children() {
		children.Items = append(children.Items, value.Template{Src: c.Name})
		if !seen[c] {
			seen[c] = true
			p.jsonGroup(out, seen, c)
		}
	}
	if len(children.Items) > 0 {
		entry.Set("children", children)
	}
	if p.o.Export {
		if vars := p.groupVars(g); vars.Len() > 0 {
			entry.Set("vars", vars)
		}
	}
	if entry.Len() == 0 {
		out.Delete(g.Name)
	}
}

// yamlGroups builds the form of YAML inventories: groups within groups; the variables of a host stand where it comes first.
func (p printer) yamlGroups() *value.Dict {
	out := value.NewDict()
	p.yamlGroup(out, map[*inventory.Host]bool{}, p.inv.Group(groupAll))
	return out
}

func (p printer) yamlGroup(out *value.Dict, seen map[*inventory.Host]bool, g *inventory.Group) {
	entry := value.NewDict()
	children := value.NewDict()
	for _, c := range g.Children() {
		p.yamlGroup(children, seen, c)
	}
	if children.Len() > 0 {
		entry.Set("children", children)
	}
	hosts := value.NewDict()
	if g.Name != groupAll {
		for _, h := range g.DirectHosts() {
			vars := value.NewDict()
			if !seen[h] {
				seen[h] = true
				vars = p.hostVars(h)
			}
			hosts.Set(h.Name, vars)
		}
	}
	if hosts.Len() > 0 {
		entry.Set("hosts", hosts)
	}
	if p.o.Export {
		if vars := p.groupVars(g); vars.Len() > 0 {
			entry.Set("vars", vars)
		}
	}
	out.Set(g.Name, entry)
}

// graph writes a group, the groups below it, its hosts and, when asked for, variables.
func (p printer) graph(b *strings.Builder, g *inventory.Group, depth int) {
	line(b, "@"+g.Name+":", depth)
	for _, c := range g.Children() {
		p.graph(b, c, depth+1)
	}
	if g.Name != groupAll {
		for _, h := range g.DirectHosts() {
			line(b, h.Name, depth+1)
			if p.o.Vars {
				p.graphVars(b, p.hostVars(h), depth+2)
			}
		}
	}
	if p.o.Vars {
		p.graphVars(b, p.groupVars(g), depth+1)
	}
}

func (p printer) graphVars(b *strings.Builder, vars *value.Dict, depth int) {
	keys := append([]any{}, vars.Keys()...)
	sort.SliceStable(keys, func(i, j int) bool { return value.KeyText(keys[i]) < value.KeyText(keys[j]) })
	for _, k := range keys {
		v, _ := vars.Get(k)
		line(b, fmt.Sprintf("{%s = %s}", value.Str(k), p.shown(v)), depth)
	}
}

// shown writes a value as Python prints it.
func (p printer) shown(v any) string {
	switch x := v.(type) {
	case value.Template:
		return x.Src
	case value.Vault:
		if p.o.Decrypt != nil {
			if plain, err := p.o.Decrypt(x.Ciphertext); err == nil {
				return plain
			}
		}
		return x.Ciphertext
	default:
		return value.Str(v)
	}
}

func line(b *strings.Builder, text string, depth int) {
	if depth > 0 {
		text = strings.Repeat("  |", depth) + "--" + text
	}
	b.WriteString(text + "\n")
}
