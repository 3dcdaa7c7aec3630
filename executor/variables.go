package executor

import (
	"regexp"

	"github.com/musterhq/muster/internal/value"
)

// Variable is a variable of a host for a person to look at.
type Variable struct {
	Name  string
	Value any    // plain data; text that is a template as it is written
	From  string // what set it
}

// hidden stands for what must not be shown.
const hidden = "(hidden)"

// secretName finds names whose values are not for everybody's eyes.
var secretName = regexp.MustCompile(`(?i)(passw|passphrase|secret|token|api_?key|private_?key|credential)`)

// Variables returns what holds for a host at this moment outside of any task: extra variables, what tasks set and
// registered, facts, and the inventory; those of the highest precedence first. Templates are not rendered. What a vault
// protects, and what is named like a secret, is hidden. It may be called while the run goes.
func (x *Executor) Variables(host string) []Variable {
	h := x.hosts.get(host)
	s := x.newScope(nil, h, nil)
	var out []Variable
	seen := map[string]bool{}
	add := func(d *value.Dict, from string) {
		for k, v := range d.All() {
			if name := value.Str(k); !seen[name] {
				seen[name] = true
				out = append(out, Variable{Name: name, Value: shownValue(name, v), From: from})
			}
		}
	}
	add(x.o.ExtraVars, "extra vars")
	h.mu.RLock()
	add(h.setFacts, "set_fact, register")
	add(h.included, "include_vars")
	h.mu.RUnlock()
	layers := s.layers()
	for i := len(layers) - 1; i >= 0; i-- {
		add(layers[i], "inventory")
	}
	if x.o.Settings.InjectFacts {
		h.mu.RLock()
		add(h.facts, "facts")
		h.mu.RUnlock()
	}
	return out
}

// shownValue is a value without secrets, as plain data.
func shownValue(name string, v any) any {
	if secretName.MatchString(name) {
		return hidden
	}
	switch v := v.(type) {
	case value.Vault:
		return "(from a vault)"
	case value.Template:
		return v.Src
	case *value.Dict:
		out := map[string]any{}
		for k, item := range v.All() {
			key := value.Str(k)
			out[key] = shownValue(key, item)
		}
		return out
	case *value.List:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = shownValue("", item)
		}
		return out
	}
	return value.ToGo(v)
}
