package executor

import (
	"context"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// debug prints a message or a variable.
func debug(_ context.Context, c *call) *itemResult {
	if bad := c.only("msg", "var", "verbosity"); bad != nil {
		return bad
	}
	v, hasVar := c.args.Get("var")
	msg, hasMsg := c.args.Get("msg")
	if hasVar && hasMsg {
		return failedResult("'msg' and 'var' are incompatible options")
	}
	if n, ok := toInt(mustArg(c.args, "verbosity")); ok && n > c.t.x.o.Verbosity {
		r := newResult("changed", false, "skipped", true, "skipped_reason", "Verbosity threshold not met.")
		return r
	}
	res := newResult("changed", false, "_ansible_verbose_always", true)
	switch {
	case hasVar:
		if bad := c.debugVar(res, v); bad != nil {
			return bad
		}
	case hasMsg:
		res.dict.Set("msg", msg)
	default:
		res.dict.Set("msg", "Hello world!")
	}
	res.dict.Set("failed", false)
	return res
}

func mustArg(d *value.Dict, key string) any { v, _ := d.Get(key); return v }

// debugVar evaluates the expression that var: names and puts its value under that name.
func (c *call) debugVar(res *itemResult, v any) *itemResult {
	name, trusted := v, true
	if hasTemplate(v) {
		var err error
		if name, trusted, err = c.t.x.o.Engine.RenderTrust(c.scope.context(), v); err != nil {
			return c.t.broken(err)
		}
	}
	text, ok := name.(string)
	if !ok {
		res.dict.Set(value.TypeName(name), name)
		return nil
	}
	if !trusted { // what a host says is no expression
		res.dict.Set(text, text)
		return nil
	}
	out, err := c.scope.render(value.Template{Src: "{{ " + text + " }}", Pos: c.t.task.Pos})
	switch {
	case jinja.IsUndefined(err):
		out = "VARIABLE IS NOT DEFINED!"
		if c.t.x.o.Verbosity > 0 {
			out = "VARIABLE IS NOT DEFINED!: " + err.Error()
		}
	case err != nil:
		return c.t.broken(err)
	}
	if u, ok := out.(*value.Undefined); ok && u != nil {
		out = "VARIABLE IS NOT DEFINED!"
	}
	rendered, err := c.scope.render(out)
	if err != nil {
		return c.t.broken(err)
	}
	res.dict.Set(text, rendered)
	return nil
}

// fail ends the host's play with a message.
func fail(_ context.Context, c *call) *itemResult {
	if bad := c.only("msg"); bad != nil {
		return bad
	}
	msg, ok := c.args.Get("msg")
	if !ok {
		msg = "Failed as requested from task"
	}
	return newResult("changed", false, "failed", true, "msg", msg)
}

// assertThat evaluates conditions that must hold.
func assertThat(_ context.Context, c *call) *itemResult {
	if bad := c.only("that", "fail_msg", "msg", "success_msg", "quiet"); bad != nil {
		return bad
	}
	that, ok := c.args.Get("that")
	if !ok {
		return failedResult("conditional required in \"that\" string")
	}
	res := newResult("changed", false)
	if !c.bool("quiet", false) {
		res.dict.Set("_ansible_verbose_always", true)
	}
	holds, cond, err := c.t.x.o.Engine.Assert(c.scope.context(), that, c.t.task.Pos)
	if err != nil {
		return c.t.broken(conditionError(cond, err))
	}
	if !holds {
		res.dict.Set("failed", true)
		res.dict.Set("evaluated_to", false)
		res.dict.Set("assertion", templateText(cond))
		res.dict.Set("msg", c.messageOr("Assertion failed", "fail_msg", "msg"))
		return res
	}
	res.dict.Set("msg", c.messageOr("All assertions passed", "success_msg"))
	res.dict.Set("failed", false)
	return res
}

func (c *call) messageOr(def string, names ...string) any {
	for _, n := range names {
		if v, ok := c.args.Get(n); ok && v != nil {
			return v
		}
	}
	return def
}

// setFact defines variables of the host.
func setFact(_ context.Context, c *call) *itemResult {
	facts := value.NewDict()
	cacheable := c.bool("cacheable", false)
	for k, v := range c.args.All() {
		name := value.KeyText(k)
		if name == "cacheable" || name == playbook.RawParams {
			continue
		}
		if !playbook.ValidName(name) {
			return failedResult("The variable name '%s' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.", name)
		}
		if s, ok := v.(string); ok && !c.t.x.o.Settings.Jinja2Native {
			v = boolWord(s)
		}
		facts.Set(name, listsFor(v))
	}
	if facts.Len() == 0 {
		return failedResult("No key/value pairs provided, at least one is required for this action to succeed")
	}
	res := newResult("changed", false, "ansible_facts", facts)
	res.dict.Set("_ansible_facts_cacheable", cacheable)
	return res
}

// listsFor has lists where a value holds tuples: facts are kept as data.
func listsFor(v any) any {
	if !holdsTuple(v) {
		return v
	}
	switch x := v.(type) {
	case *value.Tuple:
		return listsFor(&value.List{Items: x.Items})
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			out.Items = append(out.Items, listsFor(item))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, listsFor(item))
		}
		return out
	}
	return v
}

func holdsTuple(v any) bool {
	switch x := v.(type) {
	case *value.Tuple:
		return true
	case *value.List:
		return slices.ContainsFunc(x.Items, holdsTuple)
	case *value.Dict:
		for _, item := range x.All() {
			if holdsTuple(item) {
				return true
			}
		}
	}
	return false
}

// boolWord turns the words that set_fact has always read as truth values into them.
func boolWord(s string) any {
	switch strings.ToLower(s) {
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	return s
}

// setStats sets statistics for the end of the run.
func setStats(_ context.Context, c *call) *itemResult {
	if bad := c.only("data", "per_host", "aggregate"); bad != nil {
		return bad
	}
	data, ok := mustArg(c.args, "data").(*value.Dict)
	if !ok {
		return failedResult("The 'data' option needs to be a dictionary/hash")
	}
	who := wholeRun
	if c.bool("per_host", false) {
		who = c.t.host.name
	}
	aggregate := c.bool("aggregate", true)
	for k, v := range data.All() {
		name := value.KeyText(k)
		if !playbook.ValidName(name) {
			return failedResult("The variable name '%s' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.", name)
		}
		if !aggregate {
			c.t.x.custom.set(who, name, v)
			continue
		}
		if err := c.t.x.custom.add(who, name, v); err != nil {
			return failedResult("%s", err)
		}
	}
	return newResult("changed", false, "ansible_stats", value.DictOf("data", data, "per_host", who != wholeRun, "aggregate", aggregate))
}
