package executor

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// explain turns mistakes found while a play runs into one error for a result: a single one as Ansible words it, with the line.
func explain(list diag.List) error {
	if len(list) == 1 {
		d := *list[0]
		d.Pos = diag.Pos{}
		return errors.New(d.Error() + appearsIn(list[0].Pos) + offendingLine(list[0].Pos))
	}
	lines := make([]string, 0, len(list))
	for _, d := range list {
		lines = append(lines, d.Error())
	}
	return errors.New(strings.Join(lines, "\n"))
}

// appearsIn says where a mistake is, as results do; "" when that is not known.
func appearsIn(pos diag.Pos) string {
	if pos.Line == 0 {
		return ""
	}
	return fmt.Sprintf("\n\nThe error appears to be in '%s': line %d, column %d, but may\nbe elsewhere in the file depending on the exact syntax problem.\n", pos.File, pos.Line, pos.Col)
}

// offendingLine shows the line of a mistake under the line before it.
func offendingLine(pos diag.Pos) string {
	src, err := os.ReadFile(pos.File)
	lines := strings.Split(string(src), "\n")
	if err != nil || pos.Line < 1 || pos.Line > len(lines) {
		return ""
	}
	text := "\nThe offending line appears to be:\n\n"
	if pos.Line > 1 {
		text += lines[pos.Line-2]
	}
	return text + "\n" + lines[pos.Line-1] + "\n" + strings.Repeat(" ", max(0, pos.Col-1)) + "^ here\n"
}
