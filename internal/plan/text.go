package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Text says how a plan is shown.
type Text struct {
	Width int                            // of the screen, in columns
	Paint func(kind, text string) string // colours a text: diff_add, diff_remove, diff_lines, changed, error, skip; nil leaves it
	Dir   string                         // files below it are named from there
}

// Write shows a plan to people.
func (o Text) Write(w io.Writer, p *Plan) error {
	b := &strings.Builder{}
	shown := &page{o: o, b: b}
	for _, t := range p.Tasks {
		if len(t.Changes) > 0 {
			shown.task(t)
		}
	}
	shown.notAssessed(p.Tasks)
	shown.broken(p.Hosts)
	shown.summary(p)
	_, err := io.WriteString(w, b.String())
	return err
}

// page is a plan on its way to the screen.
type page struct {
	o Text
	b *strings.Builder
}

func (p *page) paint(kind, text string) string {
	if p.o.Paint == nil || text == "" {
		return text
	}
	return p.o.Paint(kind, text)
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p.b, format+"\n", args...) }

// place is where a task stands.
func (p *page) place(t Task) string {
	file := t.Pos.File
	if rel, err := filepath.Rel(p.o.Dir, file); err == nil && filepath.IsAbs(file) && filepath.IsLocal(rel) {
		file = rel
	}
	return fmt.Sprintf("%s:%d", file, t.Pos.Line)
}

func (p *page) task(t Task) {
	title := t.Name
	if t.Name != t.Action {
		title += " (" + t.Action + ")"
	}
	if t.Handler {
		title = "handler " + title
	}
	p.line("%s  [%s]  %s", p.paint("changed", "~ "+title), p.paint(kinds[t.Undo], t.Undo.words()), p.place(t))
	for _, g := range t.Changes {
		p.hosts("    ", g.Hosts, "")
		for _, part := range g.Parts {
			p.part(part)
		}
	}
	p.line("")
}

// kinds are the colours of labels.
var kinds = map[Undo]string{Irreversible: "error", Partly: "changed", Compensated: "changed"}

func (u Undo) words() string {
	switch u {
	case Partly:
		return "partly reversible"
	case "":
		return "nothing to take back"
	}
	return string(u)
}

// hosts lists hosts, broken into lines.
func (p *page) hosts(indent string, names []string, after string) {
	width := max(p.o.Width, 40)
	line := indent
	for i, name := range names {
		word := name
		if i < len(names)-1 {
			word += ", "
		} else {
			word += after
		}
		if line != indent && utf8.RuneCountInString(line)+utf8.RuneCountInString(strings.TrimSpace(word)) > width {
			p.line("%s", strings.TrimRight(line, " "))
			line = indent
		}
		line += word
	}
	p.line("%s", line)
}

func (p *page) part(part Part) {
	indent := "      "
	if part.Item != "" {
		p.line("%sitem %s", indent, part.Item)
	}
	if part.Path != "" && !strings.Contains(part.Text, part.Path) {
		p.line("%s%s", indent, part.Path)
	}
	if part.Hidden {
		p.line("%s(no_log hides what changes)", indent)
	}
	for _, a := range part.Attributes {
		p.line("%s%s: %s -> %s", indent, a.Name, p.paint("diff_remove", shown(a.Before)), p.paint("diff_add", shown(a.Wanted)))
	}
	for l := range strings.Lines(part.Text) {
		kind := ""
		switch l = strings.TrimRight(l, "\n"); {
		case strings.HasPrefix(l, "+"):
			kind = "diff_add"
		case strings.HasPrefix(l, "-"):
			kind = "diff_remove"
		case strings.HasPrefix(l, "@@"):
			kind = "diff_lines"
		}
		p.line("%s%s", indent, p.paint(kind, l))
	}
	if part.Msg != "" {
		for l := range strings.Lines(part.Msg) {
			p.line("%s%s", indent, strings.TrimRight(l, "\n"))
		}
	}
}

// shown is a value of an attribute; texts stand without quotes when nothing is lost by it.
func shown(v any) string {
	if v == nil {
		return "(none)"
	}
	if s, ok := v.(string); ok && s != "" && strings.TrimSpace(s) == s && !strings.ContainsAny(s, "\n\r\t") {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func (p *page) notAssessed(tasks []Task) {
	first := true
	for _, t := range tasks {
		for _, u := range t.NotAssessed {
			if first {
				p.line("Not assessed:")
				first = false
			}
			p.line("  %s  [%s]  %s: %s", p.paint("skip", fmt.Sprintf("? %s (%s)", t.Name, t.Action)), p.paint(kinds[t.Undo], t.Undo.words()), p.place(t), u.Why)
			p.hosts("    ", u.Hosts, "")
		}
	}
	if !first {
		p.line("")
	}
}

func (p *page) broken(hosts []Host) {
	some := false
	for _, h := range hosts {
		switch {
		case h.Unreachable != "":
			p.line("%s", p.paint("error", fmt.Sprintf("%s is unreachable: %s", h.Name, h.Unreachable)))
		case h.Failed != "":
			p.line("%s", p.paint("error", fmt.Sprintf("%s failed: %s", h.Name, h.Failed)))
		default:
			continue
		}
		some = true
	}
	if some {
		p.line("")
	}
}

func (p *page) summary(plan *Plan) {
	s := plan.Summary
	covered := fmt.Sprintf("%d of %d tasks on hosts could be assessed (%d%%).", s.Assessed, s.Assessable, int(s.Coverage()*100))
	if s.Changes == 0 {
		nothing := fmt.Sprintf("Plan: nothing to change on %s.", count(s.Hosts, "host"))
		if s.Assessed < s.Assessable || s.Failed+s.Unreachable > 0 {
			nothing = fmt.Sprintf("Plan: nothing to change on %s, as far as it could be assessed.", count(s.Hosts, "host"))
		}
		p.line("%s\n%s", nothing, covered)
		return
	}
	var labels []string
	for _, u := range []Undo{Reversible, Partly, Compensated, Irreversible, ""} {
		if n := s.Undo[u]; n > 0 {
			labels = append(labels, fmt.Sprintf("%d %s", n, u.words()))
		}
	}
	p.line("Plan: %s by %s, on %d of %s.", count(s.Changes, "change"), count(s.Tasks, "task"), s.Changing, count(s.Hosts, "host"))
	p.line("Tasks that change something: %s.", strings.Join(labels, ", "))
	p.line("%s", covered)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
