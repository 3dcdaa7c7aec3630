package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
)

// print shows one answer: as a JSON document on a line, or as tables.
func (q *journalQuestion) print(a journalAnswer) error {
	out := q.w.io.out
	if q.o.json {
		return json.NewEncoder(out).Encode(a)
	}
	switch {
	case a.Pruned != nil:
		fmt.Fprintf(out, "%s: %d runs removed, %s freed, %s left\n", a.Host, len(a.Pruned.Removed), bytesText(a.Pruned.Freed), bytesText(a.Pruned.Left))
		return nil
	case a.Recovered != nil:
		return printRecovered(out, a)
	}
	fmt.Fprintf(out, "%s: %s's journal in %s\n", a.Host, a.Journal.User, a.Journal.Folder)
	for _, p := range a.Journal.Problems {
		fmt.Fprintf(out, "  damaged: %s\n", p)
	}
	switch {
	case len(a.Journal.Runs) == 0 && q.o.run != "":
		fmt.Fprintf(out, "  nothing of run %s\n\n", q.o.run)
		return nil
	case len(a.Journal.Runs) == 0:
		fmt.Fprint(out, "  nothing was changed\n\n")
		return nil
	}
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if q.o.run != "" {
		entryTable(t, a.Journal.Entries)
	} else {
		runTable(t, a.Journal.Runs)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return nil
}

func printRecovered(out io.Writer, a journalAnswer) error {
	if len(a.Recovered.Entries) == 0 {
		fmt.Fprintf(out, "%s: nothing was left half-done\n", a.Host)
	}
	for _, e := range a.Recovered.Entries {
		fmt.Fprintf(out, "%s: %s (%s): %s: %s\n", a.Host, e.What, orElse(e.Name, "no name"), e.State, e.Msg)
	}
	return nil
}

func runTable(t io.Writer, runs []ops.Run) {
	fmt.Fprintln(t, "  RUN\tSTARTED\tCHANGES\tUNDONE\tNOTES\tSIZE\tBY")
	for _, r := range runs {
		state := ""
		switch {
		case r.Live:
			state = " (running)"
		case r.Open > 0:
			state = fmt.Sprintf(" (%d half-done)", r.Open)
		}
		fmt.Fprintf(t, "  %s\t%s\t%d%s\t%d\t%d\t%s\t%s\n", r.Run, timeText(r.Started), r.Changes, state, r.Undone, r.Notes, bytesText(r.Bytes), r.Holder)
	}
}

func entryTable(t io.Writer, entries []ops.Entry) {
	fmt.Fprintln(t, "  TIME\tSTATE\tMODULE\tWHAT\tCHANGED\tTASK")
	for _, e := range entries {
		state := string(e.State)
		if e.Undo == "none" {
			state = "irreversible"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", timeText(e.Started), state, e.Module, e.What, strings.Join(e.Changed, ", "), e.Name)
		if e.Msg != "" {
			fmt.Fprintf(t, "  \t\t\t  %s\t\t\n", firstLine(e.Msg))
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func timeText(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// bytesText is a size as people read it.
func bytesText(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/unit, 0
	for f >= unit && i < 3 {
		f, i = f/unit, i+1
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[i])
}
