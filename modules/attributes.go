package modules

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// AttributesKey is the key of a check run's result that lists what would change, attribute by attribute. It is there
// when a State module would change something and differences were asked for; views do not show it.
const AttributesKey = "_ansible_attributes"

// maxAttributes bounds what one result lists; the last entry says how many more there are.
const maxAttributes = 100

// attributes lists where two states differ: each entry has name, before and after. Names are the fields of the state,
// joined by dots; an element of a list that has a path is named by it. What is to go away has nothing but that to say,
// and passwords are never shown, not even as digests.
func attributes(from, want any) []any {
	var c comparison
	c.compare("", plainState(from), plainState(want))
	if extra := len(c.found) - maxAttributes; extra > 0 {
		c.found = append(c.found[:maxAttributes], map[string]any{"name": fmt.Sprintf("and %d more", extra)})
	}
	return c.found
}

type comparison struct{ found []any }

func (c *comparison) compare(name string, a, b any) {
	if reflect.DeepEqual(a, b) {
		return
	}
	x, isMapA := a.(map[string]any)
	y, isMapB := b.(map[string]any)
	if isMapA && isMapB {
		c.fields(name, x, y)
		return
	}
	p, isListA := byPath(a)
	q, isListB := byPath(b)
	if isListA && isListB {
		c.fields(name, p, q)
		return
	}
	if strings.Contains(name, "password") {
		a, b = Hidden, Hidden
	}
	c.found = append(c.found, map[string]any{"name": name, "before": withoutPasswords(a), "after": withoutPasswords(b)})
}

// withoutPasswords hides what stands under a key that names a password, at any depth.
func withoutPasswords(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			if out[k] = withoutPasswords(item); strings.Contains(k, "password") {
				out[k] = Hidden
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = withoutPasswords(item)
		}
		return out
	}
	return v
}

func (c *comparison) fields(name string, a, b map[string]any) {
	if a["exists"] == true && b["exists"] == false {
		a, b = map[string]any{"exists": true}, map[string]any{"exists": false}
	}
	all := make(map[string]any, len(a)+len(b))
	for k := range a {
		all[k] = nil
	}
	for k := range b {
		all[k] = nil
	}
	for _, k := range sortedKeys(all) {
		c.compare(joinName(name, k), a[k], b[k])
	}
}

// byPath turns a list of mappings that have a path into a mapping of them.
func byPath(v any) (map[string]any, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, v == nil
	}
	out := make(map[string]any, len(list))
	for _, item := range list {
		m, ok := item.(map[string]any)
		path, hasPath := m["Path"].(string)
		if _, twice := out[path]; !ok || !hasPath || twice {
			return nil, false
		}
		out[path] = m
	}
	return out, true
}

func joinName(name, key string) string {
	if !strings.HasPrefix(key, "/") {
		key = snake(key)
	}
	if name == "" {
		return key
	}
	return name + "." + key
}

// snake writes the name of a Go field as results write theirs: UID is uid, HardOf is hard_of.
func snake(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		upper := unicode.IsUpper(r)
		if upper && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) && runes[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
