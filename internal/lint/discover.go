package lint

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// tree is what was found below the given paths, by kind.
type tree struct {
	playbooks   []string
	roles       []string // folders
	taskFiles   []string
	varFiles    []string
	templates   []string
	inventories []string
	others      []string // whatever may name a variable
	known       map[string]bool
	imported    map[string]bool   // playbooks that another one imports
	collections map[string]string // that are developed in the tree, and where
	required    map[string]string // roles that a file of requirements lists, and the file
}

func newTree() tree {
	return tree{known: map[string]bool{}, imported: map[string]bool{}, required: map[string]string{}, collections: map[string]string{}}
}

// roleFolders are the folders that hold the roles of the tree.
func (c *checker) roleFolders() []string {
	var dirs []string
	for _, r := range c.tree.roles {
		if dir := filepath.Dir(r); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (t *tree) add(list *[]string, path string) {
	if !t.known[path] {
		t.known[path] = true
		*list = append(*list, path)
	}
}

// skipped are folders that hold nothing of a project's own.
var skipped = []string{".git", ".tox", ".venv", "venv", "node_modules", "__pycache__", ".ansible", ".cache", "site-packages"}

// discover sorts what lies at a path into the tree. A file that is given by name is taken for what it looks like.
func (c *checker) discover(path string) error {
	abs := absolute(path)
	st, err := os.Stat(abs)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if !st.IsDir() {
		c.sort(abs, true)
		return nil
	}
	// The separator makes it go into a folder that is named by a link.
	return filepath.WalkDir(abs+string(filepath.Separator), func(p string, e fs.DirEntry, err error) error {
		p = filepath.Clean(p)
		switch {
		case err != nil:
			return err
		case e.IsDir() && p != abs && slices.Contains(skipped, e.Name()):
			return fs.SkipDir
		case e.IsDir():
			if isRole(p) {
				c.tree.add(&c.tree.roles, p)
			}
			return nil
		case e.Type()&fs.ModeSymlink != 0 && isDir(p):
			return nil
		}
		c.sort(p, false)
		return nil
	})
}

// isRole tells whether a folder looks like a role.
func isRole(dir string) bool {
	for _, f := range []string{"tasks/main.yml", "tasks/main.yaml", "meta/main.yml", "meta/main.yaml", "handlers/main.yml", "defaults/main.yml"} {
		if exists(filepath.Join(dir, f)) {
			return true
		}
	}
	return false
}

// sort puts a file into the list of its kind.
func (c *checker) sort(path string, named bool) {
	parts := strings.Split(filepath.ToSlash(path), "/")
	ext := filepath.Ext(path)
	if !slices.ContainsFunc(parts[:len(parts)-1], func(p string) bool { return p == "tasks" || p == "handlers" || p == "templates" || p == "files" }) {
		c.tree.others = append(c.tree.others, path)
	}
	switch {
	case ext == ".py":
		c.plugins.file(path, parts)
	case isTemplateFile(path):
		c.tree.add(&c.tree.templates, path)
	case named && (ext == "" || ext == ".ini" || ext == ".toml"):
		c.tree.add(&c.tree.inventories, path)
	case ext == ".yml" || ext == ".yaml":
		c.sortYAML(path, parts, named)
	}
}

// isTemplateFile goes by the name.
func isTemplateFile(path string) bool {
	return slices.Contains([]string{".j2", ".jinja2", ".jinja"}, filepath.Ext(path))
}

func (c *checker) sortYAML(path string, parts []string, named bool) {
	within := func(names ...string) bool {
		return slices.ContainsFunc(parts[:len(parts)-1], func(p string) bool { return slices.Contains(names, p) })
	}
	base := parts[len(parts)-1]
	switch {
	case base == "galaxy.yml":
		c.tree.collection(path)
	case base == "requirements.yml" || base == "requirements.yaml":
		c.tree.requirements(path)
	case strings.HasPrefix(base, ".") || within("templates", "files", "molecule", ".github", "changelogs", "plugins") && !named:
	case within("group_vars", "host_vars", "vars", "defaults"):
		c.tree.add(&c.tree.varFiles, path)
	case within("tasks", "handlers"):
		c.tree.add(&c.tree.taskFiles, path)
	case within("meta"):
	default:
		switch kind := c.kindOf(path); {
		case kind == "playbook":
			c.tree.add(&c.tree.playbooks, path)
		case kind == "tasks" && named:
			c.tree.add(&c.tree.taskFiles, path)
		case kind == "variables" && named:
			c.tree.add(&c.tree.varFiles, path)
		case kind == "broken":
			c.tree.add(&c.tree.varFiles, path) // read it, to say what is wrong
		}
	}
}

// collection notes the collection whose sources lie beside a galaxy.yml.
func (t *tree) collection(path string) {
	src, err := os.ReadFile(path)
	if err != nil {
		return
	}
	v, err := yaml11.Load(path, src, yaml11.Untrusted)
	if err != nil {
		return
	}
	if d, ok := v.(*value.Dict); ok {
		namespace, _ := d.Get("namespace")
		name, _ := d.Get("name")
		t.collections[value.Str(namespace)+"."+value.Str(name)] = filepath.Dir(path)
	}
}

// ownRole tells whether a role of a collection is one of the tree's own, which ansible-galaxy would install.
func (t *tree) ownRole(name string) bool {
	parts := strings.Split(name, ".")
	if len(parts) != 3 {
		return false
	}
	dir, ok := t.collections[parts[0]+"."+parts[1]]
	return ok && isRole(filepath.Join(dir, "roles", parts[2]))
}

// requirements notes the roles that a file for ansible-galaxy lists.
func (t *tree) requirements(path string) {
	src, err := os.ReadFile(path)
	if err != nil {
		return
	}
	v, err := yaml11.Load(path, src, yaml11.Untrusted)
	if err != nil {
		return
	}
	if d, ok := v.(*value.Dict); ok {
		v, _ = d.Get("roles")
	}
	for _, item := range listOf(v) {
		if name, ok := item.(string); ok {
			t.required[name] = path
			continue
		}
		d, ok := item.(*value.Dict)
		if !ok {
			continue
		}
		for _, key := range []string{"name", "src", "role"} {
			if name, ok := d.Get(key); ok {
				t.required[value.Str(name)] = path
			}
		}
	}
}

// kindOf looks into a YAML file: playbook, tasks, variables, broken or "".
func (c *checker) kindOf(path string) string {
	src, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	docs, err := yaml11.Parse(path, src)
	if err != nil {
		return "broken"
	}
	if len(docs) != 1 || docs[0].Root == nil {
		return ""
	}
	root := docs[0].Root
	if root.Kind == yaml.MappingNode {
		return "variables"
	}
	if root.Kind != yaml.SequenceNode || len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return ""
	}
	kind := "tasks"
	for _, play := range root.Content {
		for i := 0; i+1 < len(play.Content); i += 2 {
			switch key := play.Content[i].Value; {
			case strings.HasSuffix(key, "import_playbook"):
				kind = "playbook"
				c.tree.imported[filepath.Join(filepath.Dir(path), play.Content[i+1].Value)] = true
			case key == "hosts":
				kind = "playbook"
			}
		}
	}
	return kind
}
