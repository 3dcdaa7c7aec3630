package executor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// includeRequest is what an include asked for on one host: a file of tasks or a role.
type includeRequest struct {
	file    string // include_tasks
	role    string // include_role
	args    *value.Dict
	vars    *value.Dict // of the include and its loop
	item    any         // what it is shown with
	looped  bool
	trusted bool // no part of the loop's items can have come from a host
	missing error
}

// key is equal for requests that continue with the same tasks and variables.
func (r includeRequest) key() string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%s", r.file, r.role, value.Repr(r.args), value.Repr(r.vars))
}

// includeTasks is the action include_tasks: it names the file, the strategy puts its tasks in.
func includeTasks(_ context.Context, c *call) *itemResult {
	name := c.text("file", playbook.RawParams)
	if name == "" {
		return failedResult("No file specified for %s", c.action)
	}
	request := includeRequest{args: value.NewDict()}
	path, ok := c.t.x.o.Loader.FindTasks(name, c.t.task)
	if !ok {
		path = filepath.Join(filepath.Dir(c.t.task.File), name)
		request.missing = fmt.Errorf("Could not find or access '%s' on the Ansible Controller.", path)
	}
	vars, err := includeVariables(c, "file", playbook.RawParams, "apply")
	if err != nil {
		return c.t.broken(err)
	}
	request.file, request.vars = path, vars
	return includeResult(c, request, "include", name)
}

// includeRole is the action include_role.
func includeRole(_ context.Context, c *call) *itemResult {
	name := c.text("name", "role")
	if name == "" {
		return failedResult("'name' is a required field for include_role.")
	}
	vars, err := includeVariables(c)
	if err != nil {
		return c.t.broken(err)
	}
	args := value.NewDict()
	for k, v := range c.args.All() {
		args.Set(k, v)
	}
	return includeResult(c, includeRequest{role: name, args: args, vars: vars}, "include_args", args)
}

func includeResult(c *call, r includeRequest, key string, shown any) *itemResult {
	if c.scope.loop.Len() > 0 {
		name, _ := c.scope.loop.Get("ansible_loop_var")
		r.item, _ = c.scope.loop.Get(value.Str(name))
		r.looped, r.trusted = true, c.scope.trusted
	}
	res := newResult("changed", false, "failed", false, key, shown)
	res.includes = []includeRequest{r}
	return res
}

// labelIncludes says what the includes of a loop's item are shown with: the label that the item has, or that it may not be told.
func (r *itemResult) labelIncludes(label any, noLog bool) {
	if noLog {
		label = "(censored due to no_log)"
	}
	for i := range r.includes {
		r.includes[i].item = label
	}
}

// includeVariables are the variables that an include hands on: its vars, its extra arguments and its loop's variables.
func includeVariables(c *call, reserved ...string) (*value.Dict, error) {
	vars := value.NewDict()
	for k, v := range c.scope.loop.All() {
		vars.Set(k, v)
	}
	own := c.t.task.Vars
	for k, v := range own.All() {
		if !hasTemplate(v) || c.scope.loop.Len() == 0 {
			vars.Set(k, v)
			continue
		}
		out, err := c.scope.render(v)
		if err != nil {
			vars.Set(k, v)
			continue
		}
		vars.Set(k, out)
	}
	if len(reserved) == 0 {
		return vars, nil
	}
	for k, v := range c.args.All() {
		name := value.KeyText(k)
		known := false
		for _, r := range reserved {
			known = known || r == name
		}
		if !known {
			vars.Set(name, v)
		}
	}
	return vars, nil
}

// include loads what the hosts asked for, once for all hosts that asked for the same, and gives each host its blocks.
func (g *groupRun) include(_ context.Context, workers []*participant) error {
	type wanted struct {
		request includeRequest
		hosts   []*participant
		index   int
	}
	var order []*wanted
	byKey := map[string]*wanted{}
	for _, m := range workers {
		out := g.results[m]
		if out == nil || len(out.includes) == 0 || out.ending != good {
			continue
		}
		for i, r := range out.includes {
			k := fmt.Sprintf("%d\x00%s", i, r.key())
			w, ok := byKey[k]
			if !ok {
				w = &wanted{request: r, index: len(order)}
				byKey[k] = w
				order = append(order, w)
			}
			w.hosts = append(w.hosts, m)
		}
	}
	for _, w := range order {
		block, err := g.loadInclude(w.request)
		if err != nil {
			ofRole := w.request.role != ""
			if errors.As(err, new(mistakes)) || ofRole { // said beside the result, where Ansible says it
				g.play.x.sink.Handle(event.Message{Level: "error", Text: err.Error()})
			}
			g.failInclude(w.hosts, ofRole, err)
			continue
		}
		for _, m := range w.hosts {
			for len(m.w.last.includes) <= w.index {
				m.w.last.includes = append(m.w.last.includes, nil)
			}
			m.w.last.includes[w.index] = block
		}
		if w.request.role == "" {
			g.announceInclude(w.request, w.hosts)
		}
	}
	return nil
}

func (g *groupRun) announceInclude(r includeRequest, hosts []*participant) {
	names := make([]string, len(hosts))
	for i, m := range hosts {
		names[i] = m.w.host.name
		m.w.host.count(func(c *event.Counts) { c.OK++ })
	}
	e := event.Included{Task: g.id, File: r.file, Hosts: names}
	if r.looped && value.Truth(r.item) {
		e.Item, e.Label = value.ToGo(r.item), value.Str(r.item)
	}
	g.play.x.sink.Handle(e)
}

// failInclude fails the hosts that asked for something that cannot be loaded.
func (g *groupRun) failInclude(hosts []*participant, ofRole bool, err error) {
	for _, m := range hosts {
		t := &taskRun{x: g.play.x, play: g.play, task: g.task, host: m.w.host, id: g.id, rescued: m.at.rescued, started: g.play.x.o.Now()}
		res := newResult("failed", true, "reason", err.Error())
		if ofRole {
			res = newResult("changed", false, "failed", true, "reason", err.Error())
		}
		var wrong mistakes
		hopeless := errors.As(err, &wrong)
		if hopeless {
			res = t.hopeless(newResult("failed", true, "reason", wrong.summary))
		}
		t.emit(res, event.Failed, false)
		t.recap(event.Failed, res, false, false)
		m.w.last.ending, m.w.last.result, m.w.last.hopeless = failing, res.dict, hopeless
		if !m.at.rescued || hopeless {
			m.w.host.setOut(true, false)
		}
	}
}

// mistakes is an error about what is written in an included file. No rescue is meant for it: Ansible ends the run.
type mistakes struct {
	error
	summary string
}

// loadInclude reads the tasks of a request as a block of the play.
func (g *groupRun) loadInclude(r includeRequest) (*playbook.Block, error) {
	l := g.play.x.o.Loader
	if r.missing != nil {
		return nil, r.missing
	}
	if r.role != "" {
		return g.loadRole(r)
	}
	b, diags := l.IncludeBlock(g.task, r.file, r.vars)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	b.Computed = r.looped && !r.trusted
	nodes, diags := l.TaskFile(r.file, b, g.task.Handler)
	if err := diags.Err(); err != nil {
		return nil, mistakes{explain(diags), diags[0].Summary}
	}
	b.Body = nodes
	return b, nil
}

func (g *groupRun) loadRole(r includeRequest) (*playbook.Block, error) {
	l := g.play.x.o.Loader
	ref, bad := playbook.RoleRefOf(g.task, r.role, r.args)
	if bad != nil {
		return nil, bad
	}
	if _, said := r.args.Get("public"); !said {
		ref.Public = g.play.x.publicIncludes()
	}
	ref.Vars = r.vars
	parent, diags := l.IncludeBlock(g.task, "", r.vars)
	if err := diags.Err(); err != nil {
		return nil, explain(diags)
	}
	parent.Computed = r.looped && !r.trusted
	if role := g.task.Role(); role != nil {
		parent.Role = role
	}
	b, diags := l.IncludeRole(ref, parent)
	if err := diags.Err(); err != nil {
		return nil, explain(diags)
	}
	if b.Role != nil {
		g.play.adopt(b.Role, useOf(g.task), ref.Public)
		b.Role = nil
	}
	b.Role = g.task.Role()
	parent.Body = []playbook.Node{b}
	return parent, nil
}

// publicIncludes reports whether the settings let the play see the variables of included roles.
func (x *Executor) publicIncludes() bool {
	found, ok := x.o.Settings.Lookup("DEFAULT_PRIVATE_ROLE_VARS")
	return ok && found.Origin.Text != "default" && found.Value == false
}
