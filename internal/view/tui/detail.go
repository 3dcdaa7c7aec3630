package tui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/view"
)

// reason is the line that says best why a task failed.
func reason(r *Record) string {
	if r == nil {
		return ""
	}
	if r.NoLog {
		return "hidden by no_log"
	}
	for _, key := range []string{"msg", "reason", "stderr", "module_stderr", "stdout", "exception"} {
		if text, ok := r.Result[key].(string); ok && strings.TrimSpace(text) != "" {
			if key == "msg" && text == "non-zero return code" { // what the command said is better
				if err, ok := r.Result["stderr"].(string); ok && strings.TrimSpace(err) != "" {
					return safe(err)
				}
			}
			return safe(text)
		}
	}
	return fromItems(r)
}

// fromItems is the reason of the first item that failed.
func fromItems(r *Record) string {
	items, _ := r.Result["results"].([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok && m["failed"] == true {
			return reason(&Record{Result: m})
		}
	}
	return ""
}

// recordLines shows everything that is known of a task on a host.
func recordLines(c scene, r *Record) []string {
	name, place := c.s.nameOf(r), ""
	if r.Column >= 0 {
		place = c.s.Columns[r.Column].Place
	}
	lines := []string{
		c.look.bold.Render(harmless(name)),
		c.look.cell(r.Cell).Render(cellWord(r.Cell)) + " on " + harmless(r.Host.Name) + delegated(r),
		c.look.dim.Render(fmt.Sprintf("began %s, took %s", r.Start.Format("15:04:05"), took(r.Took()))),
		c.look.dim.Render(harmless(place)),
	}
	switch {
	case r.NoLog:
		return append(lines, "", "The result is hidden: the task has no_log.")
	case r.Dropped:
		return append(lines, "", "The result was let go of to save memory; run with log_path or --output json to keep all.")
	}
	return append(lines, resultLines(c, r.Result)...)
}

func delegated(r *Record) string {
	if r.Delegated == "" {
		return ""
	}
	return " -> " + harmless(r.Delegated)
}

func cellWord(c Cell) string {
	return [...]string{"", "skipped", "ok", "changed", "failed, ignored", "failed, rescued", "undone", "failed", "unreachable"}[c]
}

// texts are the keys that are shown as they are, the most telling first.
var texts = []string{"msg", "reason", "cmd", "rc", "stdout", "stderr", "module_stdout", "module_stderr", "exception"}

// quiet are the keys that repeat others or say nothing to people.
var quiet = []string{"stdout_lines", "stderr_lines", "invocation", "diff", "results", "changed", "failed", "skipped", "unreachable"}

// resultLines shows a result: what people look for first, then the difference, then the rest.
func resultLines(c scene, m map[string]any) []string {
	var lines []string
	for _, key := range texts {
		if v, ok := m[key]; ok && v != "" {
			lines = append(lines, "", c.look.key.Render(key))
			lines = append(lines, valueLines(v)...)
		}
	}
	if d, ok := m["diff"]; ok {
		if text := view.DiffText(d); strings.TrimSpace(text) != "" {
			lines = append(lines, "", c.look.key.Render("diff"))
			lines = append(lines, diffLines(c, text)...)
		}
	}
	items, _ := m["results"].([]any)
	for i, item := range items {
		if im, ok := item.(map[string]any); ok {
			lines = append(lines, "", c.look.bold.Render(fmt.Sprintf("item %d: %s", i+1, safe(shortJSON(im["item"])))))
			lines = append(lines, resultLines(c, without(without(im, "item"), "ansible_loop_var"))...)
		}
	}
	rest := false
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if slices.Contains(texts, key) || slices.Contains(quiet, key) || strings.HasPrefix(key, "_ansible_") {
			continue
		}
		if !rest {
			lines, rest = append(lines, ""), true
		}
		lines = append(lines, harmless(key)+": "+harmless(shortJSON(m[key])))
	}
	return lines
}

func valueLines(v any) []string {
	if text, ok := v.(string); ok {
		return harmlessLines(text)
	}
	return harmlessLines(shortJSON(v))
}

func shortJSON(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(out)
}

func diffLines(c scene, text string) []string {
	lines := harmlessLines(text)
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "+"):
			lines[i] = c.look.ok.Render(line)
		case strings.HasPrefix(line, "-"):
			lines[i] = c.look.failed.Render(line)
		case strings.HasPrefix(line, "@@"):
			lines[i] = c.look.skipped.Render(line)
		}
	}
	return lines
}
