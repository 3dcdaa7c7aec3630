package view

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyyaml"
)

// yamlResult writes a result as indented YAML, texts of several lines as blocks. lossy leaves out what repeats and
// changes blanks so that blocks stay readable.
func yamlResult(r map[string]any, indent int, lossy bool) string {
	if lossy {
		r = omitLines(r)
	}
	return indented(yamlText(r, indent, lossy), strings.Repeat(" ", max(indent, 4)))
}

func omitLines(r map[string]any) map[string]any {
	for _, k := range []string{"stdout", "stderr"} {
		_, text := r[k]
		if _, lines := r[k+"_lines"]; text && lines {
			r = without(r, k+"_lines")
			r[k+"_lines"] = "<omitted>"
		}
	}
	return r
}

func yamlText(v any, indent int, lossy bool) string {
	o := pyyaml.Defaults()
	block := false
	o.FlowStyle, o.Indent = &block, max(indent, 2)
	o.TextStyle = func(s string) (string, byte) {
		if !strings.ContainsAny(s, "\n\u0085\u2028\u2029") {
			return s, 0
		}
		if lossy {
			s = readableBlock(s)
		}
		return s, '|'
	}
	text, err := pyyaml.Dump(value.From(v), o)
	if err != nil {
		return fmt.Sprintln(err)
	}
	return text
}

var spacesBeforeBreak = regexp.MustCompile(" +([\n\u0085\u2028\u2029])")

// readableBlock removes what YAML allows in quotes only.
func readableBlock(s string) string {
	s = expandTabs(strings.TrimRight(s, " \t\n\r\v\f\x1c\x1d\x1e\x1f\u0085\u00a0\u2028\u2029"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r >= ' ' && r <= '~', r == 0x85, r >= 0xa0 && r != 0xfeff && r != 0xfffe && r != 0xffff:
			return r
		}
		return -1
	}, s)
	return spacesBeforeBreak.ReplaceAllString(s, "$1")
}

func expandTabs(s string) string {
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := 8 - column%8
			b.WriteString(strings.Repeat(" ", n))
			column += n
		case '\n', '\r':
			b.WriteRune(r)
			column = 0
		default:
			b.WriteRune(r)
			column++
		}
	}
	return b.String()
}

// indented puts a prefix before every line that is not blank.
func indented(s, prefix string) string {
	lines := strings.SplitAfter(s, "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = prefix + l
		}
	}
	return strings.Join(lines, "")
}

// generalYAML writes a result as community.general's callback yaml does: changed and skipped first, on the line itself.
func generalYAML(r map[string]any, noLog bool) string {
	if noLog {
		return `{"censored": "The output has been hidden due to the fact that 'no_log: true' was specified for this result"}`
	}
	head := ""
	for _, k := range []string{"changed", "skipped"} {
		if v, ok := r[k]; ok {
			head += k + "=" + strings.ToLower(value.Str(value.From(v))) + " "
		}
	}
	r = omitLines(without(r, "changed", "skipped"))
	if len(r) > 0 {
		o := pyyaml.Defaults()
		block := false
		o.FlowStyle, o.Width, o.TextStyle = &block, 1000, generalBlock
		text, err := pyyaml.Dump(value.From(r), o)
		if err != nil {
			text = err.Error()
		}
		head += "\n" + text
	}
	return strings.TrimRight(strings.ReplaceAll(head, "\n", "\n  "), " \n")
}

var spacesBeforeNewline = regexp.MustCompile(` +\n`)

// generalBlock is how that callback makes blocks of texts.
func generalBlock(s string) (string, byte) {
	if !strings.ContainsAny(s, "\n\r\x1c\x1d\x1e\u0085\u2028\u2029") {
		return s, 0
	}
	s = strings.TrimRight(s, " \t\n\r\v\f\x1c\x1d\x1e\x1f\u0085\u00a0\u2028\u2029")
	s = strings.Map(func(r rune) rune {
		if r >= 0xa0 || r >= ' ' && r <= '~' || strings.ContainsRune("\t\n\r\v\f", r) {
			return r
		}
		return -1
	}, s)
	s = strings.NewReplacer("\v", "", "\f", "", "\r", "").Replace(expandTabs(s))
	return spacesBeforeNewline.ReplaceAllString(s, "\n"), '|'
}
