package executor

import (
	"fmt"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// returnsVariables reports whether the action's ansible_facts are variables of the playbook, not facts of a host.
func (t *taskRun) returnsVariables() bool {
	switch playbook.ShortName(t.task.Action) {
	case "set_fact", "include_vars":
		return true
	}
	return false
}

// bookFacts returns what stores the facts of a result. Facts of a delegated task belong to the task's host unless
// delegate_facts says otherwise.
func (t *taskRun) bookFacts(c *call, res *itemResult) []func(*hostState) {
	v, ok := res.dict.Get("ansible_facts")
	if !ok {
		return nil
	}
	facts, ok := v.(*value.Dict)
	if !ok {
		return nil
	}
	owner := func(h *hostState) *hostState { return h }
	if c.delegated != "" && t.flagIn(c.scope, "delegate_facts", false) {
		owner = func(*hostState) *hostState { return c.target }
	}
	switch playbook.ShortName(t.task.Action) {
	case "include_vars":
		return []func(*hostState){func(h *hostState) { owner(h).includeVars(facts) }}
	case "set_fact":
		cacheable, _ := res.dict.Get("_ansible_facts_cacheable")
		res.dict.Delete("_ansible_facts_cacheable")
		return []func(*hostState){func(h *hostState) {
			owner(h).storeSet(facts, toBool(cacheable))
			if toBool(cacheable) {
				t.x.keepFacts(owner(h))
			}
		}}
	}
	return []func(*hostState){func(h *hostState) {
		owner(h).addFacts(facts)
		owner(h).markGathered(t.task)
		t.x.keepFacts(owner(h))
	}}
}

// storeSet stores what set_fact sets; cacheable ones are facts as well.
func (h *hostState) storeSet(facts *value.Dict, cacheable bool) {
	for k, v := range facts.All() {
		h.setFact(value.KeyText(k), v)
	}
	if cacheable {
		h.addFacts(facts)
	}
}

func (h *hostState) markGathered(t *playbook.Task) {
	switch playbook.ShortName(t.Action) {
	case "gather_facts", "setup":
		h.mu.Lock()
		defer h.mu.Unlock()
		h.gathered = true
	}
}

// hasGathered reports that facts of the host were gathered in this run.
func (h *hostState) hasGathered() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.gathered
}

// layers are the inventory's variables of the host, the lowest precedence first.
func (s *scope) layers() []*value.Dict {
	if s.inv == nil && s.host.inv != nil {
		s.inv = s.x.o.Inventory.VarLayers(s.host.inv, s.dir())
	}
	return s.inv
}

// shownArgs is the text of a task's arguments for display_args_to_stdout; "" when it is off or the task is secret.
func (x *Executor) shownArgs(t *playbook.Task, s *scope) string {
	if !x.o.Settings.DisplayArgsToStdout {
		return ""
	}
	if a, ok := t.Inherit("no_log"); ok {
		if v, err := s.render(a.Value); err != nil || toBool(v) {
			return ""
		}
	}
	text := ""
	for k, v := range t.Args.All() {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s=%s", value.KeyText(k), value.Str(templateText(v)))
	}
	return " " + text
}
