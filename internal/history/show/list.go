// Package show writes what the run store holds for people.
package show

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/history"
)

// Options say how text looks.
type Options struct {
	Width int                            // of the screen, in columns
	Paint func(kind, text string) string // colours: ok, changed, error, skip, diff_add …; nil leaves texts alone
	Now   time.Time                      // runs of this year are shown without theirs
	Zone  *time.Location
	Diff  bool // show what changed
	All   bool // show every result, not only failures
}

func (o Options) paint(kind, text string) string {
	if o.Paint == nil || text == "" {
		return text
	}
	return o.Paint(kind, text)
}

func (o Options) when(t time.Time) string {
	t = t.In(o.Zone)
	if t.Year() == o.Now.In(o.Zone).Year() {
		return t.Format("02 Jan 15:04")
	}
	return t.Format("2006-01-02")
}

// List writes a table of runs, one in a line.
func List(w io.Writer, runs []history.Run, o Options) error {
	ids := Short(runs)
	rows := [][]string{{"RUN", "STARTED", "TOOK", "RESULT", "HOSTS", "CHANGED", "WHAT"}}
	for i, r := range runs {
		rows = append(rows, []string{ids[i], o.when(r.Start), Took(r.End.Sub(r.Start)), Outcome(r), fmt.Sprint(r.Hosts), fmt.Sprint(r.Counts.Changed), what(r)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	left := 0
	for _, n := range widths[:len(widths)-1] {
		left += n + 2
	}
	widths[len(widths)-1] = max(o.Width-left, 12)
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			last := i == len(row)-1
			if last {
				b.WriteString(clip(cell, widths[i]) + "\n")
				continue
			}
			text := pad(cell, widths[i], i == 2 || i == 4 || i == 5)
			if i == 3 && n > 0 {
				text = o.paint(kindOf(runs[n-1]), text)
			}
			b.WriteString(text + "  ")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func pad(s string, width int, right bool) string {
	blanks := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if right {
		return blanks + s
	}
	return s + blanks
}

// clip cuts a text to a number of columns.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// shortest is how much of a run's id is shown at least: up to the second.
const shortest = len("20060102T150405")

// Short returns the ids of runs as far as they differ from each other.
func Short(runs []history.Run) []string {
	out := make([]string, len(runs))
	for i, r := range runs {
		n := min(shortest, len(r.ID))
		for ; n < len(r.ID); n++ {
			unique := true
			for j, other := range runs {
				unique = unique && (i == j || !strings.HasPrefix(other.ID, r.ID[:n]))
			}
			if unique {
				break
			}
		}
		out[i] = r.ID[:n]
	}
	return out
}

// what says which command ran what.
func what(r history.Run) string {
	if r.Command == "exec" {
		return strings.Join(r.Args, " ")
	}
	text := r.Command
	if len(r.Playbooks) > 0 {
		text += " " + strings.Join(r.Playbooks, " ")
	}
	if r.Check && r.Command == "run" {
		text += " --check"
	}
	if r.Limit != "" {
		text += " -l " + r.Limit
	}
	return text
}

// Outcome says how a run ended, in a word or two.
func Outcome(r history.Run) string {
	if r.State != history.Finished {
		return string(r.State)
	}
	switch r.Exit {
	case 0:
		return "ok"
	case 1:
		return "error"
	case 2:
		return "failed"
	case 4:
		return "unreachable"
	case 6:
		return "rolled back"
	case 130:
		return "interrupted"
	}
	return fmt.Sprintf("exit %d", r.Exit)
}

func kindOf(r history.Run) string {
	switch {
	case r.State == history.Running:
		return "changed"
	case r.State == history.Finished && r.Exit == 0:
		return "ok"
	}
	return "error"
}

// Took is a duration in a few characters; "" when it is unknown.
func Took(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
