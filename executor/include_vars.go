package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// includeVars reads variables from files of the controller.
func includeVars(_ context.Context, c *call) *itemResult {
	if bad := c.only("file", "dir", "name", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions", "hash_behaviour", playbook.RawParams); bad != nil {
		return bad
	}
	if c.text("dir") != "" && c.text("file", playbook.RawParams) != "" {
		return newResult("changed", false, "failed", true, "msg", "You are mixing file only and dir only arguments, these are incompatible")
	}
	var files []string
	vars := value.NewDict()
	var err error
	if dir := c.text("dir"); dir != "" {
		files, err = c.varsDir(dir)
	} else {
		files, err = c.varsFile(c.text("file", playbook.RawParams))
	}
	if err != nil {
		return newResult("changed", false, "failed", true, "message", err.Error(), "ansible_included_var_files", textList(nil), "ansible_facts", value.NewDict())
	}
	merge := c.text("hash_behaviour") == "merge"
	for _, f := range files {
		read := c.t.x.o.Loader.VarsFile
		if c.t.x.fetched.has(f) {
			read = c.t.x.o.Loader.DataFile
		}
		d, err := read(f)
		if err != nil {
			return newResult("changed", false, "failed", true, "message", err.Error(), "ansible_included_var_files", textList(files), "ansible_facts", value.NewDict())
		}
		vars = combine(vars, d, false)
	}
	if merge {
		vars = c.mergeKnown(vars)
	}
	if name := c.text("name"); name != "" {
		vars = value.DictOf(name, vars)
	}
	res := newResult("changed", false, "ansible_facts", vars, "ansible_included_var_files", textList(files))
	res.secret = slices.ContainsFunc(files, playbook.IsVaultFile)
	return res
}

// varsFile finds the one file of include_vars.
func (c *call) varsFile(name string) ([]string, error) {
	if name == "" {
		return nil, errors.New("Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option") //nolint:staticcheck // Ansible's words
	}
	path, err := c.scope.findFile("vars", name)
	return []string{path}, err
}

// mergeKnown joins mappings with the variables that the host has under their names.
func (c *call) mergeKnown(vars *value.Dict) *value.Dict {
	out := value.NewDict()
	for k, v := range vars.All() {
		out.Set(k, v)
		over, isDict := v.(*value.Dict)
		if !isDict {
			continue
		}
		if known, _, err := c.scope.variable(value.KeyText(k)); err == nil {
			if base, ok := known.(*value.Dict); ok {
				out.Set(k, combine(base, over, true))
			}
		}
	}
	return out
}

// combine puts over on top of base, key by key; with merge mappings are joined at every depth.
func combine(base, over *value.Dict, merge bool) *value.Dict {
	out := base.Clone()
	for k, v := range over.All() {
		if merge {
			old, has := out.Get(k)
			od, ok1 := old.(*value.Dict)
			nd, ok2 := v.(*value.Dict)
			if has && ok1 && ok2 {
				v = combine(od, nd, true)
			}
		}
		out.Set(k, v)
	}
	return out
}

// varsDir lists the files of a folder for include_vars.
func (c *call) varsDir(dir string) ([]string, error) {
	root := dir
	if !filepath.IsAbs(dir) {
		base := filepath.Dir(c.t.task.File)
		if r := c.scope.role(); r != nil {
			base = filepath.Join(r.Path, "vars")
		}
		root = filepath.Join(base, dir)
		if _, err := os.Stat(root); err != nil {
			if found, ferr := c.scope.findFile("vars", dir); ferr == nil {
				root = found
			}
		}
	}
	st, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("%s directory does not exist", root)
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", root)
	}
	depth, _ := toInt(mustArg(c.args, "depth"))
	match, err := optionalPattern(c.text("files_matching"))
	if err != nil {
		return nil, err
	}
	w := varsWalk{c: c, depth: depth, match: match, ignore: argList(c.args, "ignore_files")}
	w.extensions = []string{"yaml", "yml", "json"}
	if ext := argList(c.args, "extensions"); len(ext) > 0 {
		w.extensions = ext
	}
	err = w.dir(root, 1)
	return w.files, err
}

func optionalPattern(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	return regexp.Compile(s)
}

func argList(args *value.Dict, key string) []string {
	switch v := mustArg(args, key).(type) {
	case *value.List:
		out := make([]string, len(v.Items))
		for i, item := range v.Items {
			out[i] = value.Str(item)
		}
		return out
	case string:
		if v == "" {
			return nil
		}
		parts := strings.Split(v, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts
	default:
		return nil
	}
}

// maxVarsDepth bounds folders inside folders, which can only be a circle of links beyond it.
const maxVarsDepth = 40

// varsWalk collects the files of include_vars' dir.
type varsWalk struct {
	c          *call
	depth      int
	match      *regexp.Regexp
	ignore     []string
	extensions []string
	files      []string
}

func (w *varsWalk) dir(path string, level int) error {
	if level > maxVarsDepth {
		return fmt.Errorf("%s: folders are nested too deeply: does a link lead back?", path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, e := range entries {
		if isFolder(path, e) {
			continue
		}
		if err := w.file(path, e.Name()); err != nil {
			return err
		}
	}
	if w.depth != 0 && level >= w.depth {
		return nil
	}
	for _, e := range entries {
		if isFolder(path, e) {
			if err := w.dir(filepath.Join(path, e.Name()), level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// isFolder reports whether an entry of a folder is a folder or a link to one.
func isFolder(dir string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	st, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && st.IsDir()
}

func (w *varsWalk) file(dir, name string) error {
	for _, pattern := range w.ignore {
		if ok, err := regexp.MatchString(pattern, name); err == nil && ok {
			return nil
		}
	}
	if w.match != nil && !w.match.MatchString(name) {
		return nil
	}
	path := filepath.Join(dir, name)
	ext := strings.TrimPrefix(filepath.Ext(name), ".")
	for _, e := range w.extensions {
		if e == ext {
			w.files = append(w.files, path)
			return nil
		}
	}
	if w.c.bool("ignore_unknown_extensions", false) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return nil
	}
	return fmt.Errorf("%s does not have a valid extension: %s", path, strings.Join(w.extensions, ", "))
}
