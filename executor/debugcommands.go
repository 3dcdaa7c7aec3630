package executor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// debugNext says how a conversation of the debugger goes on.
type debugNext int

const (
	debugMore debugNext = iota
	debugRedo
	debugContinue
	debugQuit
)

const debugHelp = `
Documented commands (type help <topic>):
========================================
c  continue  h  help  p  pprint  q  quit  r  redo  u  update_task

p task | p task.args | p task.vars | p task_vars['name'] | p host | p result._result
                        show something; any expression over these works
task.args['name'] = V   change a parameter of the task; V is text in quotes, which may be a template, a number, a list …
task.vars['name'] = V   change a variable of the task
task_vars['name'] = V   change a variable of the host, for this task
del task.args['name']   remove a parameter
u                       take over changed variables (redo does so, too)
r                       run the task again     c  go on with this result     q  end the run
`

// command carries out one line.
func (d *debugger) command(line string) debugNext {
	line = strings.TrimSpace(line)
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "":
	case "r", "redo":
		return debugRedo
	case "c", "continue", "cont":
		return debugContinue
	case "q", "quit", "exit":
		return debugQuit
	case "h", "help", "?":
		d.say(debugHelp)
	case "u", "update_task":
	case "p", "pprint":
		d.print(strings.TrimSpace(rest))
	case "del":
		d.remove(strings.TrimSpace(rest))
	default:
		d.assign(line)
	}
	return debugMore
}

// print shows the value of an expression.
func (d *debugger) print(expr string) {
	switch expr {
	case "":
		d.say("***SyntaxError: p needs an expression, such as p task.args")
		return
	case "task":
		d.say("TASK: " + d.title)
		return
	case "host":
		d.say(d.m.w.host.name)
		return
	}
	s := d.scope()
	given := value.DictOf("task", d.shownTask(), "host", d.m.w.host.name, "result", value.DictOf("_result", d.result, "task_name", d.title))
	if slices.Contains(d.names(expr), "task_vars") {
		given.Set("task_vars", d.everything(s))
	}
	out, err := d.g.play.x.o.Engine.Expr(s.withExtra(given).context(), "("+expr+") | pprint", d.task.Pos)
	if err != nil {
		d.say("***" + err.Error())
		return
	}
	d.say(value.Str(out))
}

func (d *debugger) names(expr string) []string {
	return d.g.play.x.o.Engine.Names("{{ " + expr + " }}")
}

// shownTask is the task as it is written, with what the conversation changed.
func (d *debugger) shownTask() *value.Dict {
	return value.DictOf("name", templateText(d.task.Name()), "action", d.task.Action, "args", written(d.task.Args), "vars", written(d.task.Vars),
		"when", d.conditions(), "register", d.task.Get("register"))
}

func (d *debugger) conditions() *value.List {
	l := value.NewList()
	for _, c := range d.task.When {
		l.Items = append(l.Items, templateText(c.Value))
	}
	return l
}

// written is a value with the text of its templates.
func written(v any) any {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, written(item))
		}
		return out
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, written(item))
		}
		return out
	}
	return templateText(v)
}

// everything is every variable that can be rendered.
func (d *debugger) everything(s *scope) *value.Dict {
	all := value.NewDict()
	for _, name := range s.names() {
		if v, ok, err := s.variable(name); ok && err == nil {
			all.Set(name, v)
		}
	}
	return all
}

var (
	debugPlace  = `(task\.args|task\.vars|task_vars|args|vars)\[(?:'([^']*)'|"([^"]*)")\]`
	debugAssign = regexp.MustCompile(`^` + debugPlace + `\s*=\s*([^=].*)$`)
	debugRemove = regexp.MustCompile(`^` + debugPlace + `$`)
)

// assign changes the task or a variable.
func (d *debugger) assign(line string) {
	m := debugAssign.FindStringSubmatch(line)
	if m == nil {
		d.say(fmt.Sprintf("***SyntaxError: %s is no command and no assignment (h lists both)", line))
		return
	}
	v, err := d.g.play.x.o.Engine.Expr(d.scope().context(), m[4], d.task.Pos)
	if err != nil {
		d.say("***" + err.Error())
		return
	}
	if len(d.names(m[4])) == 0 { // nothing but what was typed
		v = trustedParts(v, d.task)
	}
	d.place(m[1]).Set(m[2]+m[3], v)
}

// trustedParts makes templates of what the person at the console typed.
func trustedParts(v any, t *playbook.Task) any {
	switch x := v.(type) {
	case string:
		return playbook.Trusted(x, t.Pos)
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, trustedParts(item, t))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, trustedParts(item, t))
		}
		return out
	}
	return v
}

func (d *debugger) remove(target string) {
	m := debugRemove.FindStringSubmatch(target)
	if m == nil {
		d.say(fmt.Sprintf("***SyntaxError: del %s removes nothing (del task.args['name'] does)", target))
		return
	}
	d.place(m[1]).Delete(m[2] + m[3])
}

// place is where an assignment writes to.
func (d *debugger) place(name string) *value.Dict {
	switch name {
	case "task.args", "args":
		return d.task.Args
	case "task.vars", "vars":
		return d.task.Vars
	}
	return d.vars
}
