// Package view shows the events of a run: as Ansible's default text, as JSON lines, as JUnit XML.
package view

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
)

// TextOptions say how much the text view shows and in which colours.
type TextOptions struct {
	Out, Err    io.Writer
	Width       int // of the terminal in columns; 0 when there is none
	Verbosity   int
	Color       bool
	Colors      func(message string) string // the colour of a kind of message, such as COLOR_OK; nil is Ansible's own
	HideSkipped bool
	HideOK      bool
	FailedToErr bool // fatal lines go to standard error
	CustomStats bool
	CheckMarks  bool // [CHECK MODE] in banners
	DiffContext int  // lines around a change
	YAML        bool // result_format = yaml
	Pretty      bool // pretty_results
}

// Text writes Ansible's default output, line for line.
type Text struct {
	o      TextOptions
	mu     sync.Mutex
	tasks  map[int]event.TaskStart
	banner int // the task whose banner was written last
}

// NewText returns a text view.
func NewText(o TextOptions) *Text {
	if o.DiffContext == 0 {
		o.DiffContext = 3
	}
	return &Text{o: o, tasks: map[int]event.TaskStart{}}
}

// Handle writes one event.
func (t *Text) Handle(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case event.PlayStart:
		t.play(e)
	case event.NoHosts:
		if e.Remaining {
			t.title("NO MORE HOSTS LEFT")
			return
		}
		t.title("PLAY [" + e.Play + "]")
		t.line(colorSkip, "skipping: no hosts matched")
	case event.TaskStart:
		t.tasks[e.ID] = e
		if !t.o.HideSkipped && !t.o.HideOK {
			t.taskBanner(e.ID)
		}
	case event.TaskResult:
		t.result(e)
	case event.ItemResult:
		t.item(e)
	case event.Retry:
		t.retry(e)
	case event.Included:
		t.included(e)
	case event.Notified:
		if t.o.Verbosity > 1 {
			t.line(colorVerbose, fmt.Sprintf("NOTIFIED HANDLER %s for %s", e.Handler, e.Host))
		}
	case event.NoMoreHosts:
		t.title("NO MORE HOSTS LEFT")
	case event.Message:
		t.message(e)
	case event.PromptText:
		fmt.Fprintln(t.o.Out, e.Text)
	case event.RunEnd:
		t.recap(e)
	}
}

// title writes a banner: text and stars up to the width of the terminal.
func (t *Text) title(text string) {
	width := max(79, t.o.Width-1)
	stars := max(3, width-len([]rune(text)))
	fmt.Fprintf(t.o.Out, "\n%s %s\n", text, strings.Repeat("*", stars))
}

func (t *Text) line(color, text string) { t.lineTo(t.o.Out, color, text) }

func (t *Text) lineTo(w io.Writer, color, text string) {
	fmt.Fprintln(w, t.paint(color, text))
}

func (t *Text) play(e event.PlayStart) {
	title := "PLAY"
	if e.Name != "" {
		title = "PLAY [" + e.Name + "]"
	}
	if e.Check && t.o.CheckMarks {
		title += " [CHECK MODE]"
	}
	t.title(title)
}

func (t *Text) taskBanner(id int) {
	e, ok := t.tasks[id]
	if !ok {
		return
	}
	t.banner = id
	prefix := "TASK"
	if e.Handler {
		prefix = "RUNNING HANDLER"
	}
	title := fmt.Sprintf("%s [%s%s]", prefix, e.Name, e.Args)
	if e.Check && t.o.CheckMarks {
		title = strings.TrimSuffix(title, "]") + "] [CHECK MODE]"
	}
	t.title(title)
	if t.o.Verbosity >= 2 && e.Pos.File != "" {
		t.line(colorDebug, fmt.Sprintf("task path: %s:%d", e.Pos.File, e.Pos.Line))
	}
}

// needBanner repeats the banner when another task's was written since.
func (t *Text) needBanner(id int) {
	if t.banner != id {
		t.taskBanner(id)
	}
}

func hostLabel(host, delegated string) string {
	if delegated == "" || delegated == host {
		return host
	}
	return host + " -> " + delegated
}

var includeActions = map[string]bool{
	"include_tasks": true, "include_role": true, "include": true, "ansible.builtin.include_tasks": true,
	"ansible.builtin.include_role": true, "ansible.legacy.include_tasks": true, "ansible.legacy.include_role": true,
}

// result writes a task's outcome on a host.
func (t *Text) result(e event.TaskResult) {
	t.warnings(e.Result)
	label := hostLabel(e.Host, e.Delegated)
	switch e.Status {
	case event.Unreachable:
		t.needBanner(e.Task)
		t.failedLine(colorUnreachable, fmt.Sprintf("fatal: [%s]: UNREACHABLE! => %s", label, t.dump(e.Result)))
		t.ignoring(e.Ignored)
	case event.Failed:
		t.needBanner(e.Task)
		if !e.Loop {
			t.exception(e.Result)
			t.failedLine(colorError, fmt.Sprintf("fatal: [%s]: FAILED! => %s", label, t.dump(e.Result)))
		}
		t.ignoring(e.Ignored)
	case event.Skipped:
		if t.o.HideSkipped {
			return
		}
		t.needBanner(e.Task)
		t.line(colorSkip, t.verbose("skipping: ["+e.Host+"]", e.Action, e.Result))
	default:
		t.success(e, label)
	}
}

func (t *Text) success(e event.TaskResult, label string) {
	t.diffs(e)
	if includeActions[e.Action] {
		return
	}
	if e.Loop && e.Result["results"] != nil {
		return
	}
	word, color := "ok", colorOK
	if e.Status == event.Changed {
		word, color = "changed", colorChanged
	} else if t.o.HideOK {
		return
	}
	t.needBanner(e.Task)
	t.line(color, t.verbose(fmt.Sprintf("%s: [%s]", word, label), e.Action, e.Result))
}

func (t *Text) failedLine(color, text string) {
	w := t.o.Out
	if t.o.FailedToErr {
		w = t.o.Err
	}
	t.lineTo(w, color, text)
}

func (t *Text) ignoring(ignored bool) {
	if ignored {
		t.line(colorSkip, "...ignoring")
	}
}

// exception shows a module's stack trace.
func (t *Text) exception(r map[string]any) {
	text, ok := r["exception"].(string)
	if !ok || text == "" {
		return
	}
	if t.o.Verbosity < 3 {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		text = "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: " + lines[len(lines)-1]
	} else {
		text = "The full traceback is:\n" + text
	}
	t.failedLine(colorError, text)
}

// item writes one loop item's outcome.
func (t *Text) item(e event.ItemResult) {
	label := hostLabel(e.Host, e.Delegated)
	switch e.Status {
	case event.Failed, event.Unreachable:
		t.needBanner(e.Task)
		t.exception(e.Result)
		t.failedLine(colorError, fmt.Sprintf("failed: [%s] (item=%s) => %s", label, e.Label, t.dump(e.Result)))
	case event.Skipped:
		if t.o.HideSkipped {
			return
		}
		t.needBanner(e.Task)
		t.line(colorSkip, t.verbose(fmt.Sprintf("skipping: [%s] => (item=%s) ", e.Host, e.Label), e.Action, e.Result))
	default:
		word, color := "ok", colorOK
		if e.Status == event.Changed {
			word, color = "changed", colorChanged
		} else if t.o.HideOK {
			return
		}
		t.needBanner(e.Task)
		t.line(color, t.verbose(fmt.Sprintf("%s: [%s] => (item=%s)", word, label, e.Label), e.Action, e.Result))
	}
}

func (t *Text) retry(e event.Retry) {
	t.needBanner(e.Task)
	line := fmt.Sprintf("FAILED - RETRYING: [%s]: %s (%d retries left).", hostLabel(e.Host, e.Delegated), e.Name, e.Left)
	if t.o.Verbosity > 2 {
		line += "Result was: " + t.dump(e.Result)
	}
	t.line(colorDebug, line)
}

func (t *Text) included(e event.Included) {
	line := fmt.Sprintf("included: %s for %s", e.File, strings.Join(e.Hosts, ", "))
	if e.Label != "" {
		line += " => (item=" + e.Label + ")"
	}
	t.line(colorSkip, line)
}

func (t *Text) message(e event.Message) {
	switch e.Level {
	case "warning":
		t.lineTo(t.o.Err, colorWarn, wrap("[WARNING]: "+e.Text, t.o.Width))
	case "deprecated":
		t.lineTo(t.o.Err, colorDeprecate, wrap("[DEPRECATION WARNING]: "+e.Text, t.o.Width))
	case "error":
		t.lineTo(t.o.Err, colorError, "ERROR! "+e.Text)
	case "verbose":
		if t.o.Verbosity > 0 {
			t.line(colorVerbose, e.Text)
		}
	default:
		t.line("", e.Text)
	}
}

// warnings shows the warnings and deprecations that a module returned.
func (t *Text) warnings(r map[string]any) {
	for _, w := range texts(r["warnings"]) {
		t.message(event.Message{Level: "warning", Text: w})
	}
	list, _ := r["deprecations"].([]any)
	for _, d := range list {
		if m, ok := d.(map[string]any); ok {
			t.message(event.Message{Level: "deprecated", Text: fmt.Sprint(m["msg"])})
		}
	}
}

func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}

// wrap breaks text at blanks to the width of the terminal, 79 columns without one.
func wrap(text string, width int) string {
	limit := max(79, width-1)
	var out []string
	line := ""
	for _, w := range strings.Fields(text) {
		switch {
		case line == "":
			line = w
		case len([]rune(line))+1+len([]rune(w)) <= limit:
			line += " " + w
		default:
			out = append(out, line)
			line = w
		}
	}
	return strings.Join(append(out, line), "\n")
}

// TerminalWidth returns the columns of a terminal, 0 when f is none.
func TerminalWidth(f *os.File) int { return terminalWidth(f) }
