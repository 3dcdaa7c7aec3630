package yaml11

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// syntaxError turns the parser's message into a diagnostic with the place and, for the usual mistakes, what to do.
func syntaxError(file string, src []byte, err error) *diag.Diagnostic {
	m := yamlLine.FindStringSubmatch(strings.TrimPrefix(err.Error(), "yaml: "))
	line, _ := strconv.Atoi(m[1])
	d := &diag.Diagnostic{Pos: diag.Pos{File: file, Line: line, Col: 1}, Summary: "the YAML cannot be read: " + m[2]}
	if line == 0 {
		d.Pos.Line = 1
	}
	lines := strings.Split(string(src), "\n")
	if d.Pos.Line <= len(lines) {
		text := lines[d.Pos.Line-1]
		d.Pos.Col = len([]rune(text)) - len([]rune(strings.TrimLeft(text, " \t"))) + 1
		d.Hint = hintFor(text, m[2])
	}
	return d
}

func hintFor(text, message string) string {
	switch {
	case strings.Contains(text, "\t"):
		return "YAML is indented with blanks, never with tabs"
	case strings.Contains(text, ": {{") || strings.Contains(text, "={{"):
		return `a value that starts with {{ needs quotes: key: "{{ name }}"`
	case strings.Contains(message, "mapping values are not allowed"):
		return "a text that contains ': ' needs quotes around it"
	default:
		return ""
	}
}
