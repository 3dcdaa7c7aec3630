package view

import (
	"maps"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// Form is how the text view writes results.
type Form int

// The forms.
const (
	FormJSON        Form = iota // Ansible's default
	FormYAML                    // result_format = yaml
	FormGeneralYAML             // the callback community.general.yaml
	FormDebug                   // the callback ansible.posix.debug: output apart from the result
)

// verbose appends the result to a line when the verbosity or the action asks for it.
func (t *Text) verbose(line string, r map[string]any, noLog bool) string {
	if t.verboseResult(r, 0) {
		return line + " => " + t.dump(r, noLog)
	}
	return line
}

// verboseResult reports whether a result shows at a level of verbosity.
func (t *Text) verboseResult(r map[string]any, level int) bool {
	always, _ := r["_ansible_verbose_always"].(bool)
	override, _ := r["_ansible_verbose_override"].(bool)
	return (t.o.Verbosity > level || always) && !override
}

// debugKeys are what a debug task with a message shows.
var debugKeys = map[string]bool{"msg": true, "exception": true, "warnings": true, "deprecations": true}

// hiddenInDebug is what a debug task with a variable does not show.
var hiddenInDebug = []string{"changed", "failed", "skipped", "invocation", "skip_reason"}

// clean leaves of a debug task's result what the user asked to see.
func clean(action string, r map[string]any) map[string]any {
	if shortAction(action) != "debug" {
		return r
	}
	if _, hasMsg := r["msg"]; !hasMsg {
		return without(r, hiddenInDebug...)
	}
	out := map[string]any{}
	for k, v := range r {
		if debugKeys[k] || strings.HasPrefix(k, "_") {
			out[k] = v
		}
	}
	return out
}

// without returns a result that lacks some keys.
func without(r map[string]any, keys ...string) map[string]any {
	out := r
	for _, k := range keys {
		if _, has := out[k]; !has {
			continue
		}
		if len(out) == len(r) {
			out = maps.Clone(r)
		}
		delete(out, k)
	}
	return out
}

// censored keeps of a result under no_log what Ansible shows.
func censored(r map[string]any) map[string]any {
	out := map[string]any{}
	for _, k := range []string{"censored", "attempts", "changed", "retries"} {
		if v, ok := r[k]; ok {
			out[k] = v
		}
	}
	return out
}

// abridged is a result without what is not for the screen: internal keys, and at low verbosity invocation and diff.
func (t *Text) abridged(r map[string]any, noLog bool) map[string]any {
	if noLog {
		r = censored(r)
	}
	out := make(map[string]any, len(r))
	for k, v := range r {
		switch {
		case strings.HasPrefix(k, "_ansible_") || k == "failed" || k == "skipped" || k == "exception":
		case (k == "invocation" || k == "diff") && t.o.Verbosity < 3:
		default:
			out[k] = strip(v)
		}
	}
	return out
}

// Dump returns a task's result as the view writes it.
func (t *Text) Dump(e event.TaskResult) string { return t.dump(e.Result, e.NoLog) }

// dump writes a result in the form that the settings ask for.
func (t *Text) dump(r map[string]any, noLog bool) string {
	always, _ := r["_ansible_verbose_always"].(bool)
	out := t.abridged(r, noLog)
	switch t.o.Form {
	case FormYAML:
		pretty := t.o.Pretty == nil || *t.o.Pretty
		indent := 0
		if pretty {
			indent = 4
		}
		return "\n" + yamlResult(out, indent, pretty)
	case FormGeneralYAML:
		return generalYAML(out, noLog)
	case FormDebug:
		return t.debugForm(out)
	}
	indent := 0
	if always || t.o.Verbosity > 2 {
		indent = 4
	}
	if t.o.Pretty != nil {
		indent = 0
		if *t.o.Pretty {
			indent = 4
		}
	}
	return jsonText(out, indent)
}

// jsonText writes JSON as Python does: on one line, or indented.
func jsonText(v any, indent int) string {
	o := value.JSONOptions{SortKeys: true, KeepUnicode: true}
	if indent > 0 {
		o.Indent = &indent
	}
	text, err := value.JSON(value.From(v), o)
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

// outputKeys stand apart from the result in the debug form.
var outputKeys = []string{"stdout", "stdout_lines", "stderr", "stderr_lines", "msg", "module_stdout", "module_stderr"}

func (t *Text) debugForm(r map[string]any) string {
	text := jsonText(without(r, outputKeys...), 4)
	for _, k := range []string{"stdout", "stderr", "msg", "module_stdout", "module_stderr"} {
		if v, ok := r[k]; ok && value.Truth(value.From(v)) {
			text += "\n\n" + strings.ToUpper(k) + ":\n\n" + value.Str(value.From(v)) + "\n"
		}
	}
	return text
}

// flatJSON is JSON on one line without blanks after commas.
func flatJSON(v any) string {
	text, err := value.JSON(value.From(v), value.JSONOptions{SortKeys: true, KeepUnicode: true, ItemSeparator: ","})
	if err != nil {
		return "{}"
	}
	return text
}
