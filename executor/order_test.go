package executor

import (
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

func TestOrdered(t *testing.T) {
	d := value.From(map[string]any{
		"changed":        false,
		"ansible_facts":  map[string]any{"getent_passwd": map[string]any{"adm": 1, "root": 0, "zoe": 3, "new": 4}},
		modules.OrderKey: map[string]any{"ansible_facts.getent_passwd": []any{"root", "zoe", "adm", "gone"}, "no.such": []any{"x"}, "changed": "nonsense"},
	}).(*value.Dict)
	ordered(d)
	if got, want := value.Repr(d), "{'ansible_facts': {'getent_passwd': {'root': 0, 'zoe': 3, 'adm': 1, 'new': 4}}, 'changed': False}"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
