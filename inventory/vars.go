package inventory

import (
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// VarLayers returns the variables of a host as mappings, lowest precedence first: groups, files of groups, the host,
// files of the host. Files beside the inventory sources and in playbookDir count; "" means no playbook. Mappings of
// groups are shared between hosts; neither they nor the slice may be changed. Where mappings are merged (hash_behaviour), the layers are
// already joined: an upper layer holds the joined value of a key.
//
// A file of variables that cannot be read is left out; Check tells about it and is called before a play starts.
func (v *Inventory) VarLayers(h *Host, playbookDir string) []*value.Dict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	key := hostKey{h, playbookDir}
	v.cache.mu.Lock()
	layers, ok := v.cache.all[key]
	v.cache.mu.Unlock()
	if ok {
		return layers
	}
	below := v.groupLayers(h, playbookDir)
	own := v.hostLayers(h, playbookDir)
	if v.options.merges() {
		layers = v.mergedLayers(layerKey{v.setOf(h), playbookDir}, below, own)
	} else {
		layers = append(below, own...)
	}
	layers = slices.Clip(layers)
	v.cache.mu.Lock()
	v.cache.all[key] = layers
	v.cache.mu.Unlock()
	return layers
}

// Vars returns the variables of a host in one fresh mapping.
func (v *Inventory) Vars(h *Host, playbookDir string) *value.Dict {
	out := value.NewDict()
	for _, layer := range v.VarLayers(h, playbookDir) { // joined already, where mappings are merged
		for k, x := range layer.All() {
			out.Set(k, x)
		}
	}
	return out
}

// HostVars returns the variables of a host without those of its groups: what sources say of it, its names and groups,
// and its files beside the sources and in playbookDir.
func (v *Inventory) HostVars(h *Host, playbookDir string) *value.Dict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.flatten(v.hostLayers(h, playbookDir))
}

// GroupVars returns the variables of a group itself, from sources and files, without those of groups above it.
func (v *Inventory) GroupVars(g *Group, playbookDir string) *value.Dict {
	v.mu.RLock()
	defer v.mu.RUnlock()
	layers := []*value.Dict{g.vars}
	for _, base := range append(slices.Clip(v.bases), playbook(playbookDir)...) {
		layers = append(layers, dicts(v.files.of(base, groupVars, g.Name))...)
	}
	return v.flatten(layers)
}

// Check reads the files of variables that the hosts of a play need and returns what is wrong with them.
func (v *Inventory) Check(hosts []*Host, playbookDir string) diag.List {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var files []*varsFile
	seen := map[string]bool{}
	bases := append(slices.Clip(v.bases), playbook(playbookDir)...)
	for _, h := range hosts {
		set := v.setOf(h)
		for _, base := range bases {
			if !seen[set.key+base] {
				seen[set.key+base] = true
				for _, g := range append([]*Group{v.groups[groupAll]}, set.ordered...) {
					files = append(files, v.files.of(base, groupVars, g.Name)...)
				}
			}
			files = append(files, v.files.of(base, hostVars, h.Name)...)
		}
	}
	return problems(files)
}

// CheckGroups reads the files of variables of all groups, beside the sources and in playbookDir, and returns what is wrong
// with them.
func (v *Inventory) CheckGroups(playbookDir string) diag.List {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var files []*varsFile
	for _, base := range append(slices.Clip(v.bases), playbook(playbookDir)...) {
		for _, g := range v.groupOrder {
			files = append(files, v.files.of(base, groupVars, g.Name)...)
		}
	}
	return problems(files)
}

// checkGroupFiles reads the files of all groups beside the sources. Vaults that do not open are no problem until a
// host of their group is used.
func (v *Inventory) checkGroupFiles() diag.List {
	var files []*varsFile
	for _, base := range v.bases {
		for _, g := range v.groupOrder {
			for _, f := range v.files.of(base, groupVars, g.Name) {
				if !f.sealed {
					files = append(files, f)
				}
			}
		}
	}
	return problems(files)
}

func playbook(dir string) []string {
	if dir == "" {
		return nil
	}
	return []string{dir}
}

// groupLayers returns the layers of a host's groups in the configured order; the slice may be appended to.
func (v *Inventory) groupLayers(h *Host, playbookDir string) []*value.Dict {
	set := v.setOf(h)
	key := layerKey{set, playbookDir}
	v.cache.mu.Lock()
	layers, ok := v.cache.layers[key]
	v.cache.mu.Unlock()
	if !ok {
		for _, entry := range v.options.Precedence {
			layers = append(layers, v.precedence(entry, set, playbookDir)...)
		}
		layers = notEmpty(layers)
		v.cache.mu.Lock()
		v.cache.layers[key] = layers
		v.cache.mu.Unlock()
	}
	return slices.Clip(layers)
}

type layerKey struct {
	set         *groupSet
	playbookDir string
}

type hostKey struct {
	host        *Host
	playbookDir string
}

// precedence returns the layers that one entry of the configured order stands for; unknown entries are nothing.
func (v *Inventory) precedence(entry string, set *groupSet, playbookDir string) []*value.Dict {
	all := []*Group{v.groups[groupAll]}
	switch entry {
	case "all_inventory":
		return []*value.Dict{all[0].vars}
	case "groups_inventory":
		var layers []*value.Dict
		for _, g := range set.ordered {
			layers = append(layers, g.vars)
		}
		return layers
	case "all_plugins_inventory":
		return v.groupFiles(v.bases, all)
	case "all_plugins_play":
		return v.groupFiles(playbook(playbookDir), all)
	case "groups_plugins_inventory":
		return v.groupFiles(v.bases, set.ordered)
	case "groups_plugins_play":
		return v.groupFiles(playbook(playbookDir), set.ordered)
	}
	return nil
}

func (v *Inventory) groupFiles(bases []string, groups []*Group) []*value.Dict {
	var layers []*value.Dict
	for _, base := range bases {
		for _, g := range groups {
			layers = append(layers, dicts(v.files.of(base, groupVars, g.Name))...)
		}
	}
	return layers
}

func (v *Inventory) hostLayers(h *Host, playbookDir string) []*value.Dict {
	layers := []*value.Dict{h.source, h.vars, v.magicOf(h)}
	for _, base := range append(slices.Clip(v.bases), playbook(playbookDir)...) {
		layers = append(layers, dicts(v.files.of(base, hostVars, h.Name))...)
	}
	return notEmpty(layers)
}

// magicOf returns the variables that follow from a host's name and groups.
func (v *Inventory) magicOf(h *Host) *value.Dict {
	set := v.setOf(h)
	v.cache.mu.Lock()
	defer v.cache.mu.Unlock()
	if d, ok := v.cache.magic[h]; ok {
		return d
	}
	names := &value.List{Items: make([]any, len(set.names))}
	for i, n := range set.names {
		names.Items[i] = n
	}
	d := value.DictOf("inventory_hostname", h.Name, "inventory_hostname_short", shortName(h.Name), "group_names", names)
	v.cache.magic[h] = d
	return d
}

func shortName(name string) string {
	if isIPAddress(name) {
		return name
	}
	short, _, _ := strings.Cut(name, ".")
	return short
}

func dicts(files []*varsFile) []*value.Dict {
	var out []*value.Dict
	for _, f := range files {
		if f.vars.Len() > 0 {
			out = append(out, f.vars)
		}
	}
	return out
}

func notEmpty(layers []*value.Dict) []*value.Dict {
	return slices.DeleteFunc(layers, func(d *value.Dict) bool { return d.Len() == 0 })
}

// flatten joins layers into one mapping by the configured behaviour.
func (v *Inventory) flatten(layers []*value.Dict) *value.Dict {
	out := value.NewDict()
	for _, layer := range layers {
		for k, x := range layer.All() {
			if v.options.merges() {
				if old, ok := out.Get(k); ok {
					x = mergeValue(old, x)
				}
			}
			out.Set(k, x)
		}
	}
	return out
}

// mergedLayers joins the shared layers into one, once, and the host's into another that contains what it covers.
func (v *Inventory) mergedLayers(key layerKey, below, own []*value.Dict) []*value.Dict {
	v.cache.mu.Lock()
	low, ok := v.cache.merged[key]
	if !ok {
		low = v.flatten(below)
		v.cache.merged[key] = low
	}
	v.cache.mu.Unlock()
	high := value.NewDict()
	for _, layer := range own {
		for k, x := range layer.All() {
			old, ok := high.Get(k)
			if !ok {
				old, ok = low.Get(k)
			}
			if ok {
				x = mergeValue(old, x)
			}
			high.Set(k, x)
		}
	}
	return notEmpty([]*value.Dict{low, high})
}
