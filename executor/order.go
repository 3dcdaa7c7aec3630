package executor

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

// ordered gives mappings of a result the order that the host named for them, which the wire does not keep, and takes the
// note about it out of the result. Keys that the host did not name come last, sorted.
func ordered(result *value.Dict) {
	note, ok := result.Get(modules.OrderKey)
	if !ok {
		return
	}
	result.Delete(modules.OrderKey)
	orders, ok := note.(*value.Dict)
	if !ok {
		return
	}
	for path, keys := range orders.All() {
		if list, ok := keys.(*value.List); ok {
			reorder(result, strings.Split(value.KeyText(path), "."), list.Items)
		}
	}
}

// reorder replaces the mapping at a path.
func reorder(d *value.Dict, path []string, keys []any) {
	v, _ := d.Get(path[0])
	inner, ok := v.(*value.Dict)
	if !ok {
		return
	}
	if len(path) > 1 {
		reorder(inner, path[1:], keys)
		return
	}
	sorted := value.NewDict()
	for _, k := range keys {
		if v, ok := inner.Get(k); ok {
			sorted.Set(k, v)
		}
	}
	for k, v := range inner.All() {
		sorted.Set(k, v)
	}
	d.Set(path[0], sorted)
}
