package jinja

import (
	"errors"

	"github.com/musterhq/muster/internal/diag"
)

// Check returns what is wrong with the syntax of a template, or nil. A filter or test that does not exist is a warning:
// it matters only if the text is ever evaluated.
func (e *Engine) Check(src string, pos diag.Pos) *diag.Diagnostic {
	body, syntax, base, err := e.header(src, e.syntax, pos)
	if err == nil {
		_, err = e.unit(unitTemplate, body, true, syntax)
	}
	return problem(err, body, base)
}

// CheckExpr is Check for a bare expression or condition.
func (e *Engine) CheckExpr(src string, pos diag.Pos) *diag.Diagnostic {
	_, err := e.unit(unitCondition, src, false, e.syntax)
	return problem(err, src, pos)
}

// CheckFile is Check for a template file.
func (e *Engine) CheckFile(name, src string, o FileOptions) *diag.Diagnostic {
	body, syntax, base, err := e.header(src, e.fileSyntax(o), diag.Pos{File: name, Line: 1, Col: 1})
	if err == nil {
		_, err = e.unit(unitTemplate, body, o.LiteralBackslashes, syntax)
	}
	return problem(err, body, base)
}

func problem(err error, src string, base diag.Pos) *diag.Diagnostic {
	if err == nil {
		return nil
	}
	var s *syntaxError
	var e *Error
	if errors.As(syntaxProblem(err, src, base), &e) {
		d := e.Diagnostic()
		if errors.As(err, &s) && s.unknown {
			d.Severity = diag.Warning
		}
		return d
	}
	return diag.Errorf(base, "%s", err.Error())
}

// Names returns the names of the variables that an expression, or a template when there are markers in the text, reads;
// each once, in order of appearance. Names that a template sets itself are among them. A text that cannot be parsed has
// none.
func (e *Engine) Names(src string) []string {
	kind := unitExpression
	if HasMarkers(src) {
		kind = unitTemplate
	}
	u, err := e.unit(kind, src, true, e.syntax)
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	var names []string
	for _, n := range u.names {
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	return names
}
