// Package diag describes mistakes in what users wrote: where, what, and what to do about it.
package diag

import (
	"fmt"
	"strings"
)

// Pos is a place in a file. Line and Col count from 1, Col in runes; a zero Line means the whole file.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String formats a position as file:line:col and leaves out what is unknown.
func (p Pos) String() string {
	switch {
	case p.File == "" && p.Line == 0:
		return ""
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
}

// Severity tells an error, which stops a run before it starts, from a warning.
type Severity int

// The severities.
const (
	Error Severity = iota
	Warning
)

// Diagnostic is one mistake. Summary is one line without a final period; Hint says what to do.
type Diagnostic struct {
	Severity Severity
	Pos      Pos
	Summary  string
	Detail   string
	Hint     string
}

// Error formats the diagnostic on one line.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if at := d.Pos.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(d.Summary)
	if d.Detail != "" {
		b.WriteString(": " + d.Detail)
	}
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

// Errorf makes an error at a position.
func Errorf(pos Pos, format string, args ...any) *Diagnostic {
	return &Diagnostic{Pos: pos, Summary: fmt.Sprintf(format, args...)}
}

// WithHint returns a copy of d that carries a hint.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	c := *d
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// List collects diagnostics, so that a user sees every mistake at once. A nil List is no mistake.
type List []*Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d *Diagnostic) { *l = append(*l, d) }

// Err returns the list as an error, or nil when it holds no error; warnings alone are no error.
func (l List) Err() error {
	for _, d := range l {
		if d.Severity == Error {
			return l
		}
	}
	return nil
}

// Error joins the diagnostics, one on each line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}
