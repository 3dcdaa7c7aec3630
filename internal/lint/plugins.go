package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// plugins are the Python plugins of a tree, and other programs that serve as modules.
type plugins struct {
	files    []string
	byName   map[string]string // kind and name to the file
	used     map[string]bool
	programs map[string]bool
}

func newPlugins() *plugins {
	return &plugins{byName: map[string]string{}, used: map[string]bool{}, programs: map[string]bool{}}
}

// pluginDirs are the folders that hold plugins, with the kind that lies there.
var pluginDirs = map[string]string{
	"library": "module", "modules": "module", "filter_plugins": "filter", "filter": "filter", "test_plugins": "test", "test": "test",
	"lookup_plugins": "lookup", "lookup": "lookup", "callback_plugins": "callback", "action_plugins": "action", "connection_plugins": "connection",
	"inventory_plugins": "inventory", "strategy_plugins": "strategy", "vars_plugins": "vars", "cache_plugins": "cache", "module_utils": "module_utils",
}

// inCollections are names of folders that mean plugins only below a folder named plugins.
var inCollections = []string{"modules", "filter", "test", "lookup"}

// names finds the names in what FilterModule and TestModule return.
var names = regexp.MustCompile(`['"](\w+)['"]\s*:`)

// file notes a Python file.
func (p *plugins) file(path string, parts []string) {
	for i := len(parts) - 2; i >= 0; i-- {
		kind, ok := pluginDirs[parts[i]]
		if !ok || slices.Contains(inCollections, parts[i]) && (i == 0 || parts[i-1] != "plugins") {
			continue
		}
		p.note(kind, path)
		return
	}
}

func (p *plugins) note(kind, path string) {
	base := strings.TrimSuffix(filepath.Base(path), ".py")
	if base == "__init__" || kind == "module_utils" {
		return
	}
	p.files = append(p.files, path)
	prefix := collectionOf(path)
	p.byName[kind+" "+prefix+base] = path
	if kind != "filter" && kind != "test" {
		return
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for _, m := range names.FindAllStringSubmatch(string(src), -1) {
		p.byName[kind+" "+prefix+m[1]] = path
	}
}

// collectionOf is the prefix that names of a collection's plugins have, "" outside collections.
func collectionOf(path string) string {
	_, rest, ok := strings.Cut(filepath.ToSlash(path), "/ansible_collections/")
	if parts := strings.Split(rest, "/"); ok && len(parts) > 2 {
		return parts[0] + "." + parts[1] + "."
	}
	return ""
}

// find returns the Python file of a plugin, "" when the tree has none.
func (p *plugins) find(kind, name string) string { return p.byName[kind+" "+name] }

// program tells whether the tree has a module in another language.
func (p *plugins) program(name string) bool { return p.programs[name] }

// use tells about a place that needs a plugin in Python.
func (p *plugins) use(kind, name, path string, pos diag.Pos, c *checker) {
	p.used[path] = true
	c.warnf(RulePlugin, pos, "muster runs no Python: a task that needs it fails", "the %s '%s' is a Python plugin of this tree (%s)", kind, name, shortest(path))
}

// report names the plugins that no place was found for.
func (p *plugins) report(c *checker) {
	for _, path := range p.files {
		if !p.used[path] {
			c.warnf(RulePlugin, diag.Pos{File: path}, "", "this is a plugin in Python, which muster cannot run")
		}
	}
}
