package show

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/drift/chart"
)

//go:embed report.html
var reportHTML string

//go:embed style.css
var styleCSS string

// Style is the style sheet of reports, and of pages that show parts of them.
func Style() string { return styleCSS }

// Funcs are what templates need to show parts of reports: value, lines and class.
func Funcs() template.FuncMap {
	return template.FuncMap{"value": Value, "lines": diffLines, "class": Class}
}

// DiffLine is a line of a unified diff; Kind is the class of its colour.
type DiffLine struct{ Kind, Text string }

func diffLines(text string) []DiffLine {
	var out []DiffLine
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		kind := ""
		switch {
		case strings.HasPrefix(line, "+"):
			kind = "add"
		case strings.HasPrefix(line, "-"):
			kind = "del"
		case strings.HasPrefix(line, "@@"):
			kind = "hunk"
		}
		out = append(out, DiffLine{kind, line})
	}
	return out
}

// Class is the colour of a host's state.
func Class(s drift.State) string {
	switch s {
	case drift.InOrder:
		return "ok"
	case drift.Drifted:
		return "drift"
	case drift.Failed:
		return "bad"
	case drift.Unreachable:
		return "gone"
	}
	return "stale"
}

// page is what the template of a report sees.
type page struct {
	Title, Took            string
	Style                  template.CSS
	R                      *drift.Report
	Share                  int
	Missing                int
	States, Classes, Trend template.HTML
}

// HTML writes a report as one file that needs nothing else: styles and charts are in it, and it has no scripts.
func HTML(w io.Writer, r *drift.Report) error {
	t, err := template.New("report").Funcs(Funcs()).Parse(reportHTML)
	if err != nil {
		return err
	}
	s := r.Summary
	p := page{
		Title: strings.Join(r.Playbooks, ", "), Took: r.End.Sub(r.Start).Round(10 * time.Millisecond).String(), Style: template.CSS(styleCSS), //nolint:gosec // our own
		R: r, Share: int(s.Share() * 100), Missing: s.Assessable - s.Assessed, States: States(600, 16, s),
		Classes: chart.Bar(600, 16, []chart.Part{
			{Name: "corrective", Class: "corrective", Value: s.Corrective}, {Name: "intended", Class: "intended", Value: s.Intended}, {Name: "unknown", Class: "unknown", Value: s.Unknown},
		}),
	}
	if len(r.Trend) > 1 {
		p.Trend = Trend(900, 160, r.Trend, func(drift.Point) string { return "" })
	}
	return t.Execute(w, p)
}

// States draws how many hosts are in which state.
func States(width, height int, s drift.Summary) template.HTML {
	return chart.Bar(width, height, append([]chart.Part{{Name: "in order", Class: "ok", Value: s.InOrder}}, trouble(s)...))
}

func trouble(s drift.Summary) []chart.Part {
	return []chart.Part{{Name: "drifted", Class: "drift", Value: s.Drifted}, {Name: "failed", Class: "bad", Value: s.Failed}, {Name: "unreachable", Class: "gone", Value: s.Unreachable}}
}

// Trend draws reports over time: how many hosts were not in order. link says where a click on a report leads.
func Trend(width, height int, points []drift.Point, link func(drift.Point) string) template.HTML {
	columns := make([]chart.Column, len(points))
	for i, pt := range points {
		columns[i] = chart.Column{Time: pt.Time, Link: link(pt), Parts: trouble(pt.Summary)}
	}
	return chart.Columns(width, height, columns)
}

// OverTime draws how a fleet fared: how many hosts were not in order at worst.
func OverTime(width, height int, moments []drift.Moment) template.HTML {
	columns := make([]chart.Column, len(moments))
	for i, m := range moments {
		columns[i] = chart.Column{Time: m.Time, Parts: trouble(drift.Summary{Drifted: m.Drifted, Failed: m.Failed, Unreachable: m.Unreachable})}
	}
	return chart.Columns(width, height, columns)
}
