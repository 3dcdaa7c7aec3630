package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

// Compare writes how two runs differ.
func Compare(w io.Writer, c *history.Comparison, o Options) error {
	p := &page{o: o}
	p.line("A %s  %s: %s", c.A.ID, what(c.A), Outcome(c.A))
	p.line("B %s  %s: %s", c.B.ID, what(c.B), Outcome(c.B))
	if c.A.Git != c.B.Git {
		p.line("  commit: %s -> %s", orNone(gitText(c.A.Git)), orNone(gitText(c.B.Git)))
	}
	p.line("  took %s -> %s, changed %d -> %d", Took(c.A.End.Sub(c.A.Start)), Took(c.B.End.Sub(c.B.Start)), c.A.Counts.Changed, c.B.Counts.Changed)
	for _, only := range []struct {
		name  string
		hosts []string
	}{{"A", c.OnlyA}, {"B", c.OnlyB}} {
		if len(only.hosts) > 0 {
			p.line("  hosts only in %s: %s", only.name, strings.Join(only.hosts, ", "))
		}
	}
	last := ""
	for _, d := range c.Tasks {
		if title := d.Task.Name; title != last || last == "" {
			p.line("\n  %s (%s)", title, d.Task.Action)
			last = title
		}
		p.line("    %s: %s", d.Host, p.why(d))
		if o.Diff && d.B != nil {
			p.diff(d.B.Diff, d.B.Result)
		}
	}
	p.line("\n%d results differ, %d are the same.", len(c.Tasks), c.Same)
	_, err := io.WriteString(w, p.b.String())
	return err
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (p *page) why(d history.Difference) string {
	status := func(r *history.Result) string { return p.o.paint(kindOfStatus(r.Status), string(r.Status)) }
	switch d.Why {
	case "only_a":
		return "only in A: " + status(d.A)
	case "only_b":
		return "only in B: " + status(d.B)
	case "arguments":
		return fmt.Sprintf("the task asks for something else (%s -> %s)", status(d.A), status(d.B))
	case "change":
		return "another change"
	}
	text := status(d.A) + " -> " + status(d.B)
	if d.B.Msg != "" && d.B.Status == event.Failed {
		text += ": " + d.B.Msg
	}
	return text
}
