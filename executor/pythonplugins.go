package executor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// What templates say when they name something that muster does not have.
var (
	noFilter = regexp.MustCompile(`there is no (filter|test) called '([^']+)'`)
	noLookup = regexp.MustCompile(`lookup plugin \(([^)]+)\) not found`)
)

// pythonPlugin says which file of the user's tree has what a message misses, "" when none has: a plugin in Python, which
// muster cannot run.
func (s *scope) pythonPlugin(msg string) string {
	if s == nil {
		return ""
	}
	if m := noFilter.FindStringSubmatch(msg); m != nil {
		kind := m[1]
		for _, dir := range s.pluginDirs(kind+"_plugins", map[string]string{"filter": "DEFAULT_FILTER_PLUGIN_PATH", "test": "DEFAULT_TEST_PLUGIN_PATH"}[kind]) {
			if file := definedIn(dir, m[2]); file != "" {
				return fmt.Sprintf(" (it is a %s plugin in Python, %s, which muster cannot run)", kind, file)
			}
		}
	}
	if m := noLookup.FindStringSubmatch(msg); m != nil {
		for _, dir := range s.pluginDirs("lookup_plugins", "DEFAULT_LOOKUP_PLUGIN_PATH") {
			if file := filepath.Join(dir, m[1]+".py"); isRegular(file) {
				return fmt.Sprintf(" (it is a plugin in Python, %s, which muster cannot run)", file)
			}
		}
	}
	return ""
}

// definedIn is the Python file of a folder that names a filter or test in quotes.
func definedIn(dir, name string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*.py"))
	if err != nil {
		return ""
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err == nil && (bytes.Contains(src, []byte("'"+name+"'")) || bytes.Contains(src, []byte(`"`+name+`"`))) {
			return file
		}
	}
	return ""
}

// pythonAction says that an action is an action plugin of the user's tree, "" when it is none.
func (s *scope) pythonAction(name string) string {
	for _, dir := range s.pluginDirs("action_plugins", "DEFAULT_ACTION_PLUGIN_PATH") {
		if file := filepath.Join(dir, name+".py"); isRegular(file) {
			return fmt.Sprintf("'%s' is an action plugin in Python (%s), which muster cannot run", name, file)
		}
	}
	return ""
}

func isRegular(file string) bool {
	st, err := os.Stat(file)
	return err == nil && st.Mode().IsRegular()
}
