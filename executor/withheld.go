package executor

import (
	"maps"
	"slices"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

// withheld are the parameters of which hosts record no values: what is written under no_log, and what is written and holds
// a secret of the run.
func (b *remoteBatch) withheld() []string {
	names := map[string]bool{}
	for _, i := range b.sent {
		for k, v := range b.ready[i].args.All() {
			name := value.KeyText(k)
			if modules.IsContent(name) && (b.calls[i].hidden || holdsSecret(b.t.x.o.Secrets, v)) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// holdsSecret reports whether a text within v contains a secret of the run.
func holdsSecret(reg *secret.Registry, v any) bool {
	if reg.Empty() {
		return false
	}
	switch x := v.(type) {
	case string:
		return reg.Holds(x)
	case *value.Dict:
		for _, item := range x.All() {
			if holdsSecret(reg, item) {
				return true
			}
		}
	case *value.List:
		return slices.ContainsFunc(x.Items, func(item any) bool { return holdsSecret(reg, item) })
	}
	return false
}

// watched reports whether what commands write is asked for as it comes: the run wants that, and nothing is hidden.
func (b *remoteBatch) watched() bool {
	return b.t.x.o.Outputs && !slices.ContainsFunc(b.sent, func(i int) bool { return b.calls[i].hidden })
}
