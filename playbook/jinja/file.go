package jinja

import (
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// FileOptions are how the module template renders a file.
type FileOptions struct {
	// Syntax is how the file is written. The zero value means DefaultSyntax, trim_blocks included; a Syntax that sets
	// anything is taken as it is, with empty delimiters completed. KeepTrailingNewline counts only in a file's own header:
	// the result has the line ends at its end that the file has, however it comes about.
	Syntax Syntax
	// LiteralBackslashes reads backslashes in the strings of {{ }} as a playbook does; template files have escapes.
	LiteralBackslashes bool
	// ConvertData reads a result that looks like a list, a mapping or a truth value, as FileValue's result.
	ConvertData bool
}

// File renders a whole template file and returns its text. name is the file's path, for messages.
func (e *Engine) File(c *Context, name, src string, o FileOptions) (string, error) {
	o.ConvertData = false
	v, err := e.FileValue(c, name, src, o)
	if err != nil {
		return "", err
	}
	return text(v)
}

func (e *Engine) fileSyntax(o FileOptions) *Syntax {
	o.Syntax.KeepTrailingNewline = false
	if o.Syntax == (Syntax{}) {
		return e.interned(DefaultSyntax())
	}
	return e.interned(o.Syntax.completed())
}

// FileValue is File for callers that want the result as a value when it looks like one, such as the lookup template.
func (e *Engine) FileValue(c *Context, name, src string, o FileOptions) (any, error) {
	ev, err := e.begin(c)
	if err != nil {
		return nil, err
	}
	defer ev.end()
	base := diag.Pos{File: name, Line: 1, Col: 1}
	body, s, base, err := e.header(src, e.fileSyntax(o), base)
	if err != nil {
		return nil, err
	}
	u, err := e.unit(unitTemplate, body, o.LiteralBackslashes, s)
	if err != nil {
		return nil, syntaxProblem(err, body, base)
	}
	f := ev.activate(u, base, o.ConvertData)
	out := &sink{ev: ev}
	if err := f.runRoot(out); err != nil {
		return nil, err
	}
	v, err := out.result(o.ConvertData)
	if err != nil {
		return nil, f.locate(err, 0)
	}
	if n, ok := v.(nativeText); ok {
		v = string(n)
	}
	normalized := src
	if strings.Contains(src, "\r") {
		normalized = normalize(src, true)
	}
	return withTrailingNewlines(v, normalized, s.NewlineSequence), nil
}
