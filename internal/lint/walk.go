package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// run looks at everything that was discovered.
func (c *checker) run() {
	for _, file := range c.tree.playbooks {
		if !c.tree.imported[file] { // else it was, or will be, walked as a part of another one
			c.playbook(file)
		}
	}
	for _, dir := range c.tree.roles {
		c.role(dir)
	}
	for _, file := range c.tree.taskFiles {
		c.looseTasks(file)
	}
	for _, file := range c.tree.varFiles {
		c.varsFile(file, c.loader.VarsFile)
	}
	for _, file := range c.tree.templates {
		c.templateFile(file)
	}
	if c.o.Inventory != nil {
		for _, file := range c.tree.inventories {
			c.addAll(RuleInventory, c.o.Inventory(file))
		}
	}
	c.plugins.report(c)
	c.handlers.report(c)
	for _, file := range c.tree.others {
		if !slices.Contains(c.tree.playbooks, file) {
			c.variables.file(file)
		}
	}
	c.variables.report(c)
}

// walk is the place in the tree at which the checker looks.
type walk struct {
	*checker
	play  *playState
	depth int
}

func (c *checker) playbook(file string) {
	book, found := c.loader.Load(file)
	c.addAll(RuleSyntax, found)
	for _, p := range book.Plays {
		c.playOf(p, slices.ContainsFunc(found, missing))
	}
}

// playOf walks a play; open says that a part of it could not be found, which may hold handlers.
func (c *checker) playOf(p *playbook.Play, open bool) {
	w := &walk{checker: c, play: &playState{real: true, open: open}}
	w.attributes(p.Attrs)
	w.vars(p.Root.Vars)
	for _, prompt := range p.VarsPrompt {
		w.variables.define(prompt.Name)
	}
	for _, cond := range p.Root.When {
		w.condition(cond, "when")
	}
	for _, a := range p.VarsFiles {
		w.varsFileOf(p, a)
	}
	for _, r := range p.Roles {
		w.roleUse(r)
	}
	for _, r := range p.Imported {
		w.roleVars(r)
	}
	for _, list := range [][]playbook.Node{p.PreTasks, p.Tasks, p.PostTasks, p.Handlers} {
		w.nodes(list)
	}
	w.play.judge(c)
}

// roleUse walks a role of a play and what it depends on.
func (w *walk) roleUse(r *playbook.Role) {
	for _, one := range r.Flatten() {
		w.roleVars(one)
		w.nodes(one.Block.Body)
		w.nodes(one.Handlers)
	}
}

// roleVars checks the variables of a role and notes that the role was reached.
func (w *walk) roleVars(r *playbook.Role) {
	w.walked[r.Path] = true
	w.vars(r.Defaults)
	w.vars(r.Vars)
	w.vars(r.Params)
}

// role walks a role that stands in the tree, and those of its files that nothing named.
func (c *checker) role(dir string) {
	base := filepath.Dir(dir)
	if filepath.Base(base) == "roles" {
		base = filepath.Dir(base)
	}
	play := &playbook.Play{Attrs: playbook.Attrs{}, Dir: base, File: dir}
	play.Root = &playbook.Block{Attrs: play.Attrs, Play: play, Vars: value.NewDict(), Static: true, File: dir}
	w := &walk{checker: c, play: &playState{}}
	ref := playbook.RoleRef{
		Name: dir, Pos: diag.Pos{File: dir}, Params: value.NewDict(), Vars: value.NewDict(), Attrs: playbook.Attrs{},
		FromDir: filepath.Dir(dir), SkipValidation: true,
	}
	block, found := c.loader.IncludeRole(ref, play.Root)
	c.addAll(RuleSyntax, slices.DeleteFunc(found, needsVariables))
	if block.Role == nil {
		return
	}
	if !c.walked[dir] {
		w.roleUse(block.Role)
	}
	for _, sub := range []string{"tasks", "handlers"} {
		files, _ := filepath.Glob(filepath.Join(dir, sub, "*.y*ml"))
		for _, f := range files {
			if !c.walked[f] {
				nodes, found := c.loader.TaskFile(f, block.Role.Block, sub == "handlers")
				c.addAll(RuleSyntax, slices.DeleteFunc(found, needsVariables))
				w.nodesOf(f, nodes)
			}
		}
	}
}

// needsVariables tells whether a mistake may come from looking at a role alone, without the variables of a play.
func needsVariables(d *diag.Diagnostic) bool {
	return strings.HasPrefix(d.Summary, "the name of an imported file cannot be rendered")
}

// looseTasks walks a file of tasks that no playbook or role reached.
func (c *checker) looseTasks(file string) {
	if c.walked[file] {
		return
	}
	play := &playbook.Play{Attrs: playbook.Attrs{}, Dir: filepath.Dir(file), File: file}
	play.Root = &playbook.Block{Attrs: play.Attrs, Play: play, Vars: value.NewDict(), Static: true, File: file}
	nodes, found := c.loader.TaskFile(file, play.Root, filepath.Base(filepath.Dir(file)) == "handlers")
	c.addAll(RuleSyntax, slices.DeleteFunc(found, needsVariables))
	(&walk{checker: c, play: &playState{open: true}}).nodesOf(file, nodes)
}

func (w *walk) nodesOf(file string, nodes []playbook.Node) {
	w.walked[file] = true
	w.nodes(nodes)
}

// nodes walks a list of tasks and blocks.
func (w *walk) nodes(list []playbook.Node) {
	var end *playbook.Task
	for _, n := range list {
		switch x := n.(type) {
		case *playbook.Task:
			w.unreachable(end, x.Pos)
			w.task(x)
			if end == nil && endsForAll(x) {
				end = x
			}
		case *playbook.Block:
			w.unreachable(end, x.Pos)
			w.block(x)
		}
	}
}

// endsForAll tells whether nothing after a task runs.
func endsForAll(t *playbook.Task) bool {
	if playbook.ShortName(t.Action) != "meta" || len(t.When) > 0 || t.Loop != nil {
		return false
	}
	raw, _ := t.Args.Get(playbook.RawParams)
	return raw == "end_play" || raw == "end_batch" || raw == "end_host"
}

func (w *walk) unreachable(end *playbook.Task, pos diag.Pos) {
	if end == nil {
		return
	}
	raw, _ := end.Args.Get(playbook.RawParams)
	w.warnf(RuleDead, pos, "give meta: "+value.Str(raw)+" a condition, or remove what follows it",
		"this never runs: meta: %s on line %d ends the play before it", value.Str(raw), end.Pos.Line)
}

func (w *walk) block(b *playbook.Block) {
	if w.depth > maxDepth {
		return
	}
	inner := *w
	inner.depth++
	if b.File != "" && b.Include {
		w.walked[b.File] = true
		if kpos, _, _, ok := entry(b.Pos.File, w.files.mapping(b.Pos), "include"); ok {
			w.oldInclude(kpos)
		}
	}
	if b.Role != nil && (b.Parent == nil || b.Parent.Role != b.Role) {
		inner.roleVars(b.Role)
	}
	inner.attributes(b.Attrs)
	inner.vars(b.Vars)
	for _, cond := range b.When {
		inner.condition(cond, "when")
	}
	for _, list := range [][]playbook.Node{b.Body, b.Rescue, b.Always} {
		inner.nodes(list)
	}
}

// maxDepth is how deep blocks and includes are followed.
const maxDepth = 50

// task checks one task.
func (w *walk) task(t *playbook.Task) {
	w.walked[t.File] = true
	w.variables.task(t)
	w.attributes(t.Attrs)
	w.vars(t.Vars)
	for _, list := range []struct {
		keyword string
		conds   []playbook.Cond
	}{{"when", t.When}, {"until", t.Until}, {"changed_when", t.ChangedWhen}, {"failed_when", t.FailedWhen}} {
		for _, cond := range list.conds {
			w.condition(cond, list.keyword)
		}
	}
	for _, a := range t.Tags {
		w.value(a.Value, a.Pos)
	}
	w.loop(t)
	w.action(t)
	w.forms(t)
	w.notifications(t)
	if t.Handler {
		w.handlers.define(t, w.play)
	}
	w.namedFiles(t)
	w.follow(t)
}

// follow walks into what a task includes, when its name is known.
func (w *walk) follow(t *playbook.Task) {
	if w.depth > maxDepth {
		return
	}
	switch playbook.ShortName(t.Action) {
	case "include_tasks", "include":
		w.followTasks(t)
	case "include_role":
		w.followRole(t)
	}
}

func (w *walk) followTasks(t *playbook.Task) {
	v, ok := t.Args.Get("file")
	if !ok {
		v, ok = t.Args.Get(playbook.RawParams)
	}
	name, isText := v.(string)
	if !ok || !isText {
		w.play.open = true
		return
	}
	name = strings.Fields(name + " ")[0]
	path, ok := w.loader.FindTasks(name, t)
	if !ok {
		w.errorf(RuleFile, t.ActionPos, "it is looked for beside the file that includes it and in the role's tasks folder",
			"the task file %s does not exist", name)
		return
	}
	key := path + "\x00" + roleOf(t)
	if w.walked[key] && w.walked[path] && !w.play.real {
		return
	}
	if slices.Contains(w.play.path, path) {
		return // it includes itself, which a condition ends
	}
	w.walked[key], w.walked[path] = true, true
	block, found := w.loader.IncludeBlock(t, path, t.Vars)
	w.addAll(RuleSyntax, found)
	nodes, found := w.loader.TaskFile(path, block, t.Handler)
	w.addAll(RuleSyntax, found)
	w.inside(path, func(inner *walk) { inner.nodes(nodes) })
}

// inside walks something that the file at path holds.
func (w *walk) inside(path string, do func(*walk)) {
	inner := *w
	inner.depth++
	before := w.play.path
	w.play.path = append(slices.Clone(before), path)
	do(&inner)
	w.play.path = before
}

func roleOf(t *playbook.Task) string {
	if r := t.Role(); r != nil {
		return r.Path
	}
	return ""
}

func (w *walk) followRole(t *playbook.Task) {
	v, ok := t.Args.Get("name")
	if !ok {
		v, ok = t.Args.Get("role")
	}
	name, isText := v.(string)
	if !ok {
		w.errorf(RuleParameters, t.Pos, "", "'name' is a required field for include_role.")
		return
	}
	if !isText || computedIn(t.Args, "tasks_from", "vars_from", "defaults_from", "handlers_from") {
		w.play.open = true
		return
	}
	ref, bad := playbook.RoleRefOf(t, name, t.Args)
	if bad != nil {
		w.add(RuleParameters, bad)
		return
	}
	role, _ := w.loader.FindRole(ref, t.Parent, nil)
	key := role.Path + "\x00" + ref.TasksFrom
	if role.Path != "" && slices.Contains(w.play.path, key) {
		return
	}
	block, found := w.loader.IncludeRole(ref, t.Parent)
	w.addAll(RuleSyntax, found)
	if block.Role != nil {
		w.inside(key, func(inner *walk) { inner.roleUse(block.Role) })
	} else {
		w.play.open = true
	}
}

func computedIn(args *value.Dict, names ...string) bool {
	for _, n := range names {
		if v, ok := args.Get(n); ok {
			if _, computed := v.(value.Template); computed {
				return true
			}
		}
	}
	return false
}

// varsFile checks a file of variables, which read reads.
func (c *checker) varsFile(file string, read func(string) (*value.Dict, error)) {
	src, err := os.ReadFile(file)
	if err != nil || strings.HasPrefix(string(src), "$ANSIBLE_VAULT") {
		return
	}
	d, err := read(file)
	if err != nil {
		c.add(RuleSyntax, asDiagnostic(err, file))
		return
	}
	(&walk{checker: c, play: &playState{}}).vars(d)
}
