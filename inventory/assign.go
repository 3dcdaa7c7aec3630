package inventory

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// setHost gives a host a variable; a group of the same name gets it instead, as in Ansible.
func (v *Inventory) setHost(h *Host, key, x any) error {
	if g := v.groups[h.Name]; g != nil {
		return v.setGroup(g, key, x)
	}
	v.assign(h.vars, key, x)
	return nil
}

// setGroup gives a group a variable. ansible_group_priority is no variable but the group's priority.
func (v *Inventory) setGroup(g *Group, key, x any) error {
	if key != "ansible_group_priority" {
		v.assign(g.vars, key, x)
		return nil
	}
	n, err := priority(x)
	if err != nil {
		return fmt.Errorf("group %q: %w", g.Name, err)
	}
	g.priority = n
	return nil
}

func priority(x any) (int, error) {
	switch n := x.(type) {
	case int:
		return n, nil
	case float64:
		if math.Abs(n) < math.MaxInt32 {
			return int(n), nil
		}
	case bool:
		if n {
			return 1, nil
		}
		return 0, nil
	case string:
		if i, err := strconv.Atoi(strings.TrimSpace(n)); err == nil {
			return i, nil
		}
	}
	return 0, errNotInt
}

func (v *Inventory) assign(vars *value.Dict, key, x any) {
	if v.options.merges() {
		if old, ok := vars.Get(key); ok {
			x = mergeValue(old, x)
		}
	}
	vars.Set(key, x)
}

// mergeValue joins two mappings recursively; anything else is replaced.
func mergeValue(low, high any) any {
	a, ok := low.(*value.Dict)
	b, both := high.(*value.Dict)
	if !ok || !both {
		return high
	}
	return mergeDicts(a, b)
}

func mergeDicts(low, high *value.Dict) *value.Dict {
	out := low.Clone()
	for k, x := range high.All() {
		if old, ok := out.Get(k); ok {
			x = mergeValue(old, x)
		}
		out.Set(k, x)
	}
	return out
}
