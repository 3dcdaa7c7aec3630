package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

// validateArguments checks variables against the argument specification of a role.
func validateArguments(_ context.Context, c *call) *itemResult {
	if bad := c.only("argument_spec", "provided_arguments", "validate_args_context"); bad != nil {
		return bad
	}
	v, ok := c.args.Get("argument_spec")
	if !ok {
		return failedResult("\"argument_spec\" arg is required in args: %s", value.Repr(c.args))
	}
	if hasTemplate(v) {
		out, err := c.scope.render(v)
		if err != nil {
			return c.t.broken(err)
		}
		v = out
	}
	spec, ok := v.(*value.Dict)
	if !ok {
		return failedResult("Incorrect type for argument_spec, expected dict and got %s", value.TypeName(v))
	}
	given, _ := mustArg(c.args, "provided_arguments").(*value.Dict)
	errs := c.checkSpec(spec, func(name string) (any, bool, error) {
		if x, ok := given.Get(name); ok {
			return x, true, nil
		}
		return c.scope.variable(name)
	}, "")
	var unknown []string
	for k := range given.All() {
		if _, ok := spec.Get(k); !ok {
			unknown = append(unknown, value.KeyText(k))
		}
	}
	if len(unknown) > 0 {
		errs = append(errs, strings.Join(unknown, ", ")+". Supported parameters include: "+supported(spec)+".")
	}
	ctxInfo, ok := c.args.Get("validate_args_context")
	if !ok {
		ctxInfo = value.NewDict()
	}
	if len(errs) > 0 {
		return newResult("changed", false, "failed", true, "msg", "Validation of arguments failed:\n"+strings.Join(errs, "\n"),
			"argument_errors", textList(errs), "argument_spec_data", spec, "validate_args_context", ctxInfo)
	}
	return newResult("changed", false, "msg", "The arg spec validation passed", "validate_args_context", ctxInfo)
}

// checkSpec checks one level of options; where names the option that holds them.
func (c *call) checkSpec(spec *value.Dict, get func(string) (any, bool, error), where string) []string {
	var errs, missing []string
	for k, v := range spec.All() {
		name := value.KeyText(k)
		o, _ := v.(*value.Dict)
		x, present, err := get(name)
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		if !present || x == nil && !toBool(mustArg(o, "required")) {
			if toBool(mustArg(o, "required")) {
				missing = append(missing, name)
			}
			continue
		}
		errs = append(errs, c.checkOption(name, x, o, where)...)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		errs = append([]string{"missing required arguments: " + strings.Join(missing, ", ") + foundIn(where)}, errs...)
	}
	return errs
}

func foundIn(where string) string {
	if where == "" {
		return ""
	}
	return " found in " + where
}

func (c *call) checkOption(name string, x any, o *value.Dict, where string) []string {
	kind := orElse(value.Str(orNil(mustArg(o, "type"))), "str")
	converted, err := modules.Coerce(kind, value.ToGo(x))
	if err != nil {
		return []string{fmt.Sprintf("argument '%s' is of type %s%s and we were unable to convert to %s: %v", name, pythonClass(x), foundIn(where), kind, err)}
	}
	var errs []string
	if choices, ok := mustArg(o, "choices").(*value.List); ok {
		errs = append(errs, checkChoices(name, value.From(converted), kind, choices, where)...)
	}
	inner, hasOptions := mustArg(o, "options").(*value.Dict)
	elements := value.Str(orNil(mustArg(o, "elements")))
	if kind == "list" {
		errs = append(errs, c.checkElements(name, value.From(converted), elements, inner, where)...)
		return errs
	}
	if d, ok := x.(*value.Dict); ok && hasOptions {
		errs = append(errs, c.checkNested(name, d, inner, where)...)
	}
	return errs
}

func orNil(v any) any {
	if v == nil {
		return ""
	}
	return v
}

func pythonClass(x any) string { return "<class '" + value.TypeName(x) + "'>" }

func checkChoices(name string, x any, kind string, choices *value.List, where string) []string {
	items := []any{x}
	if l, ok := x.(*value.List); ok && kind == "list" {
		items = l.Items
	}
	var bad []string
	for _, item := range items {
		if ok, err := value.Contains(choices, item); err != nil || !ok {
			bad = append(bad, value.Str(item))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	texts := make([]string, len(choices.Items))
	for i, ch := range choices.Items {
		texts[i] = value.Str(ch)
	}
	word := "one of"
	if kind == "list" {
		word = "one or more of"
	}
	return []string{fmt.Sprintf("value of %s must be %s: %s, got: %s%s", name, word, strings.Join(texts, ", "), strings.Join(bad, ", "), foundIn(where))}
}

func (c *call) checkElements(name string, x any, elements string, inner *value.Dict, where string) []string {
	l, ok := x.(*value.List)
	if !ok {
		return nil
	}
	var errs []string
	for _, item := range l.Items {
		if elements != "" {
			if _, err := modules.Coerce(elements, value.ToGo(item)); err != nil {
				errs = append(errs, fmt.Sprintf("Elements value for option '%s'%s is of type %s and we were unable to convert to %s: %v", name, foundIn(where), pythonClass(item), elements, err))
				continue
			}
		}
		if d, ok := item.(*value.Dict); ok && inner != nil {
			errs = append(errs, c.checkNested(name, d, inner, where)...)
		}
	}
	return errs
}

func (c *call) checkNested(name string, d, spec *value.Dict, where string) []string {
	path := name
	if where != "" {
		path = where + " -> " + name
	}
	var unknown []string
	for k := range d.All() {
		if _, ok := spec.Get(k); !ok {
			unknown = append(unknown, path+"."+value.KeyText(k))
		}
	}
	errs := c.checkSpec(spec, func(n string) (any, bool, error) { v, ok := d.Get(n); return v, ok, nil }, path)
	if len(unknown) > 0 {
		errs = append(errs, fmt.Sprintf("%s. Supported parameters include: %s.", strings.Join(unknown, ", "), supported(spec)))
	}
	return errs
}

// supported lists the names of options.
func supported(spec *value.Dict) string {
	var names []string
	for k := range spec.All() {
		names = append(names, value.KeyText(k))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
