package filters

import (
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
)

const pprintWidth = 80

// prettyPrint lays out a value as Python's pprint does: on one line when it fits, else an item a line.
func prettyPrint(v any) string {
	var p prettyPrinter
	p.format(v, 0, 0, 0)
	return p.String()
}

type prettyPrinter struct{ strings.Builder }

// format writes a value that starts in the column indent and is followed by allowance more characters.
func (p *prettyPrinter) format(v any, indent, allowance, depth int) {
	text := prettyRepr(v, 0)
	if utf8.RuneCountInString(text) <= pprintWidth-indent-allowance || depth > 100 {
		p.WriteString(text)
		return
	}
	switch x := v.(type) {
	case *value.Dict:
		p.dict(x, indent, allowance, depth)
	case *value.List:
		p.items("[", x.Items, "]", indent, allowance, depth)
	case *value.Tuple:
		end := ")"
		if len(x.Items) == 1 {
			end = ",)"
		}
		p.items("(", x.Items, end, indent, allowance, depth)
	case *value.Set:
		p.items("{", sortedOr(x.Items), "}", indent, allowance, depth)
	case string:
		p.text(x, indent, allowance, depth)
	default:
		p.WriteString(text)
	}
}

func sortedOr(items []any) []any {
	if sorted, err := value.Sorted(items, nil, false); err == nil {
		return sorted
	}
	return value.SortText(items)
}

// prettyRepr is the form on one line: like repr, but with the keys of mappings in order.
func prettyRepr(v any, depth int) string {
	if depth > 100 {
		return "..."
	}
	join := func(open string, items []any, end string) string {
		parts := make([]string, len(items))
		for i, item := range items {
			parts[i] = prettyRepr(item, depth+1)
		}
		return open + strings.Join(parts, ", ") + end
	}
	switch x := v.(type) {
	case *value.Dict:
		parts := []string{}
		for _, k := range sortedOr(x.Keys()) {
			item, _ := x.Get(k)
			parts = append(parts, prettyRepr(k, depth+1)+": "+prettyRepr(item, depth+1))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *value.List:
		return join("[", x.Items, "]")
	case *value.Tuple:
		if len(x.Items) == 1 {
			return join("(", x.Items, ",)")
		}
		return join("(", x.Items, ")")
	}
	return value.Repr(v)
}

func (p *prettyPrinter) newline(indent int) {
	p.WriteString("\n" + strings.Repeat(" ", indent))
}

func (p *prettyPrinter) dict(d *value.Dict, indent, allowance, depth int) {
	p.WriteByte('{')
	indent++
	keys := sortedOr(d.Keys())
	for i, k := range keys {
		if i > 0 {
			p.WriteByte(',')
			p.newline(indent)
		}
		text := prettyRepr(k, 0)
		p.WriteString(text + ": ")
		after := 1
		if i == len(keys)-1 {
			after = allowance + 1
		}
		v, _ := d.Get(k)
		p.format(v, indent+utf8.RuneCountInString(text)+2, after, depth+1)
	}
	p.WriteByte('}')
}

func (p *prettyPrinter) items(open string, items []any, end string, indent, allowance, depth int) {
	p.WriteString(open)
	indent += len(open)
	for i, item := range items {
		if i > 0 {
			p.WriteByte(',')
			p.newline(indent)
		}
		after := 1
		if i == len(items)-1 {
			after = allowance + len(end)
		}
		p.format(item, indent, after, depth+1)
	}
	p.WriteString(end)
}

// text breaks a long text into quoted pieces, at line ends and then at blanks.
func (p *prettyPrinter) text(s string, indent, allowance, depth int) {
	if depth == 0 {
		indent++
		allowance++
	}
	lines := value.SplitLines(s, true)
	var chunks []string
	for i, line := range lines {
		quoted := value.Repr(line)
		room := pprintWidth - indent
		if i == len(lines)-1 {
			room -= allowance
		}
		if utf8.RuneCountInString(quoted) <= room {
			chunks = append(chunks, quoted)
			continue
		}
		chunks = append(chunks, pieces(line, pprintWidth-indent, room)...)
	}
	if len(chunks) == 1 {
		p.WriteString(chunks[0])
		return
	}
	if depth == 0 {
		p.WriteByte('(')
	}
	for i, c := range chunks {
		if i > 0 {
			p.newline(indent)
		}
		p.WriteString(c)
	}
	if depth == 0 {
		p.WriteByte(')')
	}
}

// pieces cuts a line behind blanks so that each piece fits the room, the last one that of the last line.
func pieces(line string, room, lastRoom int) []string {
	var words []string
	for line != "" {
		end := strings.IndexFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n\r\v\f", r) })
		if end < 0 {
			words = append(words, line)
			break
		}
		for end < len(line) && strings.IndexByte(" \t\n\r\v\f", line[end]) >= 0 {
			end++
		}
		words = append(words, line[:end])
		line = line[end:]
	}
	var out []string
	current := ""
	for i, w := range words {
		limit := room
		if i == len(words)-1 {
			limit = lastRoom
		}
		if candidate := current + w; utf8.RuneCountInString(value.Repr(candidate)) <= limit {
			current = candidate
			continue
		}
		if current != "" {
			out = append(out, value.Repr(current))
		}
		current = w
	}
	if current != "" {
		out = append(out, value.Repr(current))
	}
	return out
}
