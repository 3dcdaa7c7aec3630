package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// hostPane shows what one host did, task by task, or its variables.
type hostPane struct {
	name      string
	scroll    scroll
	moved     bool // the user left the newest task
	variables *textPane
}

func newHostPane(h *Host) *hostPane { return &hostPane{name: h.Name} }

func (p *hostPane) title(c scene) string {
	what := "tasks"
	if p.variables != nil {
		what = "variables"
	}
	groups := ""
	if h := c.s.Host(p.name); h != nil && len(h.Groups) > 0 {
		groups = " (" + strings.Join(h.Groups, ", ") + ")"
	}
	return harmless(p.name + groups + ": " + what)
}

func (p *hostPane) press(c scene, k tea.KeyPressMsg) pane {
	h := c.s.Host(p.name)
	if h == nil {
		return nil
	}
	switch {
	case key.Matches(k, c.keys.Tab):
		p.toggle(c)
	case key.Matches(k, c.keys.Retry):
		c.actions.retry(c, []*Host{h})
	case p.variables != nil:
		return p.variables.press(c, k)
	case p.scroll.press(c, k, p.length(h)):
		p.moved = p.scroll.at < p.length(h)-1
	case key.Matches(k, c.keys.Open) && p.scroll.at < len(h.Records):
		r := h.Records[p.scroll.at]
		return newRecordPane(r)
	}
	return nil
}

// newRecordPane shows a task on a host.
func newRecordPane(r *Record) pane {
	var lines []string // a record does not change; only its result may be let go of later
	return &textPane{name: harmless(r.Host.Name) + ": result", lines: func(c scene) []string {
		if lines == nil {
			lines = recordLines(c, r)
		}
		return lines
	}}
}

// toggle changes between the tasks and the variables as they are at this moment.
func (p *hostPane) toggle(c scene) {
	if p.variables != nil {
		p.variables = nil
		return
	}
	var lines []string
	if c.actions.Variables == nil {
		lines = []string{"The variables are known while the run goes only."}
	} else {
		for _, v := range c.actions.Variables(p.name) {
			first, more, _ := strings.Cut(v.Value, "\n")
			lines = append(lines, c.look.key.Render(harmless(v.Name))+": "+harmless(first)+c.look.dim.Render("  "+v.From))
			if more != "" {
				for _, line := range harmlessLines(more) {
					lines = append(lines, "  "+line)
				}
			}
		}
	}
	p.variables = &textPane{lines: func(scene) []string { return lines }}
}

// length is the number of lines: finished tasks, and the running one with its notes.
func (p *hostPane) length(h *Host) int {
	n := len(h.Records)
	if h.Running >= 0 {
		n += 1 + len(h.Notes)
	}
	return n
}

func (p *hostPane) view(c scene, width, height int) []string {
	if p.variables != nil {
		return p.variables.view(c, width, height)
	}
	h := c.s.Host(p.name)
	if h == nil || p.length(h) == 0 {
		return []string{c.look.dim.Render(" " + harmless(p.name) + " has done nothing yet")}
	}
	if !p.moved {
		p.scroll.at = p.length(h) - 1
	}
	from, to := p.scroll.window(p.length(h), height)
	var lines []string
	for i := from; i < to; i++ {
		line := p.line(c, h, i, width-2)
		if i == p.scroll.at {
			line = "▸" + c.look.selected.Render(fit(line, width-2))
		} else {
			line = " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *hostPane) line(c scene, h *Host, i, width int) string {
	switch {
	case i < len(h.Records):
		return recordLine(c, h.Records[i], width, i == p.scroll.at)
	case i == len(h.Records):
		return fmt.Sprintf("> %s %s", harmless(c.s.Columns[h.Running].Name), took(c.now.Sub(h.Since)))
	default:
		return "    " + safe(h.Notes[i-len(h.Records)-1])
	}
}

func recordLine(c scene, r *Record, width int, plain bool) string {
	name := c.s.nameOf(r)
	why := ""
	if r.Cell >= CellIgnored {
		why = reason(r)
	}
	nameWidth := max(10, min(width/2, 50))
	left := fmt.Sprintf("%c %s %7s  ", glyphs[r.Cell], fit(harmless(name), nameWidth), took(r.Took()))
	text := cellWord(r.Cell)
	if why != "" {
		text += ": " + why
	}
	text = fit(text, max(1, width-nameWidth-12))
	if plain {
		return left + text
	}
	return c.look.cell(r.Cell).Render(left + text)
}

func (p *hostPane) help(c scene) []key.Binding {
	return []key.Binding{c.keys.Help, c.keys.Quit, c.keys.Back, c.keys.Open, c.keys.Tab, c.keys.Retry, c.keys.Failures, c.keys.Pause}
}
