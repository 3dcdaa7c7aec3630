package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

// Report is all that the store holds of a run, or what was chosen of it.
type Report struct {
	history.Run
	Plays    []history.Play    `json:"plays"`
	Results  []history.Result  `json:"results"`
	Recaps   []history.Recap   `json:"recap"`
	Messages []history.Message `json:"messages"`
}

// Run writes a report.
func Run(w io.Writer, r Report, o Options) error {
	p := &page{o: o}
	p.header(r.Run)
	plays := map[int]history.Play{}
	for _, play := range r.Plays {
		plays[play.ID] = play
	}
	at := 0
	for i := 0; i < len(r.Results); {
		t := r.Results[i].About
		end := i
		for end < len(r.Results) && r.Results[end].About.ID == t.ID {
			end++
		}
		if play, ok := plays[t.Play]; ok && t.Play != at {
			at = t.Play
			p.play(play)
		}
		p.task(t, r.Results[i:end])
		i = end
	}
	p.messages(r.Messages)
	p.recaps(r.Recaps)
	_, err := io.WriteString(w, p.b.String())
	return err
}

type page struct {
	o Options
	b strings.Builder
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *page) header(r history.Run) {
	p.line("%s: %s", r.ID, what(r))
	who := "by " + r.User
	if r.Controller != "" {
		who += " on " + r.Controller
	}
	p.line("  %s, in %s, muster %s", who, r.Dir, r.Version)
	if len(r.Args) > 0 {
		p.line("  muster %s", strings.Join(r.Args, " "))
	}
	if len(r.Sources) > 0 {
		p.line("  inventory %s", strings.Join(r.Sources, ", "))
	}
	if r.Git.Commit != "" {
		p.line("  commit %s", gitText(r.Git))
	}
	if r.Parent != "" {
		p.line("  follows %s", r.Parent)
	}
	end := "is running"
	if !r.End.IsZero() {
		end = "took " + Took(r.End.Sub(r.Start))
	}
	p.line("  started %s, %s: %s", r.Start.In(p.o.Zone).Format(time.DateTime), end, p.o.paint(kindOf(r), Outcome(r)))
}

func gitText(g history.Git) string {
	text := g.Commit
	if len(text) > 12 {
		text = text[:12]
	}
	if g.Branch != "" {
		text += " (" + g.Branch + ")"
	}
	if g.Dirty {
		text += ", with changes that are not committed"
	}
	return text
}

func (p *page) play(play history.Play) {
	batch := ""
	if play.Of > 1 {
		batch = fmt.Sprintf(", batch %d of %d", play.Batch+1, play.Of)
	}
	p.line("\nPLAY %s: %d hosts%s", play.Name, play.Hosts, batch)
}

// task writes a task with how it ended on how many hosts, and the results that are worth a line of their own.
func (p *page) task(t history.Task, results []history.Result) {
	counts := map[event.Status]int{}
	var longest time.Duration
	for _, r := range results {
		counts[r.Status]++
		longest = max(longest, r.Duration)
	}
	var parts []string
	for _, s := range []event.Status{event.OK, event.Changed, event.Skipped, event.Failed, event.Unreachable} {
		if n := counts[s]; n > 0 {
			parts = append(parts, p.o.paint(kindOfStatus(s), fmt.Sprintf("%s=%d", s, n)))
		}
	}
	title := t.Name
	if t.Handler {
		title = "handler " + title
	}
	p.line("  %s  %s  %s", title, strings.Join(parts, " "), Took(longest))
	for _, r := range results {
		failed := r.Status == event.Failed || r.Status == event.Unreachable
		if failed || p.o.All || p.o.Diff && r.Changed {
			p.result(r)
		}
	}
}

func kindOfStatus(s event.Status) string {
	switch s {
	case event.Failed, event.Unreachable:
		return "error"
	case event.Skipped:
		return "skip"
	}
	return string(s)
}

func (p *page) result(r history.Result) {
	note := ""
	switch {
	case r.Ignored:
		note = " (ignored)"
	case r.Rescued:
		note = " (rescued)"
	}
	host := r.Host
	if r.Delegated != "" {
		host += " -> " + r.Delegated
	}
	p.line("    %s: %s%s", host, p.o.paint(kindOfStatus(r.Status), string(r.Status)), note)
	p.text("      ", r.Msg)
	if p.o.Diff {
		p.diff(r.Diff, r.Result)
	}
	for _, it := range r.Loop {
		p.line("      item %s: %s", it.Item, p.o.paint(kindOfStatus(it.Status), string(it.Status)))
		if it.Status == event.Failed || p.o.All {
			p.text("        ", it.Msg)
		}
		if p.o.Diff {
			p.diff(it.Diff, it.Result)
		}
	}
}

func (p *page) text(indent, text string) {
	for l := range strings.Lines(text) {
		p.line("%s%s", indent, strings.TrimRight(l, "\n"))
	}
}

// diff writes what changed: attributes, then texts.
func (p *page) diff(diff, result json.RawMessage) {
	all := map[string]any{}
	if len(result) > 0 {
		_ = json.Unmarshal(result, &all) // what the store cut to size is still JSON
	}
	var d any
	if len(diff) > 0 && json.Unmarshal(diff, &d) == nil {
		all["diff"] = d
	}
	attrs, text := change.Explain(all)
	for _, a := range attrs {
		p.line("      %s: %s -> %s", a.Name, p.o.paint("diff_remove", fmt.Sprint(a.Before)), p.o.paint("diff_add", fmt.Sprint(a.Wanted)))
	}
	for l := range strings.Lines(text) {
		kind := ""
		switch l = strings.TrimRight(l, "\n"); {
		case strings.HasPrefix(l, "+"):
			kind = "diff_add"
		case strings.HasPrefix(l, "-"):
			kind = "diff_remove"
		case strings.HasPrefix(l, "@@"):
			kind = "diff_lines"
		}
		p.line("      %s", p.o.paint(kind, l))
	}
}

func (p *page) messages(list []history.Message) {
	if len(list) > 0 {
		p.line("")
	}
	for _, m := range list {
		host := ""
		if m.Host != "" {
			host = m.Host + ": "
		}
		p.line("  [%s] %s%s", m.Level, host, m.Text)
	}
}

func (p *page) recaps(list []history.Recap) {
	if len(list) == 0 {
		return
	}
	width := 0
	for _, r := range list {
		width = max(width, len(r.Host))
	}
	p.line("\nRECAP")
	for _, r := range list {
		text := fmt.Sprintf("  %s  ok=%d changed=%d unreachable=%d failed=%d skipped=%d rescued=%d ignored=%d", pad(r.Host, width, false),
			r.OK, r.Changed, r.Unreachable, r.Failed, r.Skipped, r.Rescued, r.Ignored)
		if r.RolledBack > 0 {
			text += fmt.Sprintf(" rolledback=%d", r.RolledBack)
		}
		p.line("%s", text)
	}
}
