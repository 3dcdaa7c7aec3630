package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// templateNames are what every template can call; a variable of such a name hides it.
var templateNames = []string{
	"range", "dict", "lipsum", "cycler", "joiner", "namespace", "lookup", "query", "q", "now", "undef",
}

// warnReserved warns of variables of the play that have the name of a keyword or of what every template can call.
func (x *Executor) warnReserved(p *playbook.Play) {
	reserved := map[string]bool{}
	for _, n := range append(playbook.Keywords(), templateNames...) {
		reserved[n] = true
	}
	delete(reserved, "vars")
	var found []string
	x.playScope(p).sources(func(d *value.Dict, _ bool) bool {
		for k := range d.All() {
			if name, ok := k.(string); ok && reserved[name] && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		return false
	})
	slices.Sort(found)
	for _, name := range found {
		x.warn("Found variable using reserved name: %s", name)
	}
}
