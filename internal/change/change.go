// Package change reads what a task changed, or would change, out of its result: attributes with their values before and
// after, and the differences of contents as text.
package change

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/musterhq/muster/modules"
)

// Attribute is one property with what it is and what it should be.
type Attribute struct {
	Name   string `json:"name"`
	Before any    `json:"before"`
	Wanted any    `json:"wanted"`
}

// maxText bounds the unified diff of one difference, in bytes.
const maxText = 64 << 10

// Explain turns the result of a task that would change something into attributes and the diff of contents. The module's
// own differences say it best; where it has none, the states that the engine compared do.
func Explain(result map[string]any) ([]Attribute, string) {
	var attrs []Attribute
	var text strings.Builder
	list, isList := result["diff"].([]any)
	if !isList {
		list = []any{result["diff"]}
	}
	for _, d := range list {
		if m, ok := d.(map[string]any); ok {
			a, t := one(m, place(result))
			attrs = append(attrs, a...)
			text.WriteString(t)
		}
	}
	if len(attrs) == 0 && text.Len() == 0 {
		attrs = states(result[modules.AttributesKey])
	}
	return attrs, bounded(text.String())
}

func bounded(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := strings.LastIndexByte(text[:maxText], '\n') + 1
	return text[:cut] + fmt.Sprintf("… %d more bytes\n", len(text)-cut)
}

// one reads one difference of a module: two mappings of attributes, two texts, or a text that was prepared.
// what is the file that it is about, "" when nobody knows.
func one(d map[string]any, what string) ([]Attribute, string) {
	before, okB := d["before"].(map[string]any)
	after, okA := d["after"].(map[string]any)
	if okB && okA {
		return mappings(before, after), ""
	}
	var attrs []Attribute
	var text string
	if prepared, ok := d["prepared"].(string); ok && strings.TrimSpace(prepared) != "" {
		text = prepared + "\n"
	}
	for _, note := range []string{"dst_binary", "src_binary", "dst_larger", "src_larger"} {
		if _, ok := d[note]; ok {
			attrs = append(attrs, Attribute{Name: "content", Before: "(not shown: binary or large)", Wanted: "(not shown: binary or large)"})
			break
		}
	}
	b, isText := d["before"].(string)
	a, isText2 := d["after"].(string)
	if isText && isText2 && a != b {
		text += udiff.Unified(header(d, "before", what), header(d, "after", ""), b, a)
	}
	return attrs, text
}

// header names a side of a difference: as the module does, else as what. A module names no file that is not there.
func header(d map[string]any, side, what string) string {
	h, ok := d[side+"_header"].(string)
	if !ok || h == "" {
		h = what
	}
	if h == "" {
		return side
	}
	return side + ": " + h
}

// place is the file that a result is about; "" when it does not say.
func place(result map[string]any) string {
	for _, key := range []string{"dest", "path"} {
		if s, ok := result[key].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// mappings lists where two mappings differ. The path names the thing and is kept in front of the attributes' names.
func mappings(before, after map[string]any) []Attribute {
	all := maps.Clone(before)
	maps.Copy(all, after)
	prefix := ""
	if p, ok := after["path"].(string); ok && reflect.DeepEqual(before["path"], after["path"]) {
		prefix = p + " "
	}
	var out []Attribute
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(before[k], after[k]) {
			out = append(out, Attribute{Name: prefix + k, Before: before[k], Wanted: after[k]})
		}
	}
	return out
}

// states reads what the engine found by comparing states.
func states(v any) []Attribute {
	list, _ := v.([]any)
	var out []Attribute
	for _, item := range list {
		m, _ := item.(map[string]any)
		name, _ := m["name"].(string)
		if name != "" {
			out = append(out, Attribute{Name: name, Before: m["before"], Wanted: m["after"]})
		}
	}
	return out
}
