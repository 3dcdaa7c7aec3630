package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// failures is the pane of everything that failed.
type failures struct{ scroll scroll }

func (p *failures) title(scene) string { return "failures" }

func (p *failures) press(c scene, k tea.KeyPressMsg) pane {
	list := c.s.Failures
	switch {
	case p.scroll.press(c, k, len(list)), len(list) == 0:
	case key.Matches(k, c.keys.Retry):
		c.actions.retry(c, []*Host{list[p.scroll.at].Host})
	case key.Matches(k, c.keys.Open):
		return newRecordPane(list[p.scroll.at])
	}
	return nil
}

func (p *failures) view(c scene, width, height int) []string {
	list := c.s.Failures
	if len(list) == 0 {
		return []string{c.look.dim.Render(" nothing failed")}
	}
	from, to := p.scroll.window(len(list), height)
	name, _, _ := widths(width)
	var lines []string
	for i := from; i < to; i++ {
		r := list[i]
		task := c.s.nameOf(r)
		taskWidth := max(8, min(width/4, 40))
		text := fit(harmless(r.Host.Name), name) + " " + fit(harmless(task), taskWidth) + " " + reason(r)
		text = fit(string(glyphs[r.Cell])+" "+text, width-1)
		switch {
		case i == p.scroll.at:
			text = "▸" + c.look.selected.Render(text)
		case r.Retried:
			text = " " + c.look.dim.Render(text)
		default:
			text = " " + c.look.cell(r.Cell).Render(text)
		}
		lines = append(lines, text)
	}
	return lines
}

func (p *failures) help(c scene) []key.Binding {
	return []key.Binding{c.keys.Help, c.keys.Quit, c.keys.Back, c.keys.Open, c.keys.Retry, c.keys.RetryAll, c.keys.Pause, c.keys.RollBack}
}
