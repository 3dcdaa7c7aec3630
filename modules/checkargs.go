package modules

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// Computed stands in arguments for a value that is known only when the task runs.
type Computed struct{}

// Problem is a mistake in the arguments of a task as they are written.
type Problem struct {
	Param   string // as the task wrote it; "" when the mistake is not one parameter's
	Message string
	Hint    string
}

// CheckArgs returns what is certainly wrong with the arguments of a module: unknown and missing parameters, values that
// cannot be converted or are no choice, and broken rules between parameters. Nothing is said about values that are
// Computed, which may also turn out to be left out.
func CheckArgs(m Module, args map[string]any) []Problem {
	c := argCheck{module: m.Info().Name}
	var rules Rules
	if s, ok := m.(interface{ Spec() (*Spec, error) }); ok {
		if spec, err := s.Spec(); err == nil && spec != nil {
			rules, c.spec = spec.rules, spec
		}
	}
	given, values := c.level(m.Params(), args, "")
	c.rules(rules, given, values)
	return c.problems
}

type argCheck struct {
	module   string
	spec     *Spec // nil for what has no struct of parameters
	problems []Problem
}

func (c *argCheck) add(param, hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{Param: param, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// level checks one level of parameters; it returns what is given under the parameters' own names, and all values.
func (c *argCheck) level(params []Param, args map[string]any, within string) (given, values map[string]any) {
	given, values = map[string]any{}, map[string]any{}
	names := map[string]*Param{}
	var all []string
	for i := range params {
		for _, n := range append([]string{params[i].Name}, params[i].Aliases...) {
			names[n] = &params[i]
			all = append(all, n)
		}
	}
	for _, key := range sortedKeys(args) {
		p, ok := names[key]
		if !ok && within == "" && c.spec.hides(key) {
			continue
		}
		if !ok {
			c.unknown(key, all, within)
			continue
		}
		given[p.Name] = args[key]
		values[p.Name] = c.value(p, key, args[key])
	}
	for i := range params {
		p := &params[i]
		v, has := given[p.Name]
		if p.Required && (!has || v == nil) {
			c.add("", "", "%s needs the parameter %s%s", c.module, p.Name, foundIn(within))
		}
		if !has {
			values[p.Name] = p.Default
		}
	}
	return given, values
}

func foundIn(within string) string {
	if within == "" {
		return ""
	}
	return " found in " + within
}

func (c *argCheck) unknown(key string, known []string, within string) {
	hint := ""
	if near := diag.Suggest(key, known); near != "" {
		hint = "did you mean " + near + "?"
	} else {
		known = slices.DeleteFunc(known, func(n string) bool { return n == "free_form" || strings.HasPrefix(n, "_") })
		slices.Sort(known)
		hint = "it has " + strings.Join(known, ", ")
	}
	c.add(key, hint, "%s has no parameter %s%s", c.module, key, foundIn(within))
}

// value checks the value of one parameter and returns it converted.
func (c *argCheck) value(p *Param, key string, v any) any {
	if v == nil || hasComputed(v) && len(p.Options) == 0 {
		return v
	}
	if _, computed := v.(Computed); computed {
		return v
	}
	convert := coerceFor(p.Type)
	if convert == nil {
		return v
	}
	out, err := convert(expander{}, v)
	if err != nil {
		c.add(key, "", "%s: %s should be %s, but %v", c.module, key, typeWords(p.Type), err)
		return Computed{}
	}
	if len(p.Options) > 0 {
		c.options(p, out)
		return out
	}
	if out, err = elementsOf(p, out); err != nil {
		c.add(key, "", "%s: %v", c.module, err)
		return Computed{}
	}
	c.choices(p, key, v, out)
	return out
}

func elementsOf(p *Param, v any) (any, error) {
	items, ok := v.([]any)
	convert := coerceFor(p.Elements)
	if !ok || convert == nil {
		return v, nil
	}
	out := make([]any, len(items))
	for i, item := range items {
		c, err := convert(expander{}, item)
		if err != nil {
			return nil, fmt.Errorf("the items of %s should be %s, but %w", p.Name, typeWords(p.Elements), err)
		}
		out[i] = c
	}
	return out, nil
}

// choices checks the value against the parameter's choices, as decoding does.
func (c *argCheck) choices(p *Param, key string, written, v any) {
	if len(p.Choices) == 0 {
		return
	}
	f := field{Param: *p}
	given := map[string]any{p.Name: written}
	if err := f.checkChoices(v, given); err != nil {
		hint := diag.Suggest(PyStr(v), p.Choices)
		if hint != "" {
			hint = "did you mean " + hint + "?"
		}
		c.add(key, hint, "%s: %s must be %s, not %s", c.module, key, orList(p.Choices), PyStr(v))
	}
}

func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// options checks the mappings inside a parameter whose keys are fixed.
func (c *argCheck) options(p *Param, v any) {
	switch x := v.(type) {
	case map[string]any:
		c.level(p.Options, x, p.Name)
	case []any:
		for _, item := range x {
			if m, ok := item.(map[string]any); ok {
				c.level(p.Options, m, p.Name)
			}
		}
	}
}

// rules checks the constraints between parameters as far as no computed value takes part in them.
func (c *argCheck) rules(r Rules, given, values map[string]any) {
	static := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return hasComputed(values[n]) })
	}
	for _, g := range r.Exclusive {
		if err := checkExclusive([][]string{g}, given); err != nil && static(g...) {
			c.add("", "", "%s: %v", c.module, err)
		}
	}
	for _, g := range r.Together {
		if err := (Rules{Together: [][]string{g}}).check(given, values); err != nil && static(g...) {
			c.add("", "", "%s: %v", c.module, err)
		}
	}
	for _, g := range r.OneOf {
		if err := (Rules{OneOf: [][]string{g}}).check(given, values); err != nil {
			c.add("", "", "%s: %v", c.module, err)
		}
	}
	for _, rule := range r.If {
		if err := rule.check(given, values); err != nil && static(rule.Param) {
			c.add("", "", "%s: %v", c.module, err)
		}
	}
	for _, name := range sortedNeeds(r.By) {
		if err := (Rules{By: map[string][]string{name: r.By[name]}}).checkBy(values); err != nil && static(name) {
			c.add("", "", "%s: %v", c.module, err)
		}
	}
}

func sortedNeeds(by map[string][]string) []string {
	keys := make([]string, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func hasComputed(v any) bool {
	switch x := v.(type) {
	case Computed:
		return true
	case []any:
		return slices.ContainsFunc(x, hasComputed)
	case map[string]any:
		for _, item := range x {
			if hasComputed(item) {
				return true
			}
		}
	}
	return false
}

// typeWords names a type of parameters to people.
func typeWords(kind string) string {
	switch kind {
	case "str":
		return "text"
	case "int":
		return "a whole number"
	case "float":
		return "a number"
	case "bool":
		return "a truth value (true or false)"
	case "list":
		return "a list"
	case "dict":
		return "a mapping"
	case "path":
		return "a path"
	}
	return "of type " + kind
}
