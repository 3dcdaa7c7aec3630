// Package difflib compares texts line by line and writes unified diffs as Python's difflib does, so that a diff equals
// the one that Ansible shows.
package difflib

import (
	"fmt"
	"strings"
)

// Unified returns the lines of a unified diff, headers first, or nil when there is no difference. Every line ends as
// its source line ends.
func Unified(a, b []string, from, to string, context int) []string {
	m := newMatcher(a, b)
	var out []string
	for _, group := range m.hunks(context) {
		if out == nil {
			out = append(out, "--- "+from+"\n", "+++ "+to+"\n")
		}
		first, last := group[0], group[len(group)-1]
		out = append(out, fmt.Sprintf("@@ -%s +%s @@\n", span(first.i1, last.i2), span(first.j1, last.j2)))
		for _, c := range group {
			out = appendChange(out, c, a, b)
		}
	}
	return out
}

func appendChange(out []string, c change, a, b []string) []string {
	if c.equal {
		for _, line := range a[c.i1:c.i2] {
			out = append(out, " "+line)
		}
		return out
	}
	for _, line := range a[c.i1:c.i2] {
		out = append(out, "-"+line)
	}
	for _, line := range b[c.j1:c.j2] {
		out = append(out, "+"+line)
	}
	return out
}

// span is a range of lines in a hunk's header.
func span(start, stop int) string {
	switch n := stop - start; n {
	case 1:
		return fmt.Sprint(start + 1)
	case 0:
		return fmt.Sprintf("%d,0", start)
	default:
		return fmt.Sprintf("%d,%d", start+1, n)
	}
}

// Lines splits text after every line break that Python's splitlines knows.
func Lines(s string) []string {
	var out []string
	start := 0
	for i, r := range s {
		if i < start {
			continue
		}
		end := 0
		switch r {
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e:
			end = i + 1
		case '\r':
			end = i + 1
			if strings.HasPrefix(s[end:], "\n") {
				end++
			}
		case 0x85:
			end = i + 2
		case 0x2028, 0x2029:
			end = i + 3
		default:
			continue
		}
		out = append(out, s[start:end])
		start = end
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}
