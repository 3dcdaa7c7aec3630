package view

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// diffs writes the differences that a task made or would make.
func (t *Text) diffs(e event.TaskResult) {
	if e.NoLog || !e.Diff {
		return
	}
	if list, ok := e.Result["results"].([]any); ok && e.Loop {
		for _, item := range list {
			if r, ok := item.(map[string]any); ok {
				t.diffOf(e.Task, r)
			}
		}
		return
	}
	t.diffOf(e.Task, e.Result)
}

func (t *Text) diffOf(task int, r map[string]any) {
	changed, _ := r["changed"].(bool)
	if r["diff"] == nil || !changed {
		return
	}
	list, ok := r["diff"].([]any)
	if !ok {
		list = []any{r["diff"]}
	}
	for _, d := range list {
		m, ok := d.(map[string]any)
		if !ok || len(m) == 0 {
			continue
		}
		if text := t.diffText(m); text != "" {
			t.needBanner(task)
			fmt.Fprintln(t.o.Out, text)
		}
	}
}

// diffText renders one difference: a prepared text, or before and after as a unified diff.
func (t *Text) diffText(m map[string]any) string {
	var out strings.Builder
	if m["dst_binary"] != nil {
		out.WriteString("diff skipped: destination file appears to be binary\n")
	}
	if m["src_binary"] != nil {
		out.WriteString("diff skipped: source file appears to be binary\n")
	}
	if v := m["dst_larger"]; v != nil {
		fmt.Fprintf(&out, "diff skipped: destination file size is greater than %v\n", v)
	}
	if v := m["src_larger"]; v != nil {
		fmt.Fprintf(&out, "diff skipped: source file size is greater than %v\n", v)
	}
	before, hasBefore := m["before"]
	after, hasAfter := m["after"]
	if hasBefore && hasAfter {
		out.WriteString(t.unified(m, diffSide(before), diffSide(after)))
	}
	if p, ok := m["prepared"].(string); ok {
		out.WriteString(p)
	}
	return out.String()
}

// diffSide is one side as text; data structures are written as indented JSON.
func diffSide(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	default:
		four := 4
		text, err := value.JSON(value.From(x), value.JSONOptions{SortKeys: true, Indent: &four, KeepUnicode: true})
		if err != nil {
			return ""
		}
		return text + "\n"
	}
}

func (t *Text) unified(m map[string]any, before, after string) string {
	oldName, newName := "before", "after"
	if h, ok := m["before_header"].(string); ok && h != "" {
		oldName = "before: " + h
	}
	if h, ok := m["after_header"].(string); ok && h != "" {
		newName = "after: " + h
	}
	edits := udiff.Strings(before, after)
	text, err := udiff.ToUnified(oldName, newName, before, edits, t.o.DiffContext)
	if err != nil || text == "" {
		return ""
	}
	if before != "" && !strings.HasSuffix(before, "\n") || after != "" && !strings.HasSuffix(after, "\n") {
		text = strings.ReplaceAll(text, "\\ No newline at end of file", "\\ No newline at end of file")
	}
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		body, nl := strings.CutSuffix(l, "\n")
		kind := ""
		switch {
		case strings.HasPrefix(body, "+"):
			kind = colorDiffAdd
		case strings.HasPrefix(body, "-"):
			kind = colorDiffRemove
		case strings.HasPrefix(body, "@@"):
			kind = colorDiffLines
		}
		lines[i] = t.paint(kind, body)
		if nl {
			lines[i] += "\n"
		}
	}
	return strings.Join(lines, "")
}
