package lint

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// playState is what is known about the notifications of one play, or of a role that is looked at alone.
type playState struct {
	real     bool // a play of a playbook, so that all its handlers are known
	open     bool // something is included whose name is known only when it runs
	path     []string
	notified []notification
	defined  []definition
}

type notification struct {
	name string
	pos  diag.Pos
	role string
	like *regexp.Regexp // what the name may become; nil when it is no template
}

// definition is one handler with the names that it answers to.
type definition struct {
	names []string
	likes []*regexp.Regexp // what the names may become, nil for those that are no template
	pos   diag.Pos
	role  string
	real  bool // a play of the tree has it
}

// handlers gathers notifications and handlers of the whole tree.
type handlers struct {
	notified []notification
	noted    map[[2]string]bool
	defined  []definition
	known    map[diag.Pos]bool
}

func newHandlers() *handlers {
	return &handlers{known: map[diag.Pos]bool{}, noted: map[[2]string]bool{}}
}

// notifications notes what a task and the blocks around it notify.
func (w *walk) notifications(t *playbook.Task) {
	for _, a := range append(append([]playbook.Attr(nil), t.Notify...), t.InheritAll("notify")...) {
		for _, v := range listOf(a.Value) {
			w.value(v, a.Pos)
			n := notification{textOf(v), a.Pos, roleOf(t), pattern(textOf(v))}
			w.play.notified = append(w.play.notified, n)
			w.handlers.note(n)
		}
	}
}

// note keeps a notification for the whole tree, once for each role.
func (h *handlers) note(n notification) {
	key := [2]string{n.name, n.role}
	if !h.noted[key] {
		h.noted[key] = true
		h.notified = append(h.notified, n)
	}
}

func listOf(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case *value.List:
		return x.Items
	}
	return []any{v}
}

func textOf(v any) string {
	if t, ok := v.(value.Template); ok {
		return t.Src
	}
	return value.Str(v)
}

// define notes a handler.
func (h *handlers) define(t *playbook.Task, play *playState) {
	d := definition{pos: t.Pos, role: roleOf(t), real: play.real, names: append([]string(nil), t.Listen...)}
	if name := t.Name(); name != nil {
		d.names = append(d.names, textOf(name))
		if r := t.Role(); r != nil {
			d.names = append(d.names, r.Name+" : "+textOf(name))
		}
	}
	for _, name := range d.names {
		d.likes = append(d.likes, pattern(name))
	}
	play.defined = append(play.defined, d)
	if !h.known[d.pos] && !isInclude(t) {
		h.known[d.pos] = true
		h.defined = append(h.defined, d)
	}
}

func isInclude(t *playbook.Task) bool {
	switch playbook.ShortName(t.Action) {
	case "include_tasks", "include", "include_role", "meta":
		return true
	}
	return false
}

// judge tells about notifications that no handler of a play answers.
func (s *playState) judge(c *checker) {
	if s.open || !s.real {
		return
	}
	var names []string
	for _, d := range s.defined {
		names = append(names, d.names...)
	}
	for _, n := range s.notified {
		if answered(n, s.defined) || strings.Contains(n.name, "{{") && strings.Contains(n.name, "omit") {
			continue
		}
		hint := "a handler is found by its name or by what it listens to, exactly as written"
		if near := diag.Suggest(n.name, names); near != "" {
			hint = "did you mean '" + near + "'?"
		}
		c.errorf(RuleHandler, n.pos, hint, "no handler is called '%s'", n.name)
	}
}

func answered(n notification, defined []definition) bool {
	for _, d := range defined {
		if d.answers(n) {
			return true
		}
	}
	return false
}

// answers tells whether a notification can reach the handler. Parts that are templates may be anything.
func (d definition) answers(n notification) bool {
	for i, name := range d.names {
		like := d.likes[i]
		switch {
		case name == n.name || n.like != nil && like != nil:
			return true
		case n.like != nil:
			if n.like.MatchString(name) && (n.like.String() != `^.*$` || d.role == n.role) {
				return true
			}
		case like != nil && like.MatchString(n.name):
			return true
		}
	}
	return false
}

var marked = regexp.MustCompile(`\{\{.*?\}\}`)

// pattern matches what a template may become; nil for text without one.
func pattern(template string) *regexp.Regexp {
	if !strings.Contains(template, "{{") {
		return nil
	}
	parts := marked.Split(template, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
}

// report tells about handlers that nothing in the whole tree notifies.
func (h *handlers) report(c *checker) {
	for _, d := range h.defined {
		used := len(d.names) == 0
		for _, n := range h.notified {
			used = used || d.answers(n)
		}
		if used || !c.within(d.pos.File) {
			continue
		}
		rule := RuleHandler
		if !d.real {
			rule = RuleStyle // a role alone may have handlers for the plays that use it
		}
		c.warnf(rule, d.pos, "remove it, or notify it", "nothing notifies the handler '%s'", d.names[max(0, len(d.names)-1-boolInt(d.role != "" && len(d.names) > 1))])
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
