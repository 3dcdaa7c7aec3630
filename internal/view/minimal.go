package view

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// Minimal writes results only, as Ansible's callbacks minimal and oneline and the program ansible do:
// `host | STATUS => {…}`, or a command's output.
type Minimal struct {
	text    *Text
	oneLine bool
}

// NewMinimal returns the view; its options and streams are those of text.
func NewMinimal(text *Text, oneLine bool) *Minimal { return &Minimal{text: text, oneLine: oneLine} }

// Handle writes one event.
func (m *Minimal) Handle(e event.Event) {
	m.text.mu.Lock()
	defer m.text.mu.Unlock()
	switch e := e.(type) {
	case event.TaskResult:
		m.result(e)
	case event.Message:
		m.text.message(e)
	case event.PromptText:
		m.text.line("", inert(e.Text))
	}
}

// printsOutput reports whether a result is shown by its output: commands have nothing else to tell.
func printsOutput(e event.TaskResult, unless string) bool {
	if _, has := e.Result[unless]; has {
		return false
	}
	switch shortAction(e.Action) {
	case "command", "shell", "raw", "script", "win_command", "win_shell":
		return true
	}
	return false
}

func (m *Minimal) result(e event.TaskResult) {
	switch e.Status {
	case event.Unreachable:
		if m.oneLine {
			m.text.line(colorUnreachable, fmt.Sprintf("%s | UNREACHABLE!: %s", e.Host, textOf(e.Result["msg"])))
			return
		}
		m.text.line(colorUnreachable, fmt.Sprintf("%s | UNREACHABLE! => %s", e.Host, m.dump(e)))
	case event.Failed:
		m.failed(e)
	case event.Skipped:
		m.text.line(colorSkip, e.Host+" | SKIPPED")
	default:
		m.success(e)
	}
}

func (m *Minimal) failed(e event.TaskResult) {
	if m.oneLine {
		if _, ok := e.Result["exception"]; ok && printsOutput(e, "module_stderr") {
			m.text.line(colorError, m.output(e, "FAILED"))
		} else {
			m.text.exception(e.Result)
		}
		m.text.line(colorError, fmt.Sprintf("%s | FAILED! => %s", e.Host, m.dump(e)))
		return
	}
	m.text.exception(e.Result)
	m.text.warnings(e.Result, e.Loop)
	e.Result = without(e.Result, warningKeys...)
	if printsOutput(e, "module_stderr") {
		m.text.line(colorError, m.output(e, "FAILED"))
		return
	}
	m.text.line(colorError, fmt.Sprintf("%s | FAILED! => %s", e.Host, m.dump(e)))
}

func (m *Minimal) success(e event.TaskResult) {
	if e.Diff && !e.NoLog && !m.oneLine && e.Result["diff"] != nil {
		m.text.line("", m.text.diffText(e.Result["diff"]))
	}
	state, color := "SUCCESS", colorOK
	if e.Status == event.Changed {
		state, color = "CHANGED", colorChanged
	}
	if !m.oneLine {
		m.text.warnings(e.Result, e.Loop)
		e.Result = without(clean(e.Action, e.Result), warningKeys...)
	}
	if printsOutput(e, "ansible_job_id") {
		m.text.line(color, m.output(e, state))
		return
	}
	m.text.line(color, fmt.Sprintf("%s | %s => %s", e.Host, state, m.dump(e)))
}

// output is a command's result: its exit code and what it wrote.
func (m *Minimal) output(e event.TaskResult, state string) string {
	rc := any(-1)
	if v, ok := e.Result["rc"]; ok {
		rc = v
	}
	stdout, stderr := textOf(e.Result["stdout"]), textOf(e.Result["stderr"])
	if !m.oneLine {
		return fmt.Sprintf("%s | %s | rc=%v >>\n%s%s%s\n", e.Host, state, rc, stdout, stderr, textOf(e.Result["msg"]))
	}
	flat := strings.NewReplacer("\n", `\n`, "\r", `\r`)
	line := fmt.Sprintf("%s | %s | rc=%v | (stdout) %s", e.Host, state, rc, flat.Replace(stdout))
	if stderr != "" {
		line += " (stderr) " + flat.Replace(stderr)
	}
	return line
}

func (m *Minimal) dump(e event.TaskResult) string {
	t := m.text
	out := t.abridged(e.Result, e.NoLog)
	indent := 4
	if t.o.Pretty != nil && !*t.o.Pretty {
		indent = 0
	}
	switch {
	case m.oneLine && t.o.Form == FormYAML:
		return strings.ReplaceAll("\n"+yamlResult(out, 0, false), "\n", "")
	case m.oneLine && (e.Result["_ansible_verbose_always"] == true || t.o.Verbosity > 2):
		return strings.ReplaceAll(jsonText(out, 4), "\n", "")
	case m.oneLine:
		return flatJSON(out)
	case t.o.Form == FormYAML:
		return "\n" + yamlResult(out, indent, t.o.Pretty == nil || *t.o.Pretty)
	default:
		return jsonText(out, indent)
	}
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}
