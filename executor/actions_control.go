package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// debug prints a message or a variable.
func debug(_ context.Context, c *call) *itemResult {
	if bad := c.only("msg", "var", "verbosity"); bad != nil {
		return bad
	}
	v, hasVar := c.args.Get("var")
	msg, hasMsg := c.args.Get("msg")
	if hasVar && hasMsg {
		return failedResult("'msg' and 'var' are incompatible options")
	}
	if n, ok := toInt(mustArg(c.args, "verbosity")); ok && n > c.t.x.o.Verbosity {
		r := newResult("changed", false, "skipped", true, "skipped_reason", "Verbosity threshold not met.")
		return r
	}
	res := newResult("changed", false, "_ansible_verbose_always", true)
	switch {
	case hasVar:
		if bad := c.debugVar(res, v); bad != nil {
			return bad
		}
	case hasMsg:
		res.dict.Set("msg", msg)
	default:
		res.dict.Set("msg", "Hello world!")
	}
	res.dict.Set("failed", false)
	return res
}

func mustArg(d *value.Dict, key string) any { v, _ := d.Get(key); return v }

// debugVar evaluates the expression that var: names and puts its value under that name.
func (c *call) debugVar(res *itemResult, v any) *itemResult {
	name, trusted := v, true
	if hasTemplate(v) {
		var err error
		if name, trusted, err = c.t.x.o.Engine.RenderTrust(c.scope.context(), v); err != nil {
			return c.t.broken(err)
		}
	}
	text, ok := name.(string)
	if !ok {
		res.dict.Set(value.TypeName(name), name)
		return nil
	}
	if !trusted { // what a host says is no expression
		res.dict.Set(text, text)
		return nil
	}
	out, err := c.scope.render(value.Template{Src: "{{ " + text + " }}", Pos: c.t.task.Pos})
	switch {
	case jinja.IsUndefined(err):
		out = "VARIABLE IS NOT DEFINED!"
		if c.t.x.o.Verbosity > 0 {
			out = "VARIABLE IS NOT DEFINED!: " + err.Error()
		}
	case err != nil:
		return c.t.broken(err)
	}
	if u, ok := out.(*value.Undefined); ok && u != nil {
		out = "VARIABLE IS NOT DEFINED!"
	}
	rendered, err := c.scope.render(out)
	if err != nil {
		return c.t.broken(err)
	}
	res.dict.Set(text, rendered)
	return nil
}

// fail ends the host's play with a message.
func fail(_ context.Context, c *call) *itemResult {
	if bad := c.only("msg"); bad != nil {
		return bad
	}
	msg, ok := c.args.Get("msg")
	if !ok {
		msg = "Failed as requested from task"
	}
	return newResult("changed", false, "failed", true, "msg", msg)
}

// assertThat evaluates conditions that must hold.
func assertThat(_ context.Context, c *call) *itemResult {
	if bad := c.only("that", "fail_msg", "msg", "success_msg", "quiet"); bad != nil {
		return bad
	}
	that, ok := c.args.Get("that")
	if !ok {
		return failedResult("conditional required in \"that\" string")
	}
	res := newResult("changed", false)
	if !c.bool("quiet", false) {
		res.dict.Set("_ansible_verbose_always", true)
	}
	holds, cond, err := c.t.x.o.Engine.Assert(c.scope.context(), that, c.t.task.Pos)
	if err != nil {
		return c.t.broken(conditionError(cond, err))
	}
	if !holds {
		res.dict.Set("failed", true)
		res.dict.Set("evaluated_to", false)
		res.dict.Set("assertion", templateText(cond))
		res.dict.Set("msg", c.messageOr("Assertion failed", "fail_msg", "msg"))
		return res
	}
	res.dict.Set("msg", c.messageOr("All assertions passed", "success_msg"))
	res.dict.Set("failed", false)
	return res
}

func (c *call) messageOr(def string, names ...string) any {
	for _, n := range names {
		if v, ok := c.args.Get(n); ok && v != nil {
			return v
		}
	}
	return def
}

// setFact defines variables of the host.
func setFact(_ context.Context, c *call) *itemResult {
	facts := value.NewDict()
	cacheable := c.bool("cacheable", false)
	for k, v := range c.args.All() {
		name := value.KeyText(k)
		if name == "cacheable" || name == playbook.RawParams {
			continue
		}
		if !playbook.ValidName(name) {
			return failedResult("The variable name '%s' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.", name)
		}
		if s, ok := v.(string); ok && !c.t.x.o.Settings.Jinja2Native {
			v = boolWord(s)
		}
		facts.Set(name, v)
	}
	if facts.Len() == 0 {
		return failedResult("No key/value pairs provided, at least one is required for this action to succeed")
	}
	res := newResult("changed", false, "ansible_facts", facts)
	res.dict.Set("_ansible_facts_cacheable", cacheable)
	return res
}

// boolWord turns the words that set_fact has always read as truth values into them.
func boolWord(s string) any {
	switch strings.ToLower(s) {
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	return s
}

// includeVars reads variables from files of the controller.
func includeVars(_ context.Context, c *call) *itemResult {
	if bad := c.only("file", "dir", "name", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions", "hash_behaviour", playbook.RawParams); bad != nil {
		return bad
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
	return newResult("changed", false, "ansible_facts", vars, "ansible_included_var_files", textList(files))
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

// addHost adds a host to the inventory of the run.
func addHost(_ context.Context, c *call) *itemResult {
	args := c.args.Clone()
	if raw, ok := args.Get(playbook.RawParams); ok {
		for k, v := range playbook.KeyValues(value.Str(raw), c.t.task.Pos).All() {
			args.Set(k, templateText(v)) // it was rendered: what it holds is data
		}
		args.Delete(playbook.RawParams)
	}
	name := ""
	for _, k := range []string{"name", "hostname", "host"} {
		if v, ok := args.Get(k); ok && name == "" && v != nil {
			name = value.Str(v)
		}
		args.Delete(k)
	}
	if name == "" {
		return failedResult("name, host or hostname needs to be provided")
	}
	var groups []string
	for _, k := range []string{"groups", "groupname", "group"} {
		if _, ok := args.Get(k); ok {
			for _, g := range argList(args, k) {
				if g != "" {
					groups = append(groups, g)
				}
			}
			args.Delete(k)
		}
	}
	vars := value.NewDict()
	for k, v := range args.All() {
		vars.Set(k, v)
	}
	host, port := splitHostPort(name)
	if n, ok := toInt(port); ok {
		vars.Set("ansible_ssh_port", n)
	}
	changed, err := c.t.x.o.Inventory.AddHost(host, groups, vars)
	if err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", changed, "add_host", value.DictOf("host_name", host, "groups", textList(groups), "host_vars", vars))
}

// splitHostPort takes name:port apart; an IPv6 address without brackets has no port.
func splitHostPort(s string) (string, string) {
	if strings.HasPrefix(s, "[") {
		if i := strings.Index(s, "]:"); i > 0 {
			return s[1:i], s[i+2:]
		}
		return strings.Trim(s, "[]"), ""
	}
	if strings.Count(s, ":") == 1 {
		h, p, _ := strings.Cut(s, ":")
		return h, p
	}
	return s, ""
}

// groupBy puts the host into a group made from its variables.
func groupBy(_ context.Context, c *call) *itemResult {
	if bad := c.only("key", "parents", playbook.RawParams); bad != nil {
		return bad
	}
	key := c.text("key", playbook.RawParams)
	if key == "" {
		return failedResult("the 'key' param is required when using group_by")
	}
	group := strings.ReplaceAll(key, " ", "-")
	parents := argList(c.args, "parents")
	if len(parents) == 0 {
		parents = []string{"all"}
	}
	for i := range parents {
		parents[i] = strings.ReplaceAll(parents[i], " ", "-")
	}
	changed, err := c.t.x.o.Inventory.AddToGroup(c.t.host.name, group, parents)
	if err != nil {
		return failedResult("%s", err)
	}
	return newResult("changed", changed, "add_group", group, "parent_groups", textList(parents))
}

// setStats sets statistics for the end of the run.
func setStats(_ context.Context, c *call) *itemResult {
	if bad := c.only("data", "per_host", "aggregate"); bad != nil {
		return bad
	}
	data, ok := mustArg(c.args, "data").(*value.Dict)
	if !ok {
		return failedResult("The 'data' option needs to be a dictionary/hash")
	}
	who := wholeRun
	if c.bool("per_host", false) {
		who = c.t.host.name
	}
	aggregate := c.bool("aggregate", true)
	for k, v := range data.All() {
		name := value.KeyText(k)
		if !playbook.ValidName(name) {
			return failedResult("The variable name '%s' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.", name)
		}
		if !aggregate {
			c.t.x.custom.set(who, name, v)
			continue
		}
		if err := c.t.x.custom.add(who, name, v); err != nil {
			return failedResult("%s", err)
		}
	}
	return newResult("changed", false, "ansible_stats", value.DictOf("data", data, "per_host", who != wholeRun, "aggregate", aggregate))
}
