// Package view shows the events of a run: as Ansible's default text and its other forms, as JSON lines, as JUnit XML.
package view

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
)

// TextOptions say how much the text view shows and in which colours.
type TextOptions struct {
	Out, Err     io.Writer
	Log          io.Writer // receives every message without colours, one in each Write; nil logs nothing
	Width        int       // of the terminal in columns; 0 when there is none
	Verbosity    int
	VerboseToErr bool // what -v adds goes to standard error
	Color        bool
	Colors       func(message string) string // the colour of a kind of message, such as ok; nil is Ansible's own
	HideSkipped  bool
	HideOK       bool
	FailedToErr  bool // fatal lines go to standard error
	CustomStats  bool
	CheckMarks   bool  // [CHECK MODE] in banners
	PathOnFail   bool  // the task's place before what failed
	HostStarts   bool  // a line for each host that starts a task
	NoWarnings   bool  // warnings that modules return are not shown
	NoDeprecated bool  // deprecations are not shown
	DiffContext  int   // lines around a change
	DiffGroups   bool  // equal differences of several hosts are written once, when the task is over
	Form         Form  // how results are written
	Pretty       *bool // pretty_results; nil leaves the choice to the form and the verbosity
	Seen         *Seen // what was written already and need not be again; nil starts anew
}

// Text writes Ansible's default output, line for line.
type Text struct {
	o         TextOptions
	mu        sync.Mutex
	tasks     map[int]event.TaskStart
	wouldUndo bool // the rollback that is shown only looks
	banner    int  // the task whose banner was written last
	free      bool // the play's hosts do not take their tasks together
	check     bool // of the whole run

	diffGroups []*diffGroup
}

// NewText returns a text view.
func NewText(o TextOptions) *Text {
	if o.Seen == nil {
		o.Seen = &Seen{}
	}
	return &Text{o: o, tasks: map[int]event.TaskStart{}}
}

// Handle writes one event.
func (t *Text) Handle(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e.(type) {
	case event.TaskStart, event.PlayStart, event.PlaybookStart, event.RunEnd:
		t.flushDiffs()
	}
	switch e := e.(type) {
	case event.RunStart:
		t.check = e.Check
	case event.PlaybookStart:
		t.playbook(e)
	case event.PlayStart:
		t.play(e)
	case event.NoHosts:
		t.noHosts(e)
	case event.NoMoreHosts:
		t.title("NO MORE HOSTS LEFT")
		if e.Reason == "max_fail_percentage" { // Ansible says so for the limit and for the hosts
			t.title("NO MORE HOSTS LEFT")
		}
	case event.TaskStart:
		t.task(e)
	case event.TaskResult:
		t.result(e)
	case event.ItemResult:
		t.item(e)
	case event.RunEnd:
		t.recap(e)
	default:
		if isRollout(e) {
			t.rollout(e)
			return
		}
		t.remark(e)
	}
}

// remark writes the events that are one line between the others.
func (t *Text) remark(e event.Event) {
	switch e := e.(type) {
	case event.Retry:
		t.retry(e)
	case event.AsyncPoll:
		t.poll(e)
	case event.Included:
		t.included(e)
	case event.HostStart:
		if task, ok := t.tasks[e.Task]; ok && t.o.HostStarts {
			t.line(colorOK, fmt.Sprintf(" [started TASK: %s on %s]", strings.TrimSpace(task.Name), e.Host))
		}
	case event.Notified:
		if t.o.Verbosity > 1 {
			t.line(colorVerbose, fmt.Sprintf("NOTIFIED HANDLER %s for %s", e.Handler, e.Host))
		}
	case event.Message:
		t.message(e)
	case event.PromptText:
		t.line("", inert(e.Text))
	}
}

// title writes a banner: text and stars up to the width of the terminal.
func (t *Text) title(text string) {
	text = inert(strings.TrimSpace(text))
	stars := max(3, t.columns()-displayWidth(text))
	t.line("", fmt.Sprintf("\n%s %s", text, strings.Repeat("*", stars)))
}

func (t *Text) playbook(e event.PlaybookStart) {
	if t.o.Verbosity > 1 {
		t.title("PLAYBOOK: " + filepath.Base(e.File))
		if e.Plays > 0 {
			t.line(colorVerbose, fmt.Sprintf("%d plays in %s", e.Plays, e.File))
		}
	}
	if t.check && t.o.CheckMarks {
		t.title("DRY RUN")
	}
}

func (t *Text) play(e event.PlayStart) {
	t.free = e.Strategy == "free" || e.Strategy == "host_pinned"
	title := "PLAY"
	if name := strings.TrimSpace(e.Name); name != "" {
		title = "PLAY [" + name + "]"
	}
	if e.Check && t.o.CheckMarks {
		title += " [CHECK MODE]"
	}
	t.title(title)
}

func (t *Text) noHosts(e event.NoHosts) {
	if e.Remaining {
		t.title("NO MORE HOSTS LEFT")
		return
	}
	t.title("PLAY [" + e.Play + "]")
	t.line(colorSkip, "skipping: no hosts matched")
}

func (t *Text) task(e event.TaskStart) {
	t.tasks[e.ID] = e
	if !t.free && !t.o.HideSkipped && !t.o.HideOK {
		t.taskBanner(e.ID)
	}
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
	mark := ""
	if e.Check && t.o.CheckMarks {
		mark = " [CHECK MODE]"
	}
	t.title(fmt.Sprintf("%s [%s%s]%s", prefix, strings.TrimSpace(e.Name), e.Args, mark))
	if t.o.Verbosity >= 2 {
		t.taskPath(e)
	}
}

func (t *Text) taskPath(e event.TaskStart) {
	if e.Pos.File != "" {
		t.line(colorDebug, fmt.Sprintf("task path: %s:%d", e.Pos.File, e.Pos.Line))
	}
}

// needBanner repeats the banner when another task's was written since.
func (t *Text) needBanner(id int) {
	if t.banner != id {
		t.taskBanner(id)
	}
}

// Repeat has the banner of a task come again before the next result, for a reader who did not see it.
func (t *Text) Repeat() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.banner = 0
}

func (t *Text) retry(e event.Retry) {
	line := fmt.Sprintf("FAILED - RETRYING: [%s]: %s (%d retries left).", hostLabel(e.Host, e.Delegated), e.Name, e.Left)
	if t.verboseResult(e.Result, 2) {
		line += "Result was: " + t.dump(e.Result, e.NoLog)
	}
	t.line(colorDebug, line)
}

func (t *Text) poll(e event.AsyncPoll) {
	switch e.Ended {
	case event.OK:
		t.line(colorDebug, fmt.Sprintf("ASYNC OK on %s: jid=%s", e.Host, e.Job))
	case event.Failed:
		t.line(colorDebug, fmt.Sprintf("ASYNC FAILED on %s: jid=%s", e.Host, e.Job))
	default:
		t.line(colorDebug, fmt.Sprintf("ASYNC POLL on %s: jid=%s started=%d finished=%d", e.Host, e.Job, e.Started, e.Finished))
	}
}

func (t *Text) included(e event.Included) {
	line := fmt.Sprintf("included: %s for %s", e.File, strings.Join(e.Hosts, ", "))
	if e.Label != "" {
		line += " => (item=" + e.Label + ")"
	}
	t.line(colorSkip, line)
}
