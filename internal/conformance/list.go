package main

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed targets.txt
var targetList string

// target is one line of targets.txt.
type target struct {
	name       string
	area       string
	script     bool   // runme.sh; otherwise a role
	reference  string // what ansible itself does with it
	system     bool   // changes the machine
	outOfScope string // why muster need not pass it; "" when it should
	note       string
}

// readTargets parses the list.
func readTargets(text string) ([]target, error) {
	var list []target
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 7 {
			return nil, fmt.Errorf("targets.txt:%d: %d fields, 7 are needed", i+1, len(f))
		}
		if f[2] != "role" && f[2] != "script" {
			return nil, fmt.Errorf("targets.txt:%d: the style is role or script, not %q", i+1, f[2])
		}
		list = append(list, target{
			name: f[0], area: f[1], script: f[2] == "script", reference: f[3], system: f[4] == "system",
			outOfScope: dash(f[5]), note: dash(f[6]),
		})
	}
	return list, nil
}

func dash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

func (t target) style() string {
	if t.script {
		return "script"
	}
	return "role"
}

func commaSet(s string) map[string]bool {
	set := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			set[part] = true
		}
	}
	return set
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
