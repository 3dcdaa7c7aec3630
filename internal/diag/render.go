package diag

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Render writes the diagnostics for a person: place, message, the line with a caret, and the hint.
// Sources are read from disk again; a file that cannot be read is shown without its line.
func Render(w io.Writer, list List) {
	for _, d := range list {
		renderOne(w, d)
	}
}

func renderOne(w io.Writer, d *Diagnostic) {
	word := "error"
	if d.Severity == Warning {
		word = "warning"
	}
	at := d.Pos.String()
	if at != "" {
		at += ": "
	}
	fmt.Fprintf(w, "%s%s: %s\n", at, word, d.Summary)
	if line, ok := sourceLine(d.Pos); ok {
		number := fmt.Sprint(d.Pos.Line)
		fmt.Fprintf(w, "  %s | %s\n", number, line)
		fmt.Fprintf(w, "  %s | %s^\n", strings.Repeat(" ", len(number)), indentLike(line, d.Pos.Col))
	}
	if d.Detail != "" {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(d.Detail, "\n", "\n  "))
	}
	if d.Hint != "" {
		fmt.Fprintf(w, "  hint: %s\n", d.Hint)
	}
}

func sourceLine(p Pos) (string, bool) {
	if p.File == "" || p.Line == 0 {
		return "", false
	}
	src, err := os.ReadFile(p.File)
	if err != nil {
		return "", false
	}
	lines := strings.Split(string(src), "\n")
	if p.Line > len(lines) {
		return "", false
	}
	return strings.TrimRight(lines[p.Line-1], "\r"), true
}

// indentLike returns blanks (and the line's own tabs) up to the column, so that a caret stands under it.
func indentLike(line string, col int) string {
	var b strings.Builder
	for i, r := range []rune(line) {
		if i >= col-1 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
