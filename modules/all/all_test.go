package all

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
	"github.com/musterhq/muster/modules"
)

// TestModules holds every module to what documentation and completion rely on.
func TestModules(t *testing.T) {
	for _, m := range All().All() {
		info := m.Info()
		if !strings.HasSuffix(info.Summary, ".") {
			t.Errorf("%s: the summary is no sentence: %q", info.Name, info.Summary)
		}
		if info.Undo == "" {
			t.Errorf("%s: says nothing about undo", info.Name)
		}
		if _, can := m.(modules.Undoer); can {
			if _, can := m.(modules.Recoverer); !can {
				t.Errorf("%s: its changes can be undone, but not recovered when they were interrupted", info.Name)
			}
			if modules.ShapeOf(m) != modules.ShapeState {
				t.Errorf("%s: its changes can be undone, and yet it is a %s", info.Name, modules.ShapeOf(m))
			}
		}
		tasks, err := yaml11.Load(info.Name, []byte(info.Examples), yaml11.Untrusted)
		if err != nil {
			t.Errorf("%s: examples: %v", info.Name, err)
			continue
		}
		list, ok := tasks.(*value.List)
		if !ok || len(list.Items) == 0 {
			t.Errorf("%s: has no examples", info.Name)
			continue
		}
		if !mentions(list, info.Name) {
			t.Errorf("%s: no example uses it", info.Name)
		}
	}
}

func mentions(tasks *value.List, name string) bool {
	for _, task := range tasks.Items {
		if d, ok := task.(*value.Dict); ok {
			if _, has := d.Get(name); has {
				return true
			}
		}
	}
	return false
}

func TestNames(t *testing.T) {
	r := All()
	for _, name := range []string{"copy", "ansible.builtin.copy", "ansible.legacy.file"} {
		if _, ok := r.Get(name); !ok {
			t.Errorf("%s is unknown", name)
		}
	}
	if _, ok := r.Get("ansible.builtin.no_such_module"); ok {
		t.Error("a module that does not exist was found")
	}
}
