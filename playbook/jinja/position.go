package jinja

import (
	"strings"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/diag"
)

// positionAt turns a byte offset of a source into a place in the file, given where the source begins.
func positionAt(base diag.Pos, src string, off int) diag.Pos {
	off = max(0, min(off, len(src)))
	line := strings.Count(src[:off], "\n")
	start := strings.LastIndexByte(src[:off], '\n') + 1
	col := utf8.RuneCountInString(src[start:off])
	if base.Line == 0 {
		base.Line, base.Col = 1, 1
	}
	if line == 0 {
		return diag.Pos{File: base.File, Line: base.Line, Col: base.Col + col}
	}
	return diag.Pos{File: base.File, Line: base.Line + line, Col: col + 1}
}
