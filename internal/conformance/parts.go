package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed parts.txt
var partList string

// part is one piece of a target that is left out, so that the rest of it can speak.
type part struct {
	target string
	file   string // in the target's folder
	how    string // line, whole, item or parent
	text   string
	reason string
}

// readParts parses the list of parts that are left out.
func readParts(text string) ([]part, error) {
	var list []part
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		f := strings.Split(line, " ; ")
		if len(f) != 5 {
			return nil, fmt.Errorf("parts.txt:%d: %d fields, 5 are needed", i+1, len(f))
		}
		if !slices.Contains([]string{"line", "whole", "item", "parent"}, f[2]) {
			return nil, fmt.Errorf("parts.txt:%d: a line, whole, item or parent can be left out, not a %q", i+1, f[2])
		}
		list = append(list, part{target: f[0], file: f[1], how: f[2], text: f[3], reason: f[4]})
	}
	return list, nil
}

// leftOut are the reasons for which parts of a target are left out, each once.
func leftOut(parts []part, target string) []string {
	var reasons []string
	for _, p := range parts {
		if p.target == target && !slices.Contains(reasons, p.reason) {
			reasons = append(reasons, p.reason)
		}
	}
	return reasons
}

// leaveOut removes the parts of a target from its copy in dir. A part that is not there is an error: the sources changed.
func leaveOut(parts []part, target, dir string) error {
	var errs []error
	for _, p := range parts {
		if p.target == target {
			errs = append(errs, p.remove(filepath.Join(dir, p.file)))
		}
	}
	return errors.Join(errs...)
}

func (p part) remove(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines, ok := strings.Split(string(src), "\n"), false
	switch p.how {
	case "line":
		lines, ok = cutLines(lines, func(l string) bool { return strings.Contains(l, p.text) })
	case "whole":
		lines, ok = cutLines(lines, func(l string) bool { return l == p.text })
	case "item":
		lines, ok = cutItem(lines, p.text, 0)
	case "parent":
		lines, ok = cutItem(lines, p.text, 1)
	}
	if !ok {
		return fmt.Errorf("%s: there is no %q to leave out", file, p.text)
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")), info.Mode())
}

// cutLines removes every line that is not wanted, with the lines that continue it.
func cutLines(lines []string, unwanted func(string) bool) ([]string, bool) {
	var kept []string
	found, cutting := false, false
	for _, line := range lines {
		if cutting || unwanted(line) {
			found, cutting = true, strings.HasSuffix(line, `\`)
			continue
		}
		kept = append(kept, line)
	}
	return kept, found
}

// cutItem removes the innermost item of a YAML list that holds a line with text, or the item that many levels around it.
func cutItem(lines []string, text string, around int) ([]string, bool) {
	start := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, text) })
	if start < 0 {
		return lines, false
	}
	if !isItem(lines[start]) {
		start = itemAround(lines, start)
	}
	for ; around > 0 && start >= 0; around-- {
		start = itemAround(lines, start)
	}
	if start < 0 {
		return lines, false
	}
	end := start + 1
	for end < len(lines) && (strings.TrimSpace(lines[end]) == "" || indent(lines[end]) > indent(lines[start])) {
		end++
	}
	return append(slices.Clone(lines[:start]), lines[end:]...), true
}

// itemAround is the line where the item of a list around a line starts, -1 when there is none.
func itemAround(lines []string, at int) int {
	start := at - 1
	for start >= 0 && !(isItem(lines[start]) && indent(lines[start]) < indent(lines[at])) {
		start--
	}
	return start
}

func isItem(line string) bool {
	rest := strings.TrimLeft(line, " ")
	return rest == "-" || strings.HasPrefix(rest, "- ")
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
