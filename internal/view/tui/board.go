package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// board is the pane of hosts and tasks.
type board struct {
	layout   Layout
	name     string // of a board that shows some hosts only
	scroll   scroll
	selected string // a host of the selected row; "" is the first row
	back     int    // how many columns the newest task is right of the screen
	cells    int    // columns of the last frame
	unfold   bool   // the user chose whether to fold
}

func (b *board) title(scene) string {
	if b.name != "" {
		return b.name
	}
	return "hosts"
}

func (b *board) rows(c scene) []Row { return Rows(c.s.Hosts, b.layout) }

// locate returns the index of the selected row, the first one with hosts when the selected host is not shown.
func (b *board) locate(rows []Row) int {
	first := -1
	for i, r := range rows {
		if r.Heading != "" {
			continue
		}
		if first < 0 {
			first = i
		}
		if b.selected != "" && slices.ContainsFunc(r.Hosts, func(h *Host) bool { return h.Name == b.selected }) {
			return i
		}
	}
	return max(0, first)
}

func (b *board) press(c scene, k tea.KeyPressMsg) pane {
	rows := b.rows(c)
	b.scroll.at = b.locate(rows)
	before := b.scroll.at
	switch {
	case b.scroll.press(c, k, len(rows)):
		if b.scroll.at == 0 {
			b.scroll.top = 0 // a heading above the first host comes into sight
		}
		b.choose(rows, b.scroll.at >= before)
	case key.Matches(k, c.keys.Left):
		b.back = max(0, min(b.back+b.step(), len(c.s.Columns)-b.cells))
	case key.Matches(k, c.keys.Right):
		b.back = max(0, b.back-b.step())
	case key.Matches(k, c.keys.Group):
		b.layout.Grouping = (b.layout.Grouping + 1) % groupings
	case key.Matches(k, c.keys.Fold):
		b.layout.Fold, b.unfold = !b.layout.Fold, true
	case key.Matches(k, c.keys.Retry):
		if r, ok := b.at(rows); ok {
			c.actions.retry(c, r.Hosts)
		}
	case key.Matches(k, c.keys.Open):
		if r, ok := b.at(rows); ok {
			return b.open(r)
		}
	}
	return nil
}

func (b *board) step() int { return max(1, b.cells/2) }

// choose selects the row at the cursor, or the next one with hosts: in the direction of the move, else in the other.
func (b *board) choose(rows []Row, down bool) {
	next := func(i, step int) int {
		for i >= 0 && i < len(rows) && rows[i].Heading != "" {
			i += step
		}
		return i
	}
	step := -1
	if down {
		step = 1
	}
	i := next(b.scroll.at, step)
	if i < 0 || i >= len(rows) {
		i = next(b.scroll.at, -step)
	}
	if i < 0 || i >= len(rows) { // there are only headings
		b.scroll.at = b.locate(rows)
		return
	}
	b.scroll.at, b.selected = i, rows[i].Hosts[0].Name
}

// at returns the selected row.
func (b *board) at(rows []Row) (Row, bool) {
	i := b.locate(rows)
	if i >= len(rows) || rows[i].Heading != "" {
		return Row{}, false
	}
	return rows[i], true
}

// open shows one host, or the hosts that a row stands for.
func (b *board) open(r Row) pane {
	if len(r.Hosts) == 1 {
		return newHostPane(r.Hosts[0])
	}
	only := map[string]bool{}
	names := make([]string, len(r.Hosts))
	for i, h := range r.Hosts {
		only[h.Name], names[i] = true, h.Name
	}
	return &board{layout: Layout{Grouping: ByNothing, Only: only}, name: hostCount(len(names)) + ": " + shortList(names, 40), unfold: true}
}

func (b *board) help(c scene) []key.Binding {
	return []key.Binding{c.keys.Help, c.keys.Quit, c.keys.Open, c.keys.Failures, c.keys.Pause, c.keys.RetryAll, c.keys.Filter, c.keys.StopBatch, c.keys.Group, c.keys.Fold, c.keys.RollBack, c.keys.Log}
}

// widths divides a line into the name, the cells and what happens now.
func widths(width int) (name, cells, now int) {
	name = max(10, min(width/4, 40))
	now = max(8, min(width*2/5, 60))
	return name, max(1, width-name-now-4), now
}

func (b *board) view(c scene, width, height int) []string {
	if !b.unfold { // many hosts are folded until somebody wishes otherwise
		b.layout.Fold = len(c.s.Hosts) > height
	}
	rows := b.rows(c)
	name, cells, now := widths(width)
	b.cells = cells
	first := max(0, len(c.s.Columns)-cells-b.back)
	lines := []string{c.look.dim.Render(fit(b.heading(c, rows, name, cells, first), width))}
	b.scroll.at = b.locate(rows)
	from, to := b.scroll.window(len(rows), height-1)
	if b.selected == "" { // nothing was chosen: the heading above the first row stays in sight
		from, to = 0, min(len(rows), height-1)
	}
	for i := from; i < to; i++ {
		r := rows[i]
		if r.Heading != "" {
			lines = append(lines, b.section(c, r, width))
			continue
		}
		label := fit(rowName(r, name-1), name-1)
		mark := " "
		style := c.look.of(r.Hosts[0].State())
		if i == b.scroll.at {
			mark, style = "▸", c.look.selected
		}
		line := mark + style.Render(label) + " " + c.look.cells(r.Hosts[0], first, cells, len(c.s.Columns)) + "  " + fit(happens(c, r, now), now)
		lines = append(lines, line)
	}
	if len(rows) == 0 {
		lines = append(lines, c.look.dim.Render(b.nothing(c)))
	}
	return lines
}

func (b *board) nothing(c scene) string {
	if len(c.s.Hosts) == 0 {
		return " no host has begun"
	}
	return " no host matches " + b.layout.Filter
}

// heading names the columns and what of them is shown.
func (b *board) heading(c scene, rows []Row, name, cells, first int) string {
	n := 0
	for _, r := range rows {
		if r.Heading == "" {
			n += len(r.Hosts)
		}
	}
	what := " " + hostCount(n)
	tasks := "tasks"
	if total := len(c.s.Columns); total > cells {
		tasks = fmt.Sprintf("tasks %d-%d of %d", first+1, min(first+cells, total), total)
	}
	return fit(what, name) + " " + fit(tasks, cells) + "  now, " + b.layout.Grouping.String()
}

// section is the line above the hosts of a section.
func (b *board) section(c scene, r Row, width int) string {
	text := fmt.Sprintf("%s (%d)", harmless(r.Heading), len(r.Hosts))
	if b.layout.Grouping == ByGroup {
		text += sectionTally(r.Hosts)
		return c.look.bold.Render(fit(text, width))
	}
	return c.look.of(r.Hosts[0].State()).Bold(true).Render(fit(text, width))
}

func sectionTally(hosts []*Host) string {
	var by [statuses]int
	for _, h := range hosts {
		by[h.State()]++
	}
	var parts []string
	for s, n := range by {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, Status(s)))
		}
	}
	return "  " + strings.Join(parts, ", ")
}

// rowName is the name of a host, or how many hosts a row stands for and their names.
func rowName(r Row, width int) string {
	if len(r.Hosts) == 1 {
		return harmless(r.Hosts[0].Name)
	}
	count := fmt.Sprintf("%d: ", len(r.Hosts))
	names := make([]string, min(len(r.Hosts), 500)) // more do not fit anyway, except as a range
	for i := range names {
		names[i] = r.Hosts[i].Name
	}
	return count + harmless(shortList(names, width-len(count)))
}

// happens tells what a row's hosts are at: the running task and for how long, or why they are out.
func happens(c scene, r Row, width int) string {
	h := r.Hosts[0]
	switch {
	case h.Running >= 0:
		since := " " + took(c.now.Sub(h.Since))
		if n := len(h.Notes); n > 0 {
			since = ": " + safe(h.Notes[n-1]) + since
		}
		text := fit(harmless(c.s.Columns[h.Running].Name), max(1, min(len(c.s.Columns[h.Running].Name), width-len(since)-2)))
		return "> " + text + since
	case h.Status == RolledBack && h.Began:
		return c.look.of(h.Status).Render(fit(harmless(c.s.nameOf(h.Last())), width))
	case h.Out():
		return c.look.of(h.Status).Render(fit(reason(h.Last()), width))
	case !h.Began:
		return c.look.dim.Render("waiting")
	}
	last := h.Last()
	if last == nil {
		return c.look.dim.Render(h.Status.String())
	}
	return c.look.dim.Render(fit(harmless(c.s.nameOf(last))+" "+took(last.Took()), width))
}
