package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// textPane shows lines, broken where they are too long; a result, the messages of the run, the help.
type textPane struct {
	name   string
	lines  func(c scene) []string
	top    int
	page   int
	n      int
	follow bool // stay at the end while lines come
}

func (p *textPane) title(scene) string { return p.name }

func (p *textPane) press(c scene, k tea.KeyPressMsg) pane {
	s := scroll{at: p.top, page: p.page}
	if s.press(c, k, max(1, p.n-p.page+1)) {
		p.top = s.at
		p.follow = key.Matches(k, c.keys.Bottom)
	}
	return nil
}

func (p *textPane) view(c scene, width, height int) []string {
	var lines []string
	for _, line := range p.lines(c) {
		if ansi.StringWidth(line) <= width-1 {
			lines = append(lines, " "+line)
			continue
		}
		for _, part := range splitLines(ansi.Hardwrap(line, width-1, true)) {
			lines = append(lines, " "+part)
		}
	}
	p.page, p.n = height, len(lines)
	if last := max(0, len(lines)-height); p.top > last || p.follow {
		p.top = last
	}
	return lines[p.top:min(len(lines), p.top+height)]
}

func (p *textPane) help(c scene) []key.Binding {
	return []key.Binding{c.keys.Help, c.keys.Quit, c.keys.Back, c.keys.PageDown, c.keys.Bottom, c.keys.Pause}
}

func splitLines(s string) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// newLogPane shows the messages of the run.
func newLogPane() pane {
	return &textPane{name: "messages", follow: true, lines: func(c scene) []string {
		if len(c.s.Messages) == 0 {
			return []string{c.look.dim.Render("no messages")}
		}
		var lines []string
		for _, m := range c.s.Messages {
			style := c.look.plain
			switch m.Level {
			case "warning", "deprecated":
				style = c.look.warns
			case "error":
				style = c.look.failed
			}
			prefix := m.Level + ": "
			if m.Level == "info" {
				prefix = ""
			}
			if m.Host != "" {
				prefix += m.Host + ": "
			}
			for _, line := range harmlessLines(prefix + m.Text) {
				lines = append(lines, style.Render(line))
			}
		}
		return lines
	}}
}

// newHelpPane shows all keys and letters.
func newHelpPane() pane {
	return &textPane{name: "help", lines: func(c scene) []string {
		var lines []string
		for _, part := range c.keys.all() {
			lines = append(lines, c.look.bold.Render(part.title))
			for _, k := range part.keys {
				lines = append(lines, "  "+fit(k.key.Help().Key, 8)+k.text)
			}
			lines = append(lines, "")
		}
		lines = append(lines, c.look.bold.Render("Letters of the board"))
		for cell := CellSkipped; cell <= CellUnreachable; cell++ {
			lines = append(lines, "  "+c.look.cell(cell).Render(string(glyphs[cell]))+"       "+cellWord(cell))
		}
		return append(lines, "  >       running")
	}}
}
