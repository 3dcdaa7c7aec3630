package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/executor/controls"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// call is one execution of an action with its arguments rendered.
type call struct {
	t         *taskRun
	scope     *scope
	action    string // the module's short name
	spec      *action
	args      *value.Dict
	target    *hostState // where the work is done
	delegated string     // the target's name when it is not the task's host
	check     bool
	diff      bool
	digest    string // of module and arguments
	hidden    bool   // no_log holds
	manner    string // how it is run, as far as that depends on the item
	asIs      bool   // nobody else does the work, whatever become says
	isStatus  bool   // a look at a background job, which runs in the foreground itself
}

// newCall renders delegation and arguments; the result is set instead when that fails.
func (t *taskRun) newCall(s *scope) (*call, *itemResult) {
	c := &call{t: t, scope: s, target: t.host, check: t.x.o.Check || t.leaves, diff: t.x.o.Diff}
	c.check = t.flagIn(s, "check_mode", c.check)
	c.diff = t.flagIn(s, "diff", c.diff) && !(t.leaves && c.check) // what would become of it says nothing: what it depends on is not carried out
	to, given, err := t.keyword(s, "delegate_to")
	if err != nil {
		return nil, t.brokenField("delegate_to", err)
	}
	if name := value.Str(to); given && name != "" {
		c.delegated = name
		c.target = t.x.hosts.get(name)
	}
	name, err := t.actionName(s)
	if err != nil {
		return nil, t.broken(err)
	}
	c.action, t.action = name, name
	c.spec = actionOf(name)
	if c.spec == nil && !t.x.knowsModule(name) {
		var bad *itemResult
		if c.spec, bad = t.foreignAction(s, name); bad != nil {
			return nil, bad
		}
	}
	if c.args, err = t.arguments(s, c.spec); err != nil {
		return nil, t.broken(err)
	}
	if raw, has := c.args.Get(playbook.RawParams); has && !(Actions{Registry: t.x.o.Modules}).FreeForm(name) && (c.spec == nil || !c.spec.freeForm) {
		return nil, failedResult("invalid or malformed argument: '%s'; %s takes parameters as key=value or as a mapping", value.Str(raw), name)
	}
	c.noteSecrets()
	return c, nil
}

// delegatedLabel names the host that does the work, with its address when that is not its name.
func (c *call) delegatedLabel() string {
	if c.delegated == "" {
		return ""
	}
	address, err := c.connVars().text(c.delegated, "ansible_host", "ansible_ssh_host")
	if err != nil || address == c.delegated {
		return c.delegated
	}
	return c.delegated + "(" + address + ")"
}

// rerender renders the arguments again for another attempt.
func (t *taskRun) rerender(c *call) *itemResult {
	args, err := t.arguments(c.scope, c.spec)
	if err != nil {
		return t.broken(err)
	}
	c.args = args
	return nil
}

// actionName resolves the module's name: a template is rendered, the collections that muster covers are stripped.
func (t *taskRun) actionName(s *scope) (string, error) {
	name := t.task.Action
	if v, ok := playbook.Trusted(name, t.task.ActionPos).(value.Template); ok {
		out, err := s.render(v)
		if err != nil {
			return "", err
		}
		name = value.Str(out)
	}
	return t.x.resolveAction(name), nil
}

// resolveAction returns the name under which muster knows an action.
func (x *Executor) resolveAction(name string) string {
	short := playbook.ShortName(name)
	if short != name {
		return short
	}
	if m, ok := x.o.Modules.Get(name); ok && strings.Contains(name, ".") {
		return m.Info().Name
	} else if ok || actionOf(name) != nil {
		return name
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 && coveredCollections[name[:i]] {
		if last := name[i+1:]; actionOf(last) != nil || x.knowsModule(last) {
			return last
		}
	}
	return name
}

// coveredCollections are those whose modules muster has under their short names.
var coveredCollections = map[string]bool{"ansible.posix": true, "community.general": true, "ansible.utils": true}

func (x *Executor) knowsModule(name string) bool {
	_, ok := x.o.Modules.Get(name)
	return ok
}

func (t *taskRun) unknownAction(s *scope, name string) *itemResult {
	if why := s.pythonAction(playbook.ShortName(name)); why != "" {
		return t.hopeless(brokenResult(why + t.place()))
	}
	msg := fmt.Sprintf("couldn't resolve module/action '%s'. This often indicates a misspelling, missing collection, or incorrect module path.", name)
	if near := diag.Suggest(name, ActionNames(t.x.o.Modules)); near != "" {
		msg += fmt.Sprintf(" Did you mean %s?", near)
	}
	return t.hopeless(t.broken(fmt.Errorf("%s", msg)))
}

// hopeless marks the result of a task that cannot be run by anybody: no rescue is meant for it, as Ansible would not have begun.
func (t *taskRun) hopeless(res *itemResult) *itemResult {
	res.hopeless, t.rescued = true, false
	return res
}

// arguments renders the task's arguments over the module's defaults; values that are omit are left out.
func (t *taskRun) arguments(s *scope, spec *action) (*value.Dict, error) {
	args := value.NewDict()
	for _, base := range []func(*scope) (*value.Dict, error){t.moduleDefaults, t.argsExpression} {
		d, err := base(s)
		if err != nil {
			return nil, err
		}
		for k, v := range d.All() {
			args.Set(k, v)
		}
	}
	for k, v := range t.task.Args.All() {
		key := value.KeyText(k)
		if playbook.Trusted(key, t.task.ActionPos) != any(key) {
			out, err := s.render(playbook.Trusted(key, t.task.ActionPos))
			if err != nil {
				return nil, err
			}
			key = value.Str(out)
		}
		if spec != nil && spec.keeps(key) {
			args.Set(key, v)
			continue
		}
		if _, encrypted := v.(value.Vault); encrypted && playbook.ShortName(t.task.Action) == "set_fact" {
			args.Set(key, v) // stays encrypted until it is used
			continue
		}
		out, err := s.render(v)
		if err != nil {
			return nil, err
		}
		if out == jinja.Omit {
			args.Delete(key)
			continue
		}
		args.Set(key, dropOmitted(out))
	}
	return t.splitRendered(args), nil
}

// splitRendered takes apart arguments that were one template: a mapping is the arguments; text of set_fact is key=value pairs,
// as in set_fact: "{{ name }}={{ value }}". What they hold stays data.
func (t *taskRun) splitRendered(args *value.Dict) *value.Dict {
	raw, ok := args.Get(playbook.RawParams)
	if d, isDict := raw.(*value.Dict); isDict {
		args.Delete(playbook.RawParams)
		for k, v := range d.All() {
			args.Set(k, v)
		}
		return args
	}
	text, isText := raw.(string)
	if !ok || !isText || playbook.ShortName(t.task.Action) != "set_fact" {
		return args
	}
	args.Delete(playbook.RawParams)
	for k, v := range playbook.KeyValues(text, t.task.ActionPos).All() {
		args.Set(k, templateText(v))
	}
	return args
}

// dropOmitted removes omit from the lists and mappings of an argument.
func dropOmitted(v any) any {
	switch x := v.(type) {
	case *value.Dict:
		if !holdsOmit(x) {
			return x
		}
		d := value.NewDict()
		for k, item := range x.All() {
			if item != jinja.Omit {
				d.Set(k, dropOmitted(item))
			}
		}
		return d
	case *value.List:
		if !holdsOmit(x) {
			return x
		}
		l := value.NewList()
		for _, item := range x.Items {
			if item != jinja.Omit {
				l.Items = append(l.Items, dropOmitted(item))
			}
		}
		return l
	default:
		return v
	}
}

func holdsOmit(v any) bool {
	switch x := v.(type) {
	case *value.Dict:
		for _, item := range x.All() {
			if holdsOmit(item) {
				return true
			}
		}
	case *value.List:
		for _, item := range x.Items {
			if holdsOmit(item) {
				return true
			}
		}
	}
	return v == jinja.Omit
}

// argsExpression is `args: "{{ … }}"`.
func (t *taskRun) argsExpression(s *scope) (*value.Dict, error) {
	if t.task.ArgsExpr == nil {
		return nil, nil
	}
	v, err := s.render(t.task.ArgsExpr)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, fmt.Errorf("args: must be a mapping of parameters, not %s", value.Repr(v))
	}
	return d, nil
}

// run does the work: on the controller, or on the target through its runner.
func (c *call) run(ctx context.Context) *itemResult {
	if c.spec != nil && c.spec.local != nil {
		c.digest = c.t.x.argsDigest(c.action, c.args, c.hidden)
		return c.spec.local(ctx, c)
	}
	plan, err := c.async()
	var refused asyncRefused
	if errors.As(err, &refused) {
		return failedResult("%s", refused)
	}
	if err != nil {
		return c.t.broken(err)
	}
	if plan.limit > 0 {
		return c.background(ctx, plan)
	}
	return c.t.remote(ctx, []*call{c}, nil)[0]
}

// text returns an argument as text; "" when it is absent.
func (c *call) text(names ...string) string {
	for _, n := range names {
		if v, ok := c.args.Get(n); ok && v != nil {
			return value.Str(v)
		}
	}
	return ""
}

// bool returns an argument as a yes or no.
func (c *call) bool(name string, def bool) bool {
	v, ok := c.args.Get(name)
	if !ok || v == nil {
		return def
	}
	return toBool(v)
}

// only refuses arguments that the action does not take, and those that are not of their documented type.
func (c *call) only(names ...string) *itemResult {
	for k := range c.args.All() {
		key := value.KeyText(k)
		known := false
		for _, n := range names {
			known = known || n == key
		}
		if known {
			continue
		}
		slices.Sort(names)
		msg := fmt.Sprintf("Unsupported parameters for (%s) module: %s. Supported parameters include: %s.", c.action, key, strings.Join(names, ", "))
		if s := diag.Suggest(key, names); s != "" {
			msg += fmt.Sprintf(" Did you mean %s?", s)
		}
		return failedResult("%s", msg)
	}
	if documented, ok := controls.Get(c.action); ok {
		return c.illTyped(documented.Params())
	}
	return nil
}

// illTyped refuses numbers, truth values and choices that are none.
func (c *call) illTyped(params []modules.Param) *itemResult {
	for _, p := range params {
		v, has := c.args.Get(p.Name)
		if !has || v == nil {
			continue
		}
		_, fraction := v.(float64) // counts for as much as is before the point
		if p.Type == "int" && !fraction || p.Type == "bool" {
			if _, err := modules.Coerce(p.Type, v); err != nil {
				return failedResult("argument '%s' is of type <class '%s'> and we were unable to convert to %s: %s", p.Name, value.TypeName(v), p.Type, err)
			}
		}
		if text, ok := v.(string); ok && len(p.Choices) > 0 && !slices.Contains(p.Choices, text) {
			return failedResult("value of %s must be one of: %s, got: %s", p.Name, strings.Join(p.Choices, ", "), text)
		}
	}
	return nil
}
