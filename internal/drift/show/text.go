// Package show writes reports on drift for people: as text, and as one HTML file that needs nothing else.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift"
)

// TextOptions say how text is written.
type TextOptions struct {
	Color   bool
	Verbose bool // name hosts that are in order and every task that was not assessed
	Now     time.Time
}

// Text writes a report. What hosts returned is written without control characters.
func Text(w io.Writer, r *drift.Report, o TextOptions) {
	p := printer{w: w, o: o}
	for _, h := range r.Hosts {
		p.host(h)
	}
	p.summary(r)
}

type printer struct {
	w io.Writer
	o TextOptions
}

// The colours.
const (
	green  = "32"
	yellow = "33"
	red    = "31"
	dim    = "2"
)

func (p printer) paint(color, text string) string {
	if !p.o.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (p printer) host(h drift.Host) {
	switch h.State {
	case drift.InOrder:
		if p.o.Verbose {
			fmt.Fprintf(p.w, "%s: %s\n", h.Name, p.paint(green, p.inOrder(h)))
		}
	case drift.Unreachable, drift.Failed:
		word := "the check failed"
		if h.State == drift.Unreachable {
			word = "unreachable"
		}
		fmt.Fprintf(p.w, "%s: %s: %s\n", h.Name, p.paint(red, word), indent(clean(h.Problem), "  "))
	default:
		fmt.Fprintf(p.w, "%s: %s\n", h.Name, p.paint(yellow, counts(h)))
	}
	for _, d := range h.Drift {
		p.difference(d)
	}
	if p.o.Verbose {
		for _, b := range h.Blind {
			fmt.Fprintf(p.w, "  %s %s (%s): %s\n", p.paint(dim, "not assessed:"), b.Task, b.Action, clean(b.Why))
		}
	}
}

// inOrder never says more than what was compared.
func (p printer) inOrder(h drift.Host) string {
	if h.Assessed < h.Assessable {
		return fmt.Sprintf("in order as far as it could be assessed: %d of %d tasks", h.Assessed, h.Assessable)
	}
	return fmt.Sprintf("in order, %s", plural(h.Assessed, "task"))
}

func counts(h drift.Host) string {
	var words []string
	for _, c := range []drift.Class{drift.Corrective, drift.Intended, drift.Unknown} {
		if n := h.Count(c); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, c))
		}
	}
	return "drifted: " + strings.Join(words, ", ")
}

func (p printer) difference(d drift.Difference) {
	color := yellow
	if d.Class == drift.Corrective {
		color = red
	}
	name := clean(d.Task)
	if d.Item != "" {
		name += " (item=" + clean(d.Item) + ")"
	}
	fmt.Fprintf(p.w, "  %s  %s  [%s, %s]\n", p.paint(color, fmt.Sprintf("%-10s", d.Class)), name, d.Action, d.Pos)
	fmt.Fprintf(p.w, "    %s\n", p.paint(dim, d.Why+"; "+p.seen(d)))
	for _, a := range d.Attributes {
		fmt.Fprintf(p.w, "    %s: %s -> %s\n", clean(a.Name), Value(a.Before), Value(a.Wanted))
	}
	if d.Hidden {
		fmt.Fprintln(p.w, "    the difference is hidden by no_log")
	}
	for line := range strings.Lines(d.Text) {
		p.diffLine(strings.TrimSuffix(line, "\n"))
	}
}

func (p printer) diffLine(line string) {
	color := ""
	switch {
	case strings.HasPrefix(line, "+"):
		color = green
	case strings.HasPrefix(line, "-"):
		color = red
	case strings.HasPrefix(line, "@@"):
		color = dim
	}
	line = clean(line)
	if color != "" {
		line = p.paint(color, line)
	}
	fmt.Fprintf(p.w, "    | %s\n", line)
}

// seen says since when and how often something differs.
func (p printer) seen(d drift.Difference) string {
	text := "seen for the first time"
	switch {
	case d.Seen == 1 && d.Episodes > 1:
		text = "new since the last report"
	case d.Seen > 1:
		text = fmt.Sprintf("first seen %s, in %d reports", Ago(p.o.Now.Sub(d.FirstSeen)), d.Seen)
	}
	if d.Flapping {
		text += fmt.Sprintf(", FLAPPING: it came back %d times in 30 days", d.Episodes-1)
	} else if d.Episodes > 1 {
		text += fmt.Sprintf(", it came back %s", times(d.Episodes-1))
	}
	return text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Ago writes how long something is past: the two largest units.
func Ago(d time.Duration) string {
	d = max(d, 0)
	days := int(d / (24 * time.Hour))
	hours, minutes := int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh ago", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm ago", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm ago", minutes)
	default:
		return fmt.Sprintf("%ds ago", int(d/time.Second))
	}
}

func (p printer) summary(r *drift.Report) {
	s := r.Summary
	if len(r.Hosts) > 0 && (p.o.Verbose || s.InOrder < s.Hosts) {
		fmt.Fprintln(p.w)
	}
	fmt.Fprintf(p.w, "%s: %d in order, %d drifted, %d failed, %d unreachable\n", plural(s.Hosts, "host"), s.InOrder, s.Drifted, s.Failed, s.Unreachable)
	if n := s.Differences(); n > 0 {
		fmt.Fprintf(p.w, "%s: %d corrective (the host changed), %d intended (playbook, inventory or variables changed), %d unknown (never applied by muster)\n",
			plural(n, "difference"), s.Corrective, s.Intended, s.Unknown)
	}
	fmt.Fprintf(p.w, "assessed: %d of %d tasks on hosts (%.0f%%)\n", s.Assessed, s.Assessable, floor(s.Share()))
	if s.Assessed < s.Assessable {
		fmt.Fprintln(p.w, "The others cannot be compared with a host without running them; -v names them.")
	}
	if r.History != "" {
		fmt.Fprintf(p.w, "Nothing to compare with: %s.\n", r.History)
	}
}

// floor is a share as a percentage that is 100 only when it is all.
func floor(share float64) float64 { return float64(int(share * 100)) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Value writes an attribute's value.
func Value(v any) string {
	switch x := v.(type) {
	case nil:
		return "(none)"
	case string:
		if x == "" {
			return `""`
		}
		return clean(x)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clean(string(text))
}

// clean replaces control characters but tabs, which could move the cursor of a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '�'
		}
		return r
	}, s)
}

func indent(s, by string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n"+by) }
