// Command picture turns what a terminal shows, as `tmux capture-pane -e` prints it, into an SVG.
package main

import (
	"bufio"
	"fmt"
	"html"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The size of a cell in pixels, and the colours of the picture.
const (
	cellWidth, cellHeight = 8.4, 18.0
	paper, ink            = "#1d1f21", "#d8d8d8"
)

var colors = []string{"#1d1f21", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8d8d8"}

// style is how text looks.
type style struct {
	color                int // -1 is the ink
	bold, faint, reverse bool
}

func main() {
	var lines []string
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	if err := in.Err(); err != nil {
		fmt.Fprintf(os.Stderr, "picture: %v\n", err)
		os.Exit(1)
	}
	fmt.Print(draw(lines))
}

func draw(lines []string) string {
	width := 0
	for _, l := range lines {
		width = max(width, ansi.StringWidth(l))
	}
	w, h := float64(width)*cellWidth+24, float64(len(lines))*cellHeight+24
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	s := style{color: -1}
	for row, line := range lines {
		s = drawLine(&b, line, row, s)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// drawLine draws one line and returns the style that holds at its end.
func drawLine(b *strings.Builder, line string, row int, s style) style {
	col := 0
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			end := strings.IndexByte(line, 'm')
			if end < 0 {
				break
			}
			s = s.apply(line[2:end])
			line = line[end+1:]
			continue
		}
		text := line
		if i := strings.IndexByte(line, '\x1b'); i >= 0 {
			text = line[:i]
		}
		if text == "" { // another escape: skip its first byte
			line = line[1:]
			continue
		}
		line = line[len(text):]
		s.draw(b, text, col, row)
		col += ansi.StringWidth(text)
	}
	return s
}

func (s style) draw(b *strings.Builder, text string, col, row int) {
	x, y := 12+float64(col)*cellWidth, 12+float64(row)*cellHeight
	width := float64(ansi.StringWidth(text)) * cellWidth
	fill := ink
	if s.color >= 0 {
		fill = colors[s.color]
	}
	if s.reverse {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, width, cellHeight, fill)
		fill = paper
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	more := ""
	if s.bold {
		more += ` font-weight="bold"`
	}
	if s.faint {
		more += ` opacity="0.6"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" xml:space="preserve" fill="%s"%s>%s</text>`+"\n", x, y+13.5, width, fill, more, html.EscapeString(text))
}

// apply follows the numbers of an SGR sequence.
func (s style) apply(numbers string) style {
	for _, text := range strings.Split(numbers, ";") {
		n, _ := strconv.Atoi(text) //nolint:errcheck // nothing is 0
		switch {
		case n == 0:
			s = style{color: -1}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 7:
			s.reverse = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 27:
			s.reverse = false
		case n >= 30 && n <= 37:
			s.color = n - 30
		case n >= 90 && n <= 97:
			s.color = n - 90
		case n == 39:
			s.color = -1
		}
	}
	return s
}
