package lint

import (
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// Early returns the mistakes that a run of plays is sure to come to: broken expressions and templates, and parameters that
// a module refuses, in tasks that run whatever happens before. What a condition may skip and what a rescue or
// ignore_errors is there for is left to the run, and so is whatever muster does not have. With all, as for a check of
// the syntax, expressions and templates are looked at everywhere.
func Early(o Options, books []*playbook.Playbook, all bool) diag.List {
	o.Skip = []string{RuleModule, RuleFilter, RuleLookup, RuleFile, RuleHandler, RuleDeprecated, RuleStyle, RuleDead, RulePlugin, RuleInventory}
	c := newChecker(o)
	w := &walk{checker: c, play: &playState{open: true}}
	for _, b := range books {
		for _, p := range b.Plays {
			for _, list := range [][]playbook.Node{p.PreTasks, tasksOfRoles(p.Roles), p.Tasks, p.PostTasks} {
				w.certain(list, all)
			}
		}
	}
	var found diag.List
	for _, f := range c.sorted() {
		if f.Severity == diag.Error {
			found.Add(f.Diagnostic)
		}
	}
	return found
}

func tasksOfRoles(roles []*playbook.Role) []playbook.Node {
	var nodes []playbook.Node
	for _, r := range roles {
		for _, one := range r.Flatten() {
			nodes = append(nodes, one.Block)
		}
	}
	return nodes
}

// certain looks at the tasks that are sure to run.
func (w *walk) certain(list []playbook.Node, all bool) {
	for _, n := range list {
		switch x := n.(type) {
		case *playbook.Block:
			if all || len(x.When) == 0 && len(x.Rescue) == 0 && !x.Has("ignore_errors") {
				w.certain(x.Body, all)
			}
			if all {
				w.certain(x.Rescue, all)
			}
			w.certain(x.Always, all)
		case *playbook.Task:
			if endsPlay(x) {
				return
			}
			w.certainTask(x, all)
		}
	}
}

// endsPlay tells whether what follows a task may never run.
func endsPlay(t *playbook.Task) bool {
	raw, _ := t.Args.Get(playbook.RawParams)
	return playbook.ShortName(t.Action) == "meta" && (raw == "end_play" || raw == "end_host" || raw == "end_batch")
}

func (w *walk) certainTask(t *playbook.Task, all bool) {
	sure := len(t.When) == 0 && len(t.FailedWhen) == 0 && !t.Has("ignore_errors") && t.Loop == nil && len(t.Until) == 0 && !neverTagged(t)
	if !all && !sure {
		return
	}
	w.value(t.Args, t.ActionPos)
	if all {
		for _, conds := range [][]playbook.Cond{t.When, t.Until, t.ChangedWhen, t.FailedWhen} {
			for _, cond := range conds {
				w.condition(cond, "when")
			}
		}
	}
	if sure && w.o.Modules.Known(t.Action) {
		w.action(t)
	}
}

// neverTagged tells whether a task runs only when its tags are asked for.
func neverTagged(t *playbook.Task) bool {
	for _, a := range t.AllTags() {
		if a.Value == "never" || isTemplate(a.Value) {
			return true
		}
	}
	return false
}

func isTemplate(v any) bool {
	_, ok := v.(value.Template)
	return ok
}
