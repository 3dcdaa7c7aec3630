package lint

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

func asDiagnostic(err error, file string) *diag.Diagnostic {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d
	}
	return diag.Errorf(diag.Pos{File: file}, "%v", err)
}

// attributes checks the templates in keywords.
func (w *walk) attributes(attrs playbook.Attrs) {
	for _, a := range attrs {
		w.value(a.Value, a.Pos)
	}
}

// vars checks the templates in variables.
func (w *walk) vars(d *value.Dict) {
	if d != nil {
		w.variables.defineAll(d)
		w.value(d, diag.Pos{})
	}
}

// value checks every template inside a value.
func (w *walk) value(v any, pos diag.Pos) {
	switch x := v.(type) {
	case value.Template:
		if x.Pos.Line > 0 {
			pos = x.Pos
		}
		if !w.first(x.Src, pos) {
			return
		}
		w.template(x.Src, w.o.Engine.Check(x.Src, pos), pos)
	case *value.List:
		for _, item := range x.Items {
			w.value(item, pos)
		}
	case *value.Dict:
		for _, item := range x.All() {
			w.value(item, pos)
		}
	}
}

// first tells whether a text at a place is looked at for the first time; roles are walked once for each use.
func (c *checker) first(src string, pos diag.Pos) bool {
	key := checked{src, pos}
	known := c.checked[key]
	c.checked[key] = true
	return !known
}

type checked struct {
	src string
	pos diag.Pos
}

// condition checks the expression of when and the like.
func (w *walk) condition(cond playbook.Cond, keyword string) {
	switch x := cond.Value.(type) {
	case value.Template:
		w.value(x, cond.Pos)
		if strings.Contains(x.Src, "{{") {
			w.warnf(RuleDeprecated, cond.Pos, "write the expression without {{ }}", "%s is an expression already: {{ }} in it is rendered twice", keyword)
		}
	case string:
		if strings.TrimSpace(x) != "" && w.first(x, cond.Pos) {
			w.template(x, w.o.Engine.CheckExpr(x, cond.Pos), cond.Pos)
		}
	}
}

// template records what is wrong with a template or expression, and the lookups in it that do not exist.
func (w *walk) template(src string, d *diag.Diagnostic, pos diag.Pos) {
	if d != nil {
		w.problem(d)
	}
	for _, m := range lookupCalls.FindAllStringSubmatch(src, -1) {
		w.lookup(m[1], pos)
	}
	w.read(src, pos)
}

var lookupCalls = regexp.MustCompile(`\b(?:lookup|query|q)\(\s*['"]([\w.]+)['"]`)

// unknownName finds which filter or test a message is about.
var unknownName = regexp.MustCompile(`there is no (filter|test) called '([^']+)'`)

func (c *checker) problem(d *diag.Diagnostic) {
	m := unknownName.FindStringSubmatch(d.Summary)
	if m == nil {
		c.add(RuleTemplate, d)
		return
	}
	kind, name := m[1], m[2]
	if path := c.plugins.find(kind, name); path != "" {
		c.plugins.use(kind, name, path, d.Pos, c)
		return
	}
	shown := *d
	known := c.o.Engine.FilterNames()
	if kind == "test" {
		known = c.o.Engine.TestNames()
	}
	shown.Severity = diag.Error
	if strings.Contains(name, ".") || diag.Typo(name, known) == "" {
		shown.Severity = diag.Warning
		shown.Summary = "muster has no " + kind + " called '" + name + "'"
		shown.Hint = "a task that needs it fails; the others run"
	}
	c.add(RuleFilter, &shown)
}

func (c *checker) lookup(name string, pos diag.Pos) {
	if slices.Contains(c.o.Lookups, name) || slices.Contains(c.o.Lookups, playbook.ShortName(name)) {
		return
	}
	if path := c.plugins.find("lookup", name); path != "" {
		c.plugins.use("lookup", name, path, pos, c)
		return
	}
	if near := diag.Typo(name, c.o.Lookups); near != "" && !strings.Contains(name, ".") {
		c.errorf(RuleLookup, pos, "did you mean '"+near+"'?", "there is no lookup called '%s'", name)
		return
	}
	c.warnf(RuleLookup, pos, "a task that needs it fails; the others run", "muster has no lookup called '%s'", name)
}

// templateFile checks a template file.
func (c *checker) templateFile(file string) {
	src, err := os.ReadFile(file)
	if err != nil || strings.HasPrefix(string(src), "$ANSIBLE_VAULT") || strings.IndexByte(string(src), 0) >= 0 {
		return
	}
	text := string(src)
	w := &walk{checker: c, play: &playState{}}
	w.template(text, c.o.Engine.CheckFile(file, text, jinja.FileOptions{}), diag.Pos{File: file, Line: 1, Col: 1})
}

// loop checks what a task loops over.
func (w *walk) loop(t *playbook.Task) {
	l := t.Loop
	if l == nil {
		return
	}
	for _, v := range []any{l.Value, l.Var, l.IndexVar, l.Label, l.Pause, l.Extended, l.AllItems} {
		w.value(v, l.Pos)
	}
	for _, cond := range l.BreakWhen {
		w.condition(cond, "break_when")
	}
	if l.Pos.Line == 0 {
		w.warnf(RuleSyntax, t.Pos, "give the task a loop, or take it away", "loop_control is given and there is no loop: it is ignored")
		return
	}
	if l.Lookup == "" {
		if s, ok := l.Value.(string); ok {
			w.errorf(RuleSyntax, l.Pos, loopHint(s), "loop needs a list, and this is the text '%s'", s)
		}
		return
	}
	w.lookup(l.Lookup, l.Pos)
	if s, ok := l.Value.(string); ok && playbook.ValidName(s) && slices.Contains(listLookups, playbook.ShortName(l.Lookup)) {
		w.warnf(RuleDeprecated, l.Pos, loopHint(s), "with_%s loops over the text '%s', not over a variable of that name", l.Lookup, s)
	}
	if playbook.ShortName(l.Lookup) == "items" || l.Lookup == "list" {
		w.warnf(RuleStyle, l.Pos, "loop: takes the list as it is", "with_%s is the older form of loop", l.Lookup)
	}
}

// listLookups loop over variables, never over a single word.
var listLookups = []string{"items", "list", "flattened", "dict", "nested", "together", "subelements", "indexed_items"}

func loopHint(s string) string {
	if playbook.ValidName(s) {
		return `write "{{ ` + s + ` }}"`
	}
	return "write a list, or an expression in {{ }} that yields one"
}
