// Package inventory reads hosts, groups and their variables from files, folders, scripts and lists, answers host
// patterns, and orders variables as Ansible's variable manager does.
package inventory

import (
	"slices"
	"sync"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// The groups that every inventory has.
const (
	groupAll       = "all"
	groupUngrouped = "ungrouped"
)

// Inventory holds hosts and groups. All methods are safe for concurrent use; hosts and groups may be added while others
// read.
type Inventory struct {
	options Options
	given   []string // the arguments of Load
	sources []string // those that are files or folders, absolute
	bases   []string // folders beside which the sources keep files of variables; of equal ones the last

	mu         sync.RWMutex
	groups     map[string]*Group
	groupOrder []*Group
	hosts      map[string]*Host
	hostOrder  []*Host
	localhost  *Host       // named so in a source, or made up when it is asked for
	loading    *value.Dict // inventory_file and inventory_dir of the source being read
	renamed    []string    // group names with characters that were replaced
	added      []change    // what was added at run time, in order
	cache      cache
	files      varsFiles
}

// Host is one machine. Name is what the inventory calls it.
type Host struct {
	Name string

	inventory *Inventory
	direct    []*Group    // groups that list the host itself
	vars      *value.Dict // replaced as a whole, never changed, once loading is over
	source    *value.Dict // inventory_file and inventory_dir
	implicit  bool
}

// Group is a set of hosts and of other groups.
type Group struct {
	Name string

	inventory *Inventory
	vars      *value.Dict
	priority  int
	depth     int
	hosts     []*Host
	members   map[*Host]bool
	children  []*Group
	parents   []*Group
}

// cache holds what is derived from hosts and groups; a change empties it.
type cache struct {
	mu         sync.Mutex
	sets       map[string]*groupSet
	allHosts   map[*Group][]*Host
	groupsDict *value.Dict
	magic      map[*Host]*value.Dict
	layers     map[layerKey][]*value.Dict
	merged     map[layerKey]*value.Dict
	all        map[hostKey][]*value.Dict
}

func newInventory(o Options) *Inventory {
	v := &Inventory{options: o, groups: map[string]*Group{}, hosts: map[string]*Host{}}
	v.files.init(o)
	v.forget()
	v.addGroup(groupAll)
	v.addGroup(groupUngrouped)
	_, _ = v.link(v.groups[groupAll], v.groups[groupUngrouped]) // two fresh groups make no circle
	return v
}

// forget empties the cache; the caller holds the write lock, or nobody else knows the inventory yet.
func (v *Inventory) forget() {
	v.cache.mu.Lock()
	defer v.cache.mu.Unlock()
	v.cache.sets = map[string]*groupSet{}
	v.cache.allHosts = map[*Group][]*Host{}
	v.cache.magic = map[*Host]*value.Dict{}
	v.cache.layers = map[layerKey][]*value.Dict{}
	v.cache.merged = map[layerKey]*value.Dict{}
	v.cache.all = map[hostKey][]*value.Dict{}
	v.cache.groupsDict = nil
}

// Host returns a host by its exact name, or nil. The names of the local machine (localhost, 127.0.0.1, ::1) always have
// a host: when no source lists one, it is made up, with a local connection.
func (v *Inventory) Host(name string) *Host {
	v.mu.RLock()
	h := v.hosts[name]
	v.mu.RUnlock()
	if h != nil || !isLocal(name) {
		return h
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.implicitLocalhost(name)
}

// Hosts returns all hosts in inventory order: those of no group first, then group by group. The implicit localhost is
// not among them.
func (v *Inventory) Hosts() []*Host {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Clone(v.hostsOf(v.groups[groupAll]))
}

// Group returns a group by name, or nil.
func (v *Inventory) Group(name string) *Group {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.groups[name]
}

// Groups returns all groups in the order in which sources name them; all and ungrouped come first.
func (v *Inventory) Groups() []*Group {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Clone(v.groupOrder)
}

// GroupsDict returns the variable groups: the names of all hosts of each group. It must not be changed.
func (v *Inventory) GroupsDict() *value.Dict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	v.cache.mu.Lock()
	d := v.cache.groupsDict
	v.cache.mu.Unlock()
	if d != nil {
		return d
	}
	d = value.NewDict()
	for _, g := range v.groupOrder {
		hosts := v.hostsOf(g)
		names := &value.List{Items: make([]any, len(hosts))}
		for i, h := range hosts {
			names.Items[i] = h.Name
		}
		d.Set(g.Name, names)
	}
	v.cache.mu.Lock()
	v.cache.groupsDict = d
	v.cache.mu.Unlock()
	return d
}

// Sources returns the files and folders that the inventory was read from, absolute.
func (v *Inventory) Sources() []string { return slices.Clone(v.sources) }

// Implicit reports whether the host is the local machine that no source lists.
func (h *Host) Implicit() bool { return h.implicit }

// Groups returns the names of the groups that the host is in, directly or through others, sorted and without "all":
// the variable group_names.
func (h *Host) Groups() []string {
	h.inventory.mu.RLock()
	defer h.inventory.mu.RUnlock()
	return slices.Clone(h.inventory.setOf(h).names)
}

// Vars returns the variables that sources give the host itself. The mapping must not be changed.
func (h *Host) Vars() *value.Dict {
	h.inventory.mu.RLock()
	defer h.inventory.mu.RUnlock()
	return h.vars
}

// File and Dir return inventory_file and inventory_dir: the source that names the host first and its folder; "" when
// there is none.
func (h *Host) File() string { return h.sourceText("inventory_file") }

// Dir returns inventory_dir; see File.
func (h *Host) Dir() string { return h.sourceText("inventory_dir") }

func (h *Host) sourceText(key string) string {
	v, _ := h.source.Get(key)
	s, _ := v.(string)
	return s
}

// Hosts returns all hosts of the group and of the groups below it.
func (g *Group) Hosts() []*Host {
	g.inventory.mu.RLock()
	defer g.inventory.mu.RUnlock()
	return slices.Clone(g.inventory.hostsOf(g))
}

// DirectHosts returns the hosts that the group itself lists.
func (g *Group) DirectHosts() []*Host {
	g.inventory.mu.RLock()
	defer g.inventory.mu.RUnlock()
	return slices.Clone(g.hosts)
}

// Children returns the groups directly below this one.
func (g *Group) Children() []*Group {
	g.inventory.mu.RLock()
	defer g.inventory.mu.RUnlock()
	return slices.Clone(g.children)
}

// Vars returns the variables that sources give the group. The mapping must not be changed.
func (g *Group) Vars() *value.Dict {
	g.inventory.mu.RLock()
	defer g.inventory.mu.RUnlock()
	return g.vars
}

// Priority returns ansible_group_priority, 1 unless a source says otherwise.
func (g *Group) Priority() int {
	g.inventory.mu.RLock()
	defer g.inventory.mu.RUnlock()
	return g.priority
}

// warning makes a diagnostic that does not stop a run.
func warning(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, args...)
	d.Severity = diag.Warning
	return d
}
