package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// look is how things are drawn. The colours are the sixteen of the terminal itself, which its owner chose to be readable
// on light and on dark; whatever a colour says, a letter or a word says too.
type look struct {
	plain, bold, dim, title, selected, key           lipgloss.Style
	failed, unreachable, changed, ok, skipped, warns lipgloss.Style
}

func newLook() look {
	s := lipgloss.NewStyle
	return look{
		plain: s(), bold: s().Bold(true), dim: s().Faint(true), title: s().Bold(true).Reverse(true), selected: s().Reverse(true),
		key: s().Bold(true), failed: s().Foreground(lipgloss.Red).Bold(true), unreachable: s().Foreground(lipgloss.Magenta).Bold(true),
		changed: s().Foreground(lipgloss.Yellow), ok: s().Foreground(lipgloss.Green), skipped: s().Foreground(lipgloss.Cyan),
		warns: s().Foreground(lipgloss.Magenta),
	}
}

// of is the style of a status.
func (l look) of(s Status) lipgloss.Style {
	return [...]lipgloss.Style{l.failed, l.unreachable, l.warns, l.changed, l.ok, l.dim}[s]
}

// glyphs are the letters of the cells, by Cell.
const glyphs = " -.+irBFU"

// running is the letter of a task that runs.
const running = '>'

// cell is the style of a cell.
func (l look) cell(c Cell) lipgloss.Style {
	return [...]lipgloss.Style{l.plain, l.skipped, l.ok, l.changed, l.warns, l.warns, l.warns, l.failed, l.unreachable}[c]
}

// cells draws the outcomes of a host from one column on, width of them.
func (l look) cells(h *Host, from, width, columns int) string {
	var b strings.Builder
	run := strings.Builder{}
	last := CellNone
	flush := func() {
		if run.Len() > 0 {
			b.WriteString(l.cell(last).Render(run.String()))
			run.Reset()
		}
	}
	for i := from; i < from+width; i++ {
		c, glyph := CellNone, byte(' ')
		if i < columns {
			c = h.Cell(i)
			glyph = glyphs[c]
			if c == CellNone && i == h.Running {
				glyph = running
			}
		}
		if c != last {
			flush()
			last = c
		}
		run.WriteByte(glyph)
	}
	flush()
	return b.String()
}

// fit makes text exactly width columns wide.
func fit(text string, width int) string {
	if width <= 0 {
		return ""
	}
	w := ansi.StringWidth(text)
	if w > width {
		return ansi.Truncate(text, width, "…")
	}
	return text + strings.Repeat(" ", width-w)
}

// safe is text from a host or a file without what a terminal would obey: it comes as one line.
func safe(text string) string {
	first, more, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if strings.TrimSpace(more) != "" {
		first += " …"
	}
	return harmless(first)
}

// harmless replaces control characters, and tabs by blanks.
func harmless(line string) string {
	clean := true
	for i := 0; i < len(line); i++ {
		if line[i] < 0x20 || line[i] >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return line
	}
	line = strings.ReplaceAll(ansi.Strip(line), "\t", "    ")
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, line)
}

// harmlessLines is text of several lines, each harmless.
func harmlessLines(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = harmless(strings.TrimSuffix(line, "\r"))
	}
	return lines
}
