package main

import (
	"os"
	"path/filepath"
	"strings"
)

// warnUnsupported tells once about settings that ask for what muster does not do: a play that needs it would
// otherwise go wrong without a word.
func (w *workbench) warnUnsupported() {
	for _, text := range w.settings.WithoutEffect() {
		w.warn("%s", text)
	}
	for _, p := range []struct{ setting, key string }{
		{"DEFAULT_MODULE_PATH", "library"}, {"DEFAULT_ACTION_PLUGIN_PATH", "action_plugins"}, {"DEFAULT_FILTER_PLUGIN_PATH", "filter_plugins"},
		{"DEFAULT_LOOKUP_PLUGIN_PATH", "lookup_plugins"}, {"DEFAULT_TEST_PLUGIN_PATH", "test_plugins"}, {"DEFAULT_VARS_PLUGIN_PATH", "vars_plugins"},
		{"DEFAULT_INVENTORY_PLUGIN_PATH", "inventory_plugins"}, {"DEFAULT_CALLBACK_PLUGIN_PATH", "callback_plugins"},
	} {
		x, _ := w.settings.Lookup(p.setting)
		dirs, _ := x.Value.([]string)
		if x.Origin.Text == "default" {
			continue
		}
		if file := firstPython(dirs); file != "" {
			w.warn("%s: %s is written in Python, which muster cannot run", p.key, file)
		}
	}
}

// firstPython returns a Python file of the folders, "" when there is none.
func firstPython(dirs []string) string {
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".py") && e.Name() != "__init__.py" {
				return filepath.Join(dir, e.Name())
			}
		}
	}
	return ""
}
