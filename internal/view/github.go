package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// GitHub writes text, and for failures and warnings the commands that GitHub Actions shows beside the lines of a change.
// What hosts say cannot give such commands.
type GitHub struct {
	text  *Text
	out   io.Writer
	tasks map[int]event.TaskStart
}

// NewGitHub returns a view that annotates. o.Out receives both.
func NewGitHub(o TextOptions) *GitHub {
	out := o.Out
	o.Out = &withoutCommands{w: o.Out, start: true}
	return &GitHub{text: NewText(o), out: out, tasks: map[int]event.TaskStart{}}
}

// Handle writes one event.
func (g *GitHub) Handle(e event.Event) {
	g.text.Handle(e)
	switch e := e.(type) {
	case event.TaskStart:
		g.tasks[e.ID] = e
	case event.TaskResult:
		if (e.Status == event.Failed || e.Status == event.Unreachable) && !e.Rescued {
			g.annotate(e)
		}
	case event.Message:
		switch e.Level {
		case "warning", "deprecated":
			g.command("warning", "", 0, "muster", e.Text)
		case "error":
			g.command("error", "", 0, "muster", e.Text)
		}
	}
}

// annotate marks the task that failed; one whose failure is ignored is a warning.
func (g *GitHub) annotate(e event.TaskResult) {
	kind := "error"
	if e.Ignored {
		kind = "warning"
	}
	msg := "the task failed"
	if text, ok := e.Result["msg"].(string); ok && !e.NoLog {
		msg = text
	}
	if e.Status == event.Unreachable {
		msg = "unreachable: " + msg
	}
	task := g.tasks[e.Task]
	g.command(kind, task.Pos.File, task.Pos.Line, task.Name, hostLabel(e.Host, e.Delegated)+": "+msg)
}

func (g *GitHub) command(kind, file string, line int, title, text string) {
	var props []string
	if file != "" {
		props = append(props, "file="+property(file), fmt.Sprintf("line=%d", line))
	}
	props = append(props, "title="+property(title))
	fmt.Fprintf(g.out, "::%s %s::%s\n", kind, strings.Join(props, ","), data(text))
}

// data escapes what stands after a command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes a value before the second pair of colons.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// withoutCommands puts a blank before lines that would be commands.
type withoutCommands struct {
	w     io.Writer
	start bool // the next byte begins a line
}

// Write passes text on.
func (c *withoutCommands) Write(p []byte) (int, error) {
	var out strings.Builder
	for line := range strings.SplitAfterSeq(string(p), "\n") {
		if c.start && (strings.HasPrefix(line, "::") || strings.HasPrefix(line, "##[")) {
			out.WriteByte(' ')
		}
		out.WriteString(line)
		if line != "" {
			c.start = strings.HasSuffix(line, "\n")
		}
	}
	if _, err := io.WriteString(c.w, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}
