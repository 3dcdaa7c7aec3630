package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

var (
	banner   = regexp.MustCompile(`^(?:TASK|RUNNING HANDLER) \[(.*)\] \*+$`)
	fatal    = regexp.MustCompile(`^(?:fatal|failed): \[[^\]]*\](.*)$`)
	asserted = regexp.MustCompile(`"assertion": ("(?:[^"\\]|\\.)*")`)
	message  = regexp.MustCompile(`"msg": ("(?:[^"\\]|\\.)*")`)
	traced   = regexp.MustCompile(`^\++ (.*)$`)
)

// firstFailure says in one line where a target failed: the task whose failure was not ignored, or the error of the
// program, and for a script the command that it was at.
func firstFailure(output string, err error) string {
	task, found, command := "", "", ""
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		switch {
		case banner.MatchString(line):
			task = banner.FindStringSubmatch(line)[1]
		case fatal.MatchString(line):
			if !ignored(lines, i) {
				found = fmt.Sprintf("[%s] %s", task, shortMessage(fatal.FindStringSubmatch(line)[1]+wholeResult(lines[i:])))
			}
		case strings.HasPrefix(line, "ERROR! ") || strings.HasPrefix(line, "muster: "):
			found = line
		case traced.MatchString(line):
			command = traced.FindStringSubmatch(line)[1]
			if strings.Contains(line, "ansible") {
				found = ""
			}
		}
	}
	parts := []string{}
	if command != "" {
		parts = append(parts, "at `"+command+"`")
	}
	if found != "" {
		parts = append(parts, found)
	}
	if len(parts) == 0 || strings.HasPrefix(err.Error(), "did not end") {
		parts = append(parts, err.Error())
	}
	return clip(strings.Join(parts, ": "), 300)
}

// wholeResult is the rest of a result that is printed over several lines.
func wholeResult(lines []string) string {
	if !strings.HasSuffix(lines[0], "{") {
		return ""
	}
	var b strings.Builder
	for _, line := range lines[1:] {
		b.WriteString(" " + strings.TrimSpace(line))
		if line == "}" {
			break
		}
	}
	return b.String()
}

// ignored reports whether the failure on a line was ignored.
func ignored(lines []string, i int) bool {
	for _, next := range lines[i+1:] {
		if next == "...ignoring" {
			return true
		}
		if banner.MatchString(next) || strings.HasPrefix(next, "PLAY ") {
			return false
		}
	}
	return false
}

func shortMessage(rest string) string {
	if m := asserted.FindStringSubmatch(rest); m != nil {
		return "does not hold: " + m[1]
	}
	if m := message.FindStringSubmatch(rest); m != nil {
		return m[1]
	}
	return strings.TrimSpace(rest)
}

func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// report is the table, with the totals below it.
func report(results []result) string {
	var b strings.Builder
	b.WriteString("| target | area | style | reference | muster | time | where it failed |\n|---|---|---|---|---|---|---|\n")
	count := map[string]int{}
	for _, r := range results {
		count[r.verdict]++
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.target.name, r.target.area, r.target.style(), r.target.reference,
			r.verdict, r.took.Round(100*time.Millisecond), strings.ReplaceAll(r.why, "|", `\|`))
	}
	fmt.Fprintf(&b, "\n%d targets: %d pass, %d pass in part, %d fail, %d out of scope, %d not run\n", len(results), count[passed], count[partly], count[failed], count[notScope], count[notRun])
	return b.String()
}
