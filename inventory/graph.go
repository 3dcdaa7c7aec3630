package inventory

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"

	"github.com/musterhq/muster/internal/value"
)

// The functions here change or walk hosts and groups; the caller holds the lock.

// groupSet is what hosts with the same direct groups share.
type groupSet struct {
	key     string
	ordered []*Group // all groups but "all", lowest precedence first
	names   []string // sorted, without "all"
}

// addGroup returns the group of that name, which is made when it is new. The name may change by the rules for
// invalid characters.
func (v *Inventory) addGroup(name string) *Group {
	if g, ok := v.groups[name]; ok {
		return g
	}
	if safe := v.options.safeGroupName(name); safe != name {
		v.renamed = append(v.renamed, name)
		name = safe
	}
	if g, ok := v.groups[name]; ok {
		return g
	}
	g := &Group{Name: name, inventory: v, vars: value.NewDict(), priority: 1, members: map[*Host]bool{}}
	v.groups[name] = g
	v.groupOrder = append(v.groupOrder, g)
	return g
}

// addHost returns the host of that name; port counts only for a new one.
func (v *Inventory) addHost(name string, port int) *Host {
	if h, ok := v.hosts[name]; ok {
		return h
	}
	h := &Host{Name: name, inventory: v, vars: value.NewDict(), source: v.loading}
	if h.source == nil {
		h.source = noSource()
	}
	if port != 0 {
		h.vars.Set("ansible_port", port)
	}
	v.hosts[name] = h
	v.hostOrder = append(v.hostOrder, h)
	if isLocal(name) && v.localhost == nil {
		v.localhost = h
	}
	return h
}

func noSource() *value.Dict { return value.DictOf("inventory_file", nil, "inventory_dir", nil) }

func (v *Inventory) implicitLocalhost(name string) *Host {
	if h := v.hosts[name]; h != nil {
		return h
	}
	if v.localhost == nil {
		v.localhost = &Host{Name: name, inventory: v, implicit: true, source: value.NewDict(),
			vars: value.DictOf("ansible_python_interpreter", v.options.python(), "ansible_connection", "local")}
	}
	return v.localhost
}

func isLocal(name string) bool { return name == "localhost" || name == "127.0.0.1" || name == "::1" }

// join puts a host into a group and reports whether it was not there yet.
func (g *Group) join(h *Host) bool {
	if g.members[h] {
		return false
	}
	g.members[h] = true
	g.hosts = append(g.hosts, h)
	h.direct = append(h.direct, g)
	return true
}

// leave takes hosts out of a group.
func (g *Group) leave(gone map[*Host]bool) {
	if len(gone) == 0 {
		return
	}
	kept := make([]*Host, 0, len(g.hosts)-len(gone))
	for _, h := range g.hosts {
		if !gone[h] {
			kept = append(kept, h)
			continue
		}
		delete(g.members, h)
		h.direct = slices.DeleteFunc(slices.Clone(h.direct), func(x *Group) bool { return x == g })
	}
	g.hosts = kept
}

// link puts a group below another; it refuses circles.
func (v *Inventory) link(parent, child *Group) (bool, error) {
	if parent == child {
		return false, fmt.Errorf("group %q cannot be its own child", child.Name)
	}
	if slices.Contains(parent.children, child) {
		return false, nil
	}
	if ancestors(parent)[child] {
		return false, fmt.Errorf("group %q as a child of %q would make a circle", child.Name, parent.Name)
	}
	parent.children = append(parent.children, child)
	child.parents = append(child.parents, parent)
	deepen(child, parent.depth+1)
	return true, nil
}

// deepen keeps depth the longest way down from the top.
func deepen(g *Group, depth int) {
	if g.depth >= depth {
		return
	}
	g.depth = depth
	for _, c := range g.children {
		deepen(c, depth+1)
	}
}

func ancestors(g *Group) map[*Group]bool {
	seen := map[*Group]bool{}
	queue := slices.Clone(g.parents)
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if !seen[p] {
			seen[p] = true
			queue = append(queue, p.parents...)
		}
	}
	return seen
}

// hostsOf walks a group and the groups below it level by level. The implicit localhost is no member of all.
func (v *Inventory) hostsOf(g *Group) []*Host {
	v.cache.mu.Lock()
	defer v.cache.mu.Unlock()
	if hosts, ok := v.cache.allHosts[g]; ok {
		return hosts
	}
	var hosts []*Host
	seenGroups, seen := map[*Group]bool{g: true}, map[*Host]bool{}
	for queue := []*Group{g}; len(queue) > 0; queue = queue[1:] {
		for _, h := range queue[0].hosts {
			if !seen[h] && (g.Name != groupAll || !h.implicit) {
				seen[h] = true
				hosts = append(hosts, h)
			}
		}
		for _, c := range queue[0].children {
			if !seenGroups[c] {
				seenGroups[c] = true
				queue = append(queue, c)
			}
		}
	}
	v.cache.allHosts[g] = hosts
	return hosts
}

// setOf returns the shared group set of a host.
func (v *Inventory) setOf(h *Host) *groupSet {
	var b strings.Builder
	for _, g := range h.direct {
		b.WriteString(g.Name + "\x00")
	}
	v.cache.mu.Lock()
	defer v.cache.mu.Unlock()
	if s, ok := v.cache.sets[b.String()]; ok {
		return s
	}
	seen := map[*Group]bool{}
	for _, g := range h.direct {
		seen[g] = true
		for a := range ancestors(g) {
			seen[a] = true
		}
	}
	delete(seen, v.groups[groupAll])
	s := &groupSet{key: b.String()}
	for g := range seen {
		s.ordered = append(s.ordered, g)
		s.names = append(s.names, g.Name)
	}
	sort.Strings(s.names)
	slices.SortFunc(s.ordered, compareGroups)
	v.cache.sets[s.key] = s
	return s
}

// compareGroups orders by depth, then priority, then name: what comes later wins.
func compareGroups(a, b *Group) int {
	switch {
	case a.depth != b.depth:
		return a.depth - b.depth
	case a.priority != b.priority:
		return a.priority - b.priority
	default:
		return strings.Compare(a.Name, b.Name)
	}
}

// reconcile keeps the rules of every inventory: each group is below all, and ungrouped holds exactly the hosts that are
// in no other group, be it through groups above ungrouped.
func (v *Inventory) reconcile() error {
	all, ungrouped := v.groups[groupAll], v.groups[groupUngrouped]
	for _, g := range v.groupOrder {
		if g != all && len(g.parents) == 0 {
			if _, err := v.link(all, g); err != nil {
				return err
			}
		}
	}
	v.forget()
	gone := map[*Host]bool{}
	for _, h := range v.hostOrder {
		others := slices.ContainsFunc(v.setOf(h).ordered, func(g *Group) bool { return g != ungrouped })
		switch {
		case others && ungrouped.members[h]:
			gone[h] = true
		case !others && !h.implicit:
			ungrouped.join(h)
		}
	}
	ungrouped.leave(gone)
	v.forget()
	return nil
}

// safeGroupName replaces characters that variables could not have, when the user asked for that.
func (o *Options) safeGroupName(name string) string {
	if o.TransformGroupNames != "always" && o.TransformGroupNames != "silently" {
		return name
	}
	return strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return '_'
	}, replaceLeadingDigit(name))
}

func replaceLeadingDigit(name string) string {
	if r, size := decode(name); unicode.IsDigit(r) {
		return "_" + name[size:]
	}
	return name
}

// badCharacters lists the characters of a group's name that variables could not have.
func badCharacters(name string) string {
	var bad []rune
	for i, r := range name {
		if (!isWord(r) || i == 0 && unicode.IsDigit(r)) && !slices.Contains(bad, r) {
			bad = append(bad, r)
		}
	}
	return string(bad)
}

var errNotInt = errors.New("ansible_group_priority must be a whole number")
