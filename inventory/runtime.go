package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// change is something that was added at run time; it can be done again on a fresh inventory.
type change func(*Inventory) error

// Reload reads the same sources again into a new inventory and adds what was added at run time, as the task
// meta: refresh_inventory does. The old inventory stays as it is.
func (v *Inventory) Reload(ctx context.Context) (*Inventory, diag.List) {
	v.mu.RLock()
	added := slices.Clone(v.added)
	v.mu.RUnlock()
	fresh, found := Load(ctx, v.given, v.options)
	for _, again := range added {
		if err := again(fresh); err != nil {
			found.Add(warning(diag.Pos{}, "adding again what was added at run time: %v", err))
		}
	}
	return fresh, found
}

// AddHost adds a host at run time, as the task add_host does: new variables win over what the host had, groups are made
// when they are new. It reports whether anything changed.
func (v *Inventory) AddHost(name string, groups []string, vars *value.Dict) (bool, error) {
	if name == "" {
		return false, errors.New("the host's name is empty")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.added = append(v.added, func(o *Inventory) error { _, err := o.AddHost(name, groups, vars); return err })
	changed := false
	h := v.hosts[name]
	if h == nil {
		h = v.addHost(name, 0)
		v.groups[groupAll].join(h)
		changed = true
	}
	if combined := v.flatten([]*value.Dict{h.vars, vars}); !value.Equal(combined, h.vars) {
		h.vars = combined
		changed = true
	}
	for _, group := range groups {
		if group == "" {
			return changed, errors.New("a group's name is empty")
		}
		if v.groups[group] == nil {
			changed = true
		}
		if v.addGroup(group).join(h) {
			changed = true
		}
	}
	if !changed {
		return false, nil
	}
	return true, v.reconcile()
}

// AddGroup adds a group at run time and reports whether it is new.
func (v *Inventory) AddGroup(name string) (bool, error) {
	if name == "" {
		return false, errors.New("the group's name is empty")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.groups[name] != nil {
		return false, nil
	}
	v.addGroup(name)
	v.added = append(v.added, func(o *Inventory) error { _, err := o.AddGroup(name); return err })
	return true, v.reconcile()
}

// AddToGroup puts a host into a group below the given parents, as the task group_by does; all are made when they are
// new. It reports whether anything changed.
func (v *Inventory) AddToGroup(host, group string, parents []string) (bool, error) {
	if group == "" {
		return false, errors.New("the group's name is empty")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	h := v.hosts[host]
	if h == nil && v.localhost != nil && v.localhost.Name == host {
		h = v.localhost
	}
	if h == nil {
		return false, fmt.Errorf("host %q is not in the inventory", host)
	}
	v.added = append(v.added, func(o *Inventory) error { return o.groupAgain(host, group, parents) })
	g := v.addGroup(group)
	changed := false
	for _, name := range parents {
		if v.groups[name] == nil {
			changed = true
		}
		linked, err := v.link(v.addGroup(name), g)
		if err != nil {
			return changed, err
		}
		changed = changed || linked
	}
	if !g.contains(h) {
		changed = g.join(h) || changed
	}
	if !changed {
		return false, nil
	}
	return true, v.reconcile()
}

// groupAgain repeats AddToGroup; a host that the sources no longer name is passed over.
func (v *Inventory) groupAgain(host, group string, parents []string) error {
	if v.Host(host) == nil {
		return nil
	}
	_, err := v.AddToGroup(host, group, parents)
	return err
}

// contains reports whether a host is in the group or in a group below it.
func (g *Group) contains(h *Host) bool {
	if g.members[h] {
		return true
	}
	for _, c := range g.children {
		if c.contains(h) {
			return true
		}
	}
	return false
}
