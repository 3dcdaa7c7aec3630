package view

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/event"
)

// recap writes the counts of every host.
func (t *Text) recap(e event.RunEnd) {
	t.title("PLAY RECAP")
	back := anyRolledBack(e.Hosts)
	for _, h := range slices.Sorted(maps.Keys(e.Hosts)) {
		c := e.Hosts[h]
		line := func(color bool) string {
			return fmt.Sprintf("%s : %s %s %s %s %s %s %s", t.hostColumn(h, c, color),
				t.count("ok", c.OK, colorOK, color), t.count("changed", c.Changed, colorChanged, color),
				t.count("unreachable", c.Unreachable, colorUnreachable, color), t.count("failed", c.Failed, colorError, color),
				t.count("skipped", c.Skipped, colorSkip, color), t.count("rescued", c.Rescued, colorOK, color),
				t.count("ignored", c.Ignored, colorWarn, color)) + t.rolledBack(back, c, color)
		}
		fmt.Fprintln(t.o.Out, line(t.o.Color))
		t.log(line(false))
	}
	fmt.Fprintln(t.o.Out)
	if t.o.CustomStats && len(e.Custom) > 0 {
		t.custom(e.Custom)
	}
	if t.check && t.o.CheckMarks {
		t.title("DRY RUN")
	}
}

// anyRolledBack reports whether the recap has a column for what was rolled back; without a rollback it is Ansible's.
func anyRolledBack(hosts map[string]event.Counts) bool {
	for _, c := range hosts {
		if c.RolledBack > 0 {
			return true
		}
	}
	return false
}

func (t *Text) rolledBack(shown bool, c event.Counts, color bool) string {
	if !shown {
		return ""
	}
	return " " + t.count("rolledback", c.RolledBack, colorChanged, color)
}

func (t *Text) hostColumn(host string, c event.Counts, color bool) string {
	if !color {
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

func (t *Text) count(word string, n int, kind string, color bool) string {
	text := fmt.Sprintf("%s=%-4s", word, strconv.Itoa(n))
	if n == 0 || !color {
		return text
	}
	return t.paint(kind, text)
}

// custom writes what set_stats collected.
func (t *Text) custom(stats map[string]any) {
	t.title("CUSTOM STATS: ")
	for _, who := range slices.Sorted(maps.Keys(stats)) {
		if who != "_run" {
			t.line("", fmt.Sprintf("\t%s: %s", who, t.statText(stats[who])))
		}
	}
	if run, ok := stats["_run"]; ok {
		fmt.Fprintln(t.o.Out)
		t.line("", "\tRUN: "+t.statText(run))
	}
	fmt.Fprintln(t.o.Out)
}

// statText is JSON with one blank for each level instead of line breaks.
func (t *Text) statText(v any) string {
	return strings.ReplaceAll(jsonText(strip(v), 1), "\n", "")
}
