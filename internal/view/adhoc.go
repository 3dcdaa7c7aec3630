package view

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// AdHocOptions configure the view of a single task.
type AdHocOptions struct {
	Text    *Text // colours, streams and how results are written
	OneLine bool
}

// AdHoc writes a single task's results as the program ansible does: `host | STATUS => {…}`, or a command's output.
type AdHoc struct{ o AdHocOptions }

// NewAdHoc returns the view.
func NewAdHoc(o AdHocOptions) *AdHoc { return &AdHoc{o: o} }

// Handle writes one event.
func (a *AdHoc) Handle(e event.Event) {
	switch e := e.(type) {
	case event.TaskResult:
		a.result(e)
	case event.Message:
		a.o.Text.Handle(e)
	}
}

// outputActions are shown by their output instead of their result.
var outputActions = map[string]bool{"command": true, "shell": true, "raw": true, "script": true, "win_command": true, "win_shell": true}

func (a *AdHoc) result(e event.TaskResult) {
	t := a.o.Text
	t.mu.Lock()
	defer t.mu.Unlock()
	t.warnings(e.Result)
	word, color := "SUCCESS", colorOK
	switch e.Status {
	case event.Unreachable:
		word, color = "UNREACHABLE!", colorUnreachable
	case event.Failed:
		word, color = "FAILED!", colorError
	case event.Changed:
		word, color = "CHANGED", colorChanged
	case event.Skipped:
		word, color = "SKIPPED", colorSkip
	}
	short := strings.TrimPrefix(strings.TrimPrefix(e.Action, "ansible.builtin."), "ansible.legacy.")
	_, hasRC := e.Result["rc"]
	if outputActions[short] && hasRC && e.Status != event.Unreachable {
		t.line(color, a.output(e, strings.TrimSuffix(word, "!")))
		return
	}
	t.line(color, fmt.Sprintf("%s | %s => %s", e.Host, word, a.dump(e.Result)))
}

// output is a command's result: its exit code and what it wrote.
func (a *AdHoc) output(e event.TaskResult, word string) string {
	stdout, _ := e.Result["stdout"].(string)
	stderr, _ := e.Result["stderr"].(string)
	if a.o.OneLine {
		out := strings.ReplaceAll(stdout, "\n", "\\n")
		line := fmt.Sprintf("%s | %s | rc=%v | (stdout) %s", e.Host, word, e.Result["rc"], out)
		if stderr != "" {
			line += " (stderr) " + strings.ReplaceAll(stderr, "\n", "\\n")
		}
		return line
	}
	text := fmt.Sprintf("%s | %s | rc=%v >>\n%s%s", e.Host, word, e.Result["rc"], stdout, stderr)
	if msg, ok := e.Result["msg"].(string); ok {
		text += msg
	}
	return text
}

func (a *AdHoc) dump(r map[string]any) string {
	shown := make(map[string]any, len(r)+1)
	for k, v := range r {
		shown[k] = v
	}
	if !a.o.OneLine {
		shown["_ansible_verbose_always"] = true
	} else {
		delete(shown, "_ansible_verbose_always")
	}
	return a.o.Text.dump(shown)
}
