package playbook

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// pickAction decides which of the entries that are no keywords names the action, and reads its arguments.
func (r *reader) pickAction(t *Task, file string, candidates []entry) bool {
	e, ok := r.oneAction(t, candidates)
	if !ok {
		return false
	}
	t.ActionPos = e.kpos
	if e.key == "action" || e.key == "local_action" {
		return r.oldAction(t, file, e)
	}
	t.Action = e.key
	t.Args = r.arguments(file, e.node, e.key, e.pos)
	return r.noInternals(t)
}

// noInternals refuses arguments whose names are not for users.
func (r *reader) noInternals(t *Task) bool {
	for k := range t.Args.All() {
		if name := value.KeyText(k); strings.HasPrefix(name, "_ansible_") {
			r.errorf(t.ActionPos, "invalid parameter specified for action '%s': '%s'. The prefix '_ansible_' is reserved for internal use only.", t.Action, name)
			return false
		}
	}
	return true
}

func (r *reader) oneAction(t *Task, candidates []entry) (entry, bool) {
	switch len(candidates) {
	case 0:
		r.errorf(t.Pos, "no module/action detected in task.")
		return entry{}, false
	case 1:
		return candidates[0], true
	}
	var known []entry
	for _, e := range candidates {
		if e.key == "action" || e.key == "local_action" || r.known(e.key) {
			known = append(known, e)
		}
	}
	if len(known) == 1 {
		for _, e := range candidates {
			if e.key != known[0].key {
				r.unknownKeyword(e, "Task", onTask)
			}
		}
		return entry{}, false
	}
	names := make([]string, len(candidates))
	for i, e := range candidates {
		names[i] = e.key
	}
	d := r.errorf(candidates[1].kpos, "conflicting action statements: %s", strings.Join(names, ", "))
	d.Hint = "a task has one action; indent its arguments under it, or start another task with `- `"
	return entry{}, false
}

func (r *reader) known(name string) bool { return r.o.Actions != nil && r.o.Actions.Known(name) }

// oldAction reads `action: name key=value`, `action: {module: name, …}` and both forms of local_action.
func (r *reader) oldAction(t *Task, file string, e entry) bool {
	if e.key == "local_action" {
		t.Attrs["delegate_to"] = Attr{Value: "localhost", Pos: e.pos}
	}
	switch v := r.value(file, e.node).(type) {
	case *value.Dict:
		name, ok := v.Get("module")
		if !ok {
			r.errorf(e.pos, "no module/action detected in task.")
			return false
		}
		args := v.Clone()
		args.Delete("module")
		t.Action = text(name)
		if words := splitKeeping(strings.TrimSpace(t.Action)); len(words) > 1 {
			t.Action = strings.TrimSpace(words[0])
			args = overlay(r.textArguments(strings.Join(words[1:], ""), t.Action, e.pos), args)
		}
		t.Args = args
	case string:
		return r.oldActionText(t, v, e.pos)
	case value.Template:
		return r.oldActionText(t, v.Src, e.pos)
	default:
		r.errorf(e.pos, "unexpected parameter type in action: %s", kindName(e.node))
		return false
	}
	return true
}

func (r *reader) oldActionText(t *Task, s string, pos diag.Pos) bool {
	words := splitKeeping(strings.TrimSpace(s))
	t.Action = strings.TrimSpace(words[0])
	if t.Action == "" {
		r.errorf(pos, "no module/action detected in task.")
		return false
	}
	t.Args = r.textArguments(strings.Join(words[1:], ""), t.Action, pos)
	return true
}

// arguments reads what stands under a module's name.
func (r *reader) arguments(file string, n *yaml.Node, action string, pos diag.Pos) *value.Dict {
	switch v := r.value(file, n).(type) {
	case nil:
		return value.NewDict()
	case *value.Dict:
		if _, wrapped := v.Get("args"); wrapped && v.Len() == 1 {
			if inner, ok := mustGet(v, "args").(*value.Dict); ok {
				return inner
			}
		}
		return v
	case string:
		return r.textArguments(v, action, pos)
	case value.Template:
		return r.textArguments(v.Src, action, pos)
	case *value.List:
		r.errorf(pos, "unexpected parameter type in action: a list").Hint = fmt.Sprintf("%s takes a mapping of parameters", action)
		return value.NewDict()
	default:
		return r.textArguments(yaml11Text(n), action, pos)
	}
}

func mustGet(d *value.Dict, key string) any { v, _ := d.Get(key); return v }

// yaml11Text is a scalar as it was written, for free-form actions such as `command: 0644`.
func yaml11Text(n *yaml.Node) string { return n.Value }

// textArguments reads the text form of arguments: key=value pairs, or free text with a few options among it.
func (r *reader) textArguments(s, action string, pos diag.Pos) *value.Dict {
	if strings.TrimSpace(s) == "" {
		return value.NewDict()
	}
	var options []string
	freeForm := true
	if r.o.Actions != nil && r.known(action) {
		options, freeForm = r.o.Actions.RawOptions(action), r.o.Actions.FreeForm(action)
	}
	if options == nil && !balanced(s) {
		r.errorf(pos, "failed at splitting arguments, either an unbalanced jinja2 block or quotes: %s", s)
		return value.NewDict()
	}
	args := keyValues(s, pos, options)
	if raw, ok := args.Get(RawParams); ok && !freeForm && !isTemplateOnly(raw) {
		d := r.errorf(pos, "this task '%s' has extra params, which is only allowed in the following modules: command, shell, script, raw, include_tasks, import_tasks, include_role, import_role, include_vars, set_fact, add_host, group_by, meta", action)
		d.Hint = "write its parameters as key: value under the module's name"
	}
	return args
}

func isTemplateOnly(v any) bool { _, ok := v.(value.Template); return ok }

// mergeArgs puts the keyword args: under the arguments given with the action.
func (r *reader) mergeArgs(t *Task, entries []entry, file string) {
	for _, e := range entries {
		if e.key != "args" {
			continue
		}
		switch v := r.value(file, e.node).(type) {
		case nil:
		case *value.Dict:
			t.Args = overlay(v, t.Args)
		case value.Template:
			t.ArgsExpr = v
		case string:
			if yaml11.HasMarkers(v) {
				t.ArgsExpr = value.Template{Src: v, Pos: e.pos}
				continue
			}
			t.Args = overlay(KeyValues(v, e.pos), t.Args)
		default:
			r.errorf(e.pos, "args must be a mapping of parameters")
		}
	}
}
