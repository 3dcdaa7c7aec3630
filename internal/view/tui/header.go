package tui

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/musterhq/muster/internal/view"
)

// headerLines is the height of the header.
const headerLines = 5

// header is the top of the screen: what runs, how far it is, how the hosts stand.
func header(c scene, title string, mode string, width int) []string {
	return []string{
		c.look.title.Render(fit(headline(c, mode), width)),
		fit(playLine(c), width),
		progressLine(c, width),
		tallyLine(c, width),
		c.look.bold.Render(rule(title, width)),
	}
}

// rule is a line across the screen with a title in it.
func rule(title string, width int) string {
	left := "── " + ansi.Truncate(title, max(1, width-5), "…") + " "
	return left + strings.Repeat("─", max(0, width-ansi.StringWidth(left)))
}

func headline(c scene, mode string) string {
	names := make([]string, len(c.s.Playbooks))
	for i, p := range c.s.Playbooks {
		names[i] = harmless(filepath.Base(p))
	}
	text := " muster  " + strings.Join(names, " ")
	if len(names) == 0 && !c.s.Started.IsZero() {
		text += "rollback"
	}
	if c.s.Check {
		text += "  CHECK MODE"
	}
	switch {
	case c.s.Started.IsZero():
		return text + "  starting"
	case !c.s.Ended.IsZero():
		return text + fmt.Sprintf("  %s in %s, exit code %d", ended(c.s), took(c.s.Ended.Sub(c.s.Started)), c.s.Exit)
	}
	text += "  " + view.Clock(c.now.Sub(c.s.Started))
	for _, word := range []string{c.s.Phase, mode} {
		if word != "" {
			text += "  " + word
		}
	}
	return text
}

func ended(s *State) string {
	switch s.Exit {
	case 0:
		return "DONE"
	case 6:
		return "ROLLED BACK"
	case 130:
		return "STOPPED"
	}
	return "FAILED"
}

func playLine(c scene) string {
	p := c.s.Play
	if c.s.Plays == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("play %d/%d %s", c.s.Plays, max(c.s.Plays, c.s.PlaysOf), harmless(p.Name))}
	if p.Of > 1 {
		parts = append(parts, fmt.Sprintf("batch %d/%d (%d of %d hosts)", p.Batch+1, p.Of, len(p.Hosts), max(p.Total, len(p.Hosts))))
	}
	if c.s.Current >= 0 && p.Seen > 0 && c.s.Ended.IsZero() {
		of := ""
		if p.Tasks >= p.Seen {
			of = fmt.Sprintf("/%d", p.Tasks)
		}
		parts = append(parts, fmt.Sprintf("task %d%s %s", p.Seen, of, harmless(c.s.Columns[c.s.Current].Name)))
	}
	return " " + strings.Join(parts, " · ")
}

// progressLine is a bar for the play and how long it still takes, as far as that is known.
func progressLine(c scene, width int) string {
	share, known := c.s.Done()
	text := c.s.LeftText(c.now)
	if !c.s.Ended.IsZero() {
		text = ""
	}
	size := max(10, min(40, width/3))
	if !known {
		return fit(" ["+strings.Repeat("?", size)+"]  --%  "+text, width)
	}
	full := int(share * float64(size))
	return fit(fmt.Sprintf(" [%s%s] %3d%%  %s", strings.Repeat("#", full), strings.Repeat(".", size-full), int(share*100), text), width)
}

func tallyLine(c scene, width int) string {
	by, runs := c.s.Tally()
	parts := []string{" " + hostCount(len(c.s.Hosts))}
	for s, n := range by {
		if n > 0 || Status(s) == Failed {
			text := fmt.Sprintf("%d %s", n, Status(s))
			if n > 0 {
				text = c.look.of(Status(s)).Render(text)
			}
			parts = append(parts, text)
		}
	}
	if runs > 0 {
		parts = append(parts, fmt.Sprintf("%d running", runs))
	}
	return fit(strings.Join(parts, "  "), width)
}
