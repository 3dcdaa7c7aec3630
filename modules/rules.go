package modules

import (
	"fmt"
	"sort"
	"strings"
)

// check applies the rules that look at coerced values; given holds what the task named.
func (r Rules) check(given, values map[string]any) error {
	for _, group := range r.Together {
		if n := count(group, given, values); n > 0 && n < len(group) {
			return fmt.Errorf("parameters are required together: %s", strings.Join(group, ", "))
		}
	}
	for _, group := range r.OneOf {
		if count(group, given, values) == 0 {
			return fmt.Errorf("one of the following is required: %s", strings.Join(group, ", "))
		}
	}
	for _, rule := range r.If {
		if err := rule.check(given, values); err != nil {
			return err
		}
	}
	return r.checkBy(values)
}

// count returns how many names are given or have a default.
func count(names []string, given, values map[string]any) int {
	n := 0
	for _, name := range names {
		if _, has := given[name]; has || values[name] != nil {
			n++
		}
	}
	return n
}

func (r RequiredIf) check(given, values map[string]any) error {
	if values[r.Param] != r.Value {
		return nil
	}
	var missing []string
	for _, name := range r.Needs {
		if count([]string{name}, given, values) == 0 {
			missing = append(missing, name)
		}
	}
	kind := "all"
	if r.Any {
		kind = "any"
	}
	if len(missing) == 0 || r.Any && len(missing) < len(r.Needs) {
		return nil
	}
	return fmt.Errorf("%s is %s but %s of the following are missing: %s", r.Param, PyStr(r.Value), kind, strings.Join(missing, ", "))
}

func (r Rules) checkBy(values map[string]any) error {
	keys := make([]string, 0, len(r.By))
	for k := range r.By {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if values[k] == nil {
			continue
		}
		var missing []string
		for _, need := range r.By[k] {
			if values[need] == nil {
				missing = append(missing, need)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("missing parameter(s) required by '%s': %s", k, strings.Join(missing, ", "))
		}
	}
	return nil
}

func checkExclusive(groups [][]string, given map[string]any) error {
	var wrong []string
	for _, g := range groups {
		n := 0
		for _, name := range g {
			if _, has := given[name]; has {
				n++
			}
		}
		if n > 1 {
			wrong = append(wrong, strings.Join(g, "|"))
		}
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("parameters are mutually exclusive: %s", strings.Join(wrong, ", "))
}

func (s *Spec) checkRequired(given map[string]any) error {
	var missing []string
	for i := range s.fields {
		f := &s.fields[i]
		if v, has := given[f.Name]; f.Required && (!has || v == nil) {
			missing = append(missing, f.Name)
		}
	}
	if missing == nil {
		return nil
	}
	sort.Strings(missing)
	return fmt.Errorf("missing required arguments: %s", strings.Join(missing, ", "))
}
