package history

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Bounds of what is kept of one result, in bytes.
const (
	maxMessage = 2 << 10
	maxResult  = 16 << 10
	maxText    = 4 << 10 // of one text within a result that is too long
	maxDiff    = 128 << 10
)

// leftOut are keys of results that are stored elsewhere or say nothing later: items have rows of their own, lines repeat
// their text, facts are the host's and not the task's.
var leftOut = []string{"diff", "results", "stdout_lines", "stderr_lines", "invocation", "ansible_facts", "_ansible_verbose_always", "_ansible_no_log"}

// split is a result as the store keeps it: its differences and the rest, both as JSON and bounded.
func split(result map[string]any) (diff, rest string) {
	if d, ok := result["diff"]; ok && d != nil {
		diff = bounded(d, maxDiff)
	}
	kept := maps.Clone(result)
	for _, key := range leftOut {
		delete(kept, key)
	}
	if len(kept) == 0 {
		return diff, ""
	}
	return diff, bounded(kept, maxResult)
}

// bounded is v as JSON of at most limit bytes: long texts are cut first, then the largest entries dropped; a mapping tells
// under "_left_out" which.
func bounded(v any, limit int) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	if len(text) <= limit {
		return string(text)
	}
	v = shortened(v, min(maxText, limit/4))
	if text, err = json.Marshal(v); err != nil || len(text) <= limit {
		return string(text)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprintf(`"left out: %d bytes"`, len(text))
	}
	return dropLargest(maps.Clone(m), limit)
}

// dropLargest drops entries until the rest fits.
func dropLargest(m map[string]any, limit int) string {
	size := map[string]int{}
	for k, v := range m {
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		size[k] = len(text)
	}
	keys := slices.Sorted(maps.Keys(m))
	sort.SliceStable(keys, func(i, j int) bool { return size[keys[i]] > size[keys[j]] })
	for i, k := range keys {
		delete(m, k)
		m["_left_out"] = keys[:i+1]
		if text, err := json.Marshal(m); err == nil && len(text) <= limit {
			return string(text)
		}
	}
	return fmt.Sprintf(`{"_left_out":%d}`, len(keys))
}

// shortened is v with every text cut to limit bytes.
func shortened(v any, limit int) any {
	switch x := v.(type) {
	case string:
		return cut(x, limit)
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = shortened(item, limit)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = shortened(item, limit)
		}
		return out
	}
	return v
}

// cut is at most limit bytes of a text and how many were left out.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	head := s[:limit]
	for !utf8.ValidString(head) && len(head) > limit-utf8.UTFMax {
		head = head[:len(head)-1]
	}
	return strings.ToValidUTF8(head, "\uFFFD") + fmt.Sprintf("… (%d bytes more)", len(s)-len(head))
}
