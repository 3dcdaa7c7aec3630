package commands_test

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/commands"
	"github.com/musterhq/muster/modules/sys"
)

func TestSetup(t *testing.T) {
	machine := sys.Rooted(t.TempDir())
	res := commands.Setup().Run(t.Context(), &modules.Call{Sys: machine, Check: true,
		Args: map[string]any{"gather_subset": "!all,!min,platform", "filter": "ansible_s*"}})
	found, _ := res["ansible_facts"].(map[string]any)
	if res.Failed() || len(found) != 1 || found["ansible_system"] == nil {
		t.Errorf("facts: %v of %v", found, res)
	}
	res = commands.Setup().Run(t.Context(), &modules.Call{Sys: machine, Args: map[string]any{"gather_subset": "nope"}})
	expect(t, res, map[string]any{"failed": true, "msg": "~^Bad subset 'nope' given"})
}
