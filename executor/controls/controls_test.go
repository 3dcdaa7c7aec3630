package controls_test

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/executor/controls"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/all"
)

// TestEveryActionIsDocumented: what a playbook may call is a module or stands in the table.
func TestEveryActionIsDocumented(t *testing.T) {
	for _, name := range executor.ActionNames(all.All()) {
		_, isModule := all.All().Get(name)
		_, isControl := controls.Get(name)
		switch {
		case !isModule && !isControl && name != "include": // its successors are documented
			t.Errorf("%s is not documented", name)
		case isModule && isControl:
			t.Errorf("%s is documented twice", name)
		}
	}
}

func TestControlsAreComplete(t *testing.T) {
	last := ""
	for _, c := range controls.All() {
		info := c.Info()
		if info.Name <= last {
			t.Errorf("%s comes after %s", info.Name, last)
		}
		last = info.Name
		if !strings.HasSuffix(info.Summary, ".") {
			t.Errorf("%s: the summary is no sentence: %q", info.Name, info.Summary)
		}
		for _, p := range c.Params() {
			if p.Type == "" || !strings.HasSuffix(p.Doc, ".") {
				t.Errorf("%s: parameter %s lacks a type or a sentence", info.Name, p.Name)
			}
		}
		var tasks []map[string]any
		if err := yaml.Unmarshal([]byte(info.Examples), &tasks); err != nil || len(tasks) == 0 {
			t.Errorf("%s: examples: %v", info.Name, err)
		}
		for _, task := range tasks {
			if _, ok := task["ansible.builtin."+info.Name]; !ok {
				t.Errorf("%s: an example of something else: %v", info.Name, task)
			}
		}
		if text := modules.Text(c); !strings.Contains(text, "Works on the controller") {
			t.Errorf("%s: the text does not say where it works:\n%s", info.Name, text)
		}
		if r := c.Run(t.Context(), nil); !r.Failed() {
			t.Errorf("%s: runs as a module: %v", info.Name, r)
		}
	}
}
