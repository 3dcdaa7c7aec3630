package view

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// verbose appends the result to a line when the verbosity or the action asks for it.
func (t *Text) verbose(line, action string, r map[string]any) string {
	always, _ := r["_ansible_verbose_always"].(bool)
	override, _ := r["_ansible_verbose_override"].(bool)
	if (t.o.Verbosity > 0 || always) && !override {
		return line + " => " + t.dump(clean(action, r))
	}
	return line
}

// debugKeys are what a debug task with a message shows.
var debugKeys = map[string]bool{"msg": true, "exception": true, "warnings": true, "deprecations": true}

// clean leaves of a debug task's result what the user asked to see.
func clean(action string, r map[string]any) map[string]any {
	if action != "debug" && action != "ansible.builtin.debug" && action != "ansible.legacy.debug" {
		return r
	}
	out := map[string]any{}
	_, hasMsg := r["msg"]
	for k, v := range r {
		hidden := k == "changed" || k == "failed" || k == "skipped" || k == "results" || k == "item" || k == "ansible_loop_var"
		if hasMsg && !debugKeys[k] && !strings.HasPrefix(k, "_") || !hasMsg && hidden {
			continue
		}
		out[k] = v
	}
	return out
}

// dump writes a result as JSON: on one line, or indented when it is meant to be read. Internal keys are left out.
func (t *Text) dump(r map[string]any) string {
	always, _ := r["_ansible_verbose_always"].(bool)
	out := make(map[string]any, len(r))
	for k, v := range r {
		switch {
		case strings.HasPrefix(k, "_ansible_") || k == "failed" || k == "skipped":
		case (k == "invocation" || k == "diff") && t.o.Verbosity < 3:
		case k == "exception":
		default:
			out[k] = strip(v)
		}
	}
	o := value.JSONOptions{SortKeys: true, KeepUnicode: true}
	if always || t.o.Verbosity > 2 || t.o.Pretty {
		four := 4
		o.Indent = &four
	}
	text, err := value.JSON(value.From(out), o)
	if err != nil {
		return "{}"
	}
	return text
}

// strip removes internal keys at every depth.
func strip(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			if !strings.HasPrefix(k, "_ansible_") {
				out[k] = strip(item)
			}
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = strip(item)
		}
		return out
	default:
		return v
	}
}
