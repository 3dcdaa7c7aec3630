// Package tests holds the tests of Jinja2 and of Ansible: what may follow "is".
package tests

import (
	"maps"

	"github.com/musterhq/muster/playbook/jinja/filters"
)

// All returns every test under each of its names. A test answers with a bool.
func All() map[string]filters.Func {
	builtin := map[string]filters.Func{}
	for _, family := range []map[string]filters.Func{
		types(), comparisons(), numbers(), texts(), engine(), results(), matching(), sets(), files(), addresses(), vaults(),
	} {
		maps.Copy(builtin, family)
	}
	all := maps.Clone(builtin)
	for name, fn := range builtin {
		all["ansible.builtin."+name] = fn
		all["ansible.legacy."+name] = fn
	}
	for name, fn := range networks() {
		all["ansible.utils."+name] = fn
	}
	return all
}
