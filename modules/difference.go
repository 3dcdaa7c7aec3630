package modules

import (
	"fmt"
	"regexp"
	"strings"
)

// saidAttributes is how many attributes a sentence about two states names.
const saidAttributes = 3

// stateDifference says where two states differ: the first few attributes, and how many more there are. Passwords are
// not shown.
func stateDifference(want, got any) string {
	found := attributes(want, got)
	var parts []string
	for _, f := range found[:min(len(found), saidAttributes)] {
		a := f.(map[string]any)
		name, _ := a["name"].(string)
		if _, compared := a["before"]; !compared {
			parts = append(parts, name)
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: wanted %s, found %s", attributeName(name), brief(name, a["before"]), brief(name, a["after"])))
	}
	if more := len(found) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// attributeName leaves the name of the list away in which a module keeps the files that it looks at.
func attributeName(name string) string { return strings.TrimPrefix(name, "nodes.") }

var digest = regexp.MustCompile(`^[0-9a-f]{40,}$`)

// brief writes an attribute's value for a sentence: nothing for nil, modes in octal, the start of a digest, the first
// characters of what is long.
func brief(name string, v any) string {
	text, isText := v.(string)
	switch {
	case v == nil:
		return "nothing"
	case strings.HasSuffix(name, "perm"):
		return fmt.Sprintf("%04o", v)
	case isText && digest.MatchString(text):
		return text[:12] + "…"
	}
	out := PyRepr(v)
	if short := []rune(out); len(short) > 80 {
		out = string(short[:79]) + "…"
	}
	return out
}
