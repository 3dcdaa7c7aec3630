package lint

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// action checks the module of a task and its parameters.
func (w *walk) action(t *playbook.Task) {
	w.value(t.Args, t.ActionPos)
	w.value(t.ArgsExpr, t.ActionPos)
	if strings.Contains(t.Action, "{{") {
		return
	}
	if !w.o.Modules.Known(t.Action) {
		w.unknownModule(t)
		return
	}
	if playbook.ShortName(t.Action) == "meta" {
		w.meta(t)
		return
	}
	m, ok := w.o.Modules.Module(t.Action)
	if !ok || arbitrary[playbook.ShortName(t.Action)] {
		return
	}
	for _, p := range problemsOf(t, m) {
		w.errorf(RuleParameters, w.parameterPos(t, p.Param), p.Hint, "%s", p.Message)
	}
}

// arbitrary are actions whose parameters are variables, or are checked where they are read.
var arbitrary = map[string]bool{
	"set_fact": true, "add_host": true, "include": true, "include_tasks": true, "import_tasks": true, "include_role": true, "import_role": true,
}

// problemsOf returns what is certainly wrong with the parameters of a task.
func problemsOf(t *playbook.Task, m modules.Module) []modules.Problem {
	args, _ := static(t.Args).(map[string]any)
	raw, isRaw := args[playbook.RawParams]
	if isRaw {
		if _, whole := raw.(modules.Computed); whole && m.Info().FreeForm == "" {
			return nil // module: "{{ parameters }}"
		}
		delete(args, playbook.RawParams)
	}
	incomplete := isRaw || t.ArgsExpr != nil || len(t.InheritAll("module_defaults")) > 0
	var found []modules.Problem
	for _, p := range modules.CheckArgs(m, args) {
		if p.Param != "" || !incomplete {
			found = append(found, p)
		}
	}
	return found
}

// static is a value as modules get it, with Computed for what a template or a secret makes of it.
func static(v any) any {
	switch x := v.(type) {
	case value.Template, value.Vault:
		return modules.Computed{}
	case *value.List:
		out := make([]any, len(x.Items))
		for i, item := range x.Items {
			out[i] = static(item)
		}
		return out
	case *value.Dict:
		out := make(map[string]any, x.Len())
		for k, item := range x.All() {
			out[value.KeyText(k)] = static(item)
		}
		return out
	}
	return value.ToGo(v)
}

// parameterPos is where a parameter stands: its key, or else the module's name.
func (w *walk) parameterPos(t *playbook.Task, param string) diag.Pos {
	if param == "" {
		return t.ActionPos
	}
	task := w.files.mapping(t.Pos)
	for _, key := range []string{t.Action, "args", "action", "local_action"} {
		if _, _, args, ok := entry(t.File, task, key); ok && args.Kind == yaml.MappingNode {
			if kpos, _, _, ok := entry(t.ActionPos.File, args, param); ok {
				return kpos
			}
		}
	}
	return t.ActionPos
}

func (w *walk) unknownModule(t *playbook.Task) {
	name := t.Action
	if path := w.plugins.find("module", name); path != "" {
		w.plugins.use("module", name, path, t.ActionPos, w.checker)
		return
	}
	if w.plugins.program(name) {
		return
	}
	if near := diag.Typo(name, append(w.o.Modules.Names(), playbook.Keywords()...)); near != "" && !strings.Contains(name, ".") {
		w.errorf(RuleModule, t.ActionPos, "did you mean "+near+"?", "there is no module called '%s'", name)
		return
	}
	w.warnf(RuleModule, t.ActionPos, "a run fails only if it comes to this task", "muster has no module called '%s'", name)
}

// metaActions are what meta: does.
var metaActions = []string{"clear_facts", "clear_host_errors", "end_batch", "end_host", "end_play", "end_role", "flush_handlers", "noop", "refresh_inventory", "reset_connection"}

func (w *walk) meta(t *playbook.Task) {
	raw, ok := t.Args.Get(playbook.RawParams)
	if _, computed := raw.(value.Template); computed {
		return
	}
	name, _ := raw.(string)
	for _, known := range metaActions {
		if name == known {
			return
		}
	}
	if !ok {
		w.errorf(RuleParameters, t.ActionPos, "it is one of "+strings.Join(metaActions, ", "), "meta needs the name of what it is to do")
		return
	}
	hint := "it is one of " + strings.Join(metaActions, ", ")
	if near := diag.Suggest(name, metaActions); near != "" {
		hint = "did you mean " + near + "?"
	}
	w.errorf(RuleParameters, t.ActionPos, hint, "meta: there is no '%s'", name)
}

func (w *walk) oldInclude(pos diag.Pos) {
	w.warnf(RuleDeprecated, pos, "use include_tasks, or import_tasks for what is known before the run", "include is deprecated")
}

// forms tells about older ways of writing a task.
func (w *walk) forms(t *playbook.Task) {
	if playbook.ShortName(t.Action) == "include" {
		w.oldInclude(t.ActionPos)
	}
	task := w.files.mapping(t.Pos)
	if task == nil || task.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(task.Content); i += 2 {
		key, v := task.Content[i], task.Content[i+1]
		pos := diag.Pos{File: t.File, Line: key.Line, Col: key.Column}
		switch {
		case key.Value == "action" && v.Kind == yaml.ScalarNode && strings.Contains(v.Value, "="):
			w.warnf(RuleDeprecated, pos, "write the module's name as the key and its parameters under it", "action: with key=value is an old form")
		case key.Value == "local_action":
			w.warnf(RuleStyle, pos, "use the module with delegate_to: localhost", "local_action is an older form")
		case key.Value == t.Action && v.Kind == yaml.ScalarNode && keyValueForm(t, v.Value):
			w.warnf(RuleStyle, pos, "write each parameter on a line of its own as key: value", "parameters are written as key=value")
		}
	}
}

func keyValueForm(t *playbook.Task, text string) bool {
	_, raw := t.Args.Get(playbook.RawParams)
	return !raw && strings.Contains(text, "=")
}
