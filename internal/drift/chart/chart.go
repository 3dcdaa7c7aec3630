// Package chart draws small charts as SVG, for pages that have to be read without JavaScript. Colours are classes (.c-NAME),
// which the page's style sheet gives their colours; everything is also said in a <title>.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// Part is a part of a whole.
type Part struct {
	Name  string
	Class string // of the colour
	Value int
}

// Bar draws the parts of a whole beside one another. Parts that are there at all are at least a sliver wide.
func Bar(width, height int, parts []Part) template.HTML {
	sum := 0
	for _, p := range parts {
		sum += p.Value
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="bar" width="%d" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="%s">`, width, height, width, height, label(parts))
	x := 0.0
	for _, p := range parts {
		if p.Value == 0 {
			continue
		}
		w := math.Max(float64(p.Value)/float64(sum)*float64(width), 2)
		fmt.Fprintf(&b, `<rect class="c-%s" x="%.1f" y="0" width="%.1f" height="%d"><title>%d %s</title></rect>`, p.Class, x, w, height, p.Value, html.EscapeString(p.Name))
		x += w
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // every text in it was escaped
}

func label(parts []Part) string {
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = fmt.Sprintf("%d %s", p.Value, p.Name)
	}
	return html.EscapeString(strings.Join(words, ", "))
}

// Column is one moment of a line of moments.
type Column struct {
	Time  time.Time
	Link  string // where a click leads; "" is nowhere
	Parts []Part
}

// Columns draws a column for every moment, one beside the other, the parts on top of each other.
func Columns(width, height int, columns []Column) template.HTML {
	top := 1
	for _, c := range columns {
		sum := 0
		for _, p := range c.Parts {
			sum += p.Value
		}
		top = max(top, sum)
	}
	const left, bottom, gap = 34, 18, 1
	plot := height - bottom - 6
	step := float64(width-left) / float64(max(len(columns), 12))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="columns" viewBox="0 0 %d %d" role="img" aria-label="%d moments, at most %d">`, width, height, len(columns), top)
	for _, v := range ticks(top) {
		y := 6 + plot - v*plot/top
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%d" y2="%d"/><text x="%d" y="%d" text-anchor="end">%d</text>`, left, width, y, y, left-5, y+4, v)
	}
	for i, c := range columns {
		column(&b, c, float64(left)+float64(i)*step, step-gap, 6+plot, float64(plot)/float64(top))
	}
	if n := len(columns); n > 0 {
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`, left, height-4, columns[0].Time.Format("2 Jan 15:04"))
		if n > 1 {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, width, height-4, columns[n-1].Time.Format("2 Jan 15:04"))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // every text in it was escaped
}

func column(b *strings.Builder, c Column, x, width float64, base int, scale float64) {
	if c.Link != "" {
		fmt.Fprintf(b, `<a href="%s">`, html.EscapeString(c.Link))
	}
	fmt.Fprintf(b, `<g><title>%s: %s</title>`, c.Time.Format(time.DateTime), label(c.Parts))
	y := float64(base)
	for _, p := range c.Parts {
		if p.Value == 0 {
			continue
		}
		h := math.Max(float64(p.Value)*scale, 1)
		y -= h
		fmt.Fprintf(b, `<rect class="c-%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, p.Class, x, y, math.Max(width, 1), h)
	}
	b.WriteString(`</g>`)
	if c.Link != "" {
		b.WriteString(`</a>`)
	}
}

// ticks are the values of an axis from 0 to top that get a line.
func ticks(top int) []int {
	step := 1
	for top/step > 4 {
		switch {
		case top/(step*2) <= 4:
			step *= 2
		case top/(step*5) <= 4:
			step *= 5
		default:
			step *= 10
		}
	}
	var out []int
	for v := 0; v <= top; v += step {
		out = append(out, v)
	}
	return out
}
