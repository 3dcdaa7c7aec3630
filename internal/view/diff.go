package view

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyyaml"
	"github.com/musterhq/muster/internal/view/difflib"
)

// diffs writes the difference that a task made or would make; those of a loop stand with its items.
func (t *Text) diffs(e event.TaskResult) {
	if e.Diff && !e.NoLog && !e.Loop {
		t.diffOf(e.Task, e.Host, e.Result)
	}
}

func (t *Text) diffOf(task int, host string, r map[string]any) {
	if changed, _ := r["changed"].(bool); !changed || r["diff"] == nil {
		return
	}
	text := t.diffText(r["diff"])
	switch {
	case text != "" && t.o.DiffGroups:
		t.groupDiff(host, text)
	case text != "":
		t.needBanner(task)
		t.line("", text)
	}
}

// diffText renders the differences of a result, which are one or a list.
func (t *Text) diffText(diff any) string {
	list, ok := diff.([]any)
	if !ok {
		list = []any{diff}
	}
	var out strings.Builder
	for _, d := range list {
		if m, ok := d.(map[string]any); ok {
			t.oneDiff(&out, m)
		}
	}
	return out.String()
}

// oneDiff renders one difference: a prepared text, or before and after as a unified diff.
func (t *Text) oneDiff(out *strings.Builder, m map[string]any) {
	if _, ok := m["dst_binary"]; ok {
		out.WriteString("diff skipped: destination file appears to be binary\n")
	}
	if _, ok := m["src_binary"]; ok {
		out.WriteString("diff skipped: source file appears to be binary\n")
	}
	if v, ok := m["dst_larger"]; ok {
		fmt.Fprintf(out, "diff skipped: destination file size is greater than %v\n", v)
	}
	if v, ok := m["src_larger"]; ok {
		fmt.Fprintf(out, "diff skipped: source file size is greater than %v\n", v)
	}
	before, hasBefore := m["before"]
	after, hasAfter := m["after"]
	if hasBefore && hasAfter {
		t.unified(out, m, t.diffLines(before), t.diffLines(after))
	}
	if p, ok := m["prepared"].(string); ok {
		out.WriteString(inert(p))
	}
}

// diffLines is one side of a difference; data structures are written out, a missing line break at the end is marked.
func (t *Text) diffLines(v any) []string {
	text := ""
	switch x := v.(type) {
	case nil:
	case string:
		text = x
	case []byte:
		text = string(x)
	case map[string]any:
		text = t.diffData(x)
	default:
		text = value.Str(value.From(x))
	}
	lines := difflib.Lines(text)
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		lines[n-1] += "\n\\ No newline at end of file\n"
	}
	return lines
}

func (t *Text) diffData(m map[string]any) string {
	switch t.o.Form {
	case FormGeneralYAML:
		o := pyyaml.Defaults()
		block := false
		o.FlowStyle, o.Width = &block, 1000
		if text, err := pyyaml.Dump(value.From(m), o); err == nil {
			return text
		}
	case FormYAML:
		return indented(yamlText(m, 4, t.o.Pretty == nil || *t.o.Pretty), "    ") + "\n"
	}
	four := 4
	text, err := value.JSON(value.From(m), value.JSONOptions{SortKeys: true, Indent: &four})
	if err != nil {
		return ""
	}
	return text + "\n"
}

func (t *Text) unified(out *strings.Builder, m map[string]any, before, after []string) {
	from, to := "before", "after"
	if h, ok := m["before_header"]; ok {
		from = fmt.Sprintf("before: %v", h)
	}
	if h, ok := m["after_header"]; ok {
		to = fmt.Sprintf("after: %v", h)
	}
	lines := difflib.Unified(before, after, from, to, t.o.DiffContext)
	for _, l := range lines {
		kind := ""
		switch {
		case strings.HasPrefix(l, "+"):
			kind = colorDiffAdd
		case strings.HasPrefix(l, "-"):
			kind = colorDiffRemove
		case strings.HasPrefix(l, "@@"):
			kind = colorDiffLines
		}
		out.WriteString(t.paint(kind, inert(l)))
	}
	if len(lines) > 0 {
		out.WriteString("\n")
	}
}

// DiffText writes the differences of a result as the text view does, without colours.
func DiffText(diff any) string {
	return NewText(TextOptions{DiffContext: 3}).diffText(diff)
}
