package view

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// recap writes the counts of every host.
func (t *Text) recap(e event.RunEnd) {
	t.title("PLAY RECAP")
	hosts := make([]string, 0, len(e.Hosts))
	for h := range e.Hosts {
		hosts = append(hosts, h)
	}
	sort.Strings(hosts)
	for _, h := range hosts {
		c := e.Hosts[h]
		fmt.Fprintf(t.o.Out, "%s : %s %s %s %s %s %s %s\n", t.hostColumn(h, c),
			t.count("ok", c.OK, colorOK), t.count("changed", c.Changed, colorChanged),
			t.count("unreachable", c.Unreachable, colorUnreachable), t.count("failed", c.Failed, colorError),
			t.count("skipped", c.Skipped, colorSkip), t.count("rescued", c.Rescued, colorOK), t.count("ignored", c.Ignored, colorWarn))
	}
	fmt.Fprintln(t.o.Out)
	if t.o.CustomStats && len(e.Custom) > 0 {
		t.custom(e.Custom)
	}
}

func (t *Text) hostColumn(host string, c event.Counts) string {
	if !t.o.Color {
		return fmt.Sprintf("%-26s", host)
	}
	kind := colorOK
	switch {
	case c.Failed > 0 || c.Unreachable > 0:
		kind = colorError
	case c.Changed > 0:
		kind = colorChanged
	}
	return fmt.Sprintf("%-37s", t.paint(kind, host))
}

func (t *Text) count(word string, n int, color string) string {
	text := fmt.Sprintf("%s=%-4s", word, strconv.Itoa(n))
	if n == 0 {
		return text
	}
	return t.paint(color, text)
}

// custom writes what set_stats collected.
func (t *Text) custom(stats map[string]any) {
	t.title("CUSTOM STATS: ")
	for _, who := range slices.Sorted(maps.Keys(stats)) {
		if who == "_run" {
			continue
		}
		fmt.Fprintf(t.o.Out, "\t%s: %s\n", who, oneLine(stats[who]))
	}
	if run, ok := stats["_run"]; ok {
		fmt.Fprintf(t.o.Out, "\n\tRUN: %s\n", oneLine(run))
	}
	fmt.Fprintln(t.o.Out)
}

func oneLine(v any) string {
	text, err := value.JSON(value.From(v), value.JSONOptions{SortKeys: true, KeepUnicode: true})
	if err != nil {
		return ""
	}
	return text
}
