package jinja

import (
	"math/big"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Render returns v with every Template and Vault in it, at any depth, replaced by what it stands for. A value without
// any is returned as it is, not copied. An argument that is left out becomes Omit.
func (e *Engine) Render(c *Context, v any) (any, error) {
	switch v.(type) {
	case nil, bool, int, float64, string:
		return v, nil
	}
	ev, err := e.begin(c)
	if err != nil {
		return nil, err
	}
	defer ev.end()
	out, err := ev.renderAll(v, 0)
	if err != nil {
		return nil, place(err, diag.Pos{})
	}
	return out, nil
}

// renderAll renders each Template as an evaluation of its own, so that one does not see what another has cached.
func (ev *evaluation) renderAll(v any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errorf("a list or mapping is nested too deeply: does it contain itself?")
	}
	switch x := v.(type) {
	case value.Template, value.Vault:
		ev.cache = nil
		out, err := ev.force(v, "")
		if err == nil {
			out, err = ev.argument(out)
		}
		if u, ok := out.(*value.Undefined); ok && err == nil {
			err = ev.undefinedIn(x, u)
		}
		return out, err
	case *value.List, *value.Dict, *value.Tuple:
		if !ev.hasTemplates(v, 0) {
			return v, nil
		}
	}
	switch x := v.(type) {
	case *value.List:
		items, err := ev.renderItems(x.Items, depth)
		return &value.List{Items: items}, err
	case *value.Tuple:
		items, err := ev.renderItems(x.Items, depth)
		return &value.Tuple{Items: items}, err
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			r, err := ev.renderAll(item, depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(k, r)
		}
		return out, nil
	}
	return v, nil
}

// undefinedIn is the error of a text that needs something undefined. The text itself is not part of the message.
func (ev *evaluation) undefinedIn(text any, u *value.Undefined) error {
	err := undefinedError(u)
	if t, ok := text.(value.Template); ok {
		err.Message = strings.TrimPrefix(err.Message, t.Src+": ")
		if err.Pos.Line == 0 {
			err.Pos = t.Pos
		}
	}
	return err
}

func (ev *evaluation) renderItems(items []any, depth int) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		r, err := ev.renderAll(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// template renders one text.
func (ev *evaluation) template(t value.Template) (any, error) {
	if err := ev.enter(); err != nil {
		return nil, err
	}
	defer ev.leave()
	if ev.engine.plainText(t.Src) {
		return t.Src, nil
	}
	src, syntax, base, err := ev.engine.header(t.Src, ev.engine.syntax, t.Pos)
	if err != nil {
		return nil, err
	}
	u, err := ev.engine.unit(unitTemplate, src, true, syntax)
	if err != nil {
		return nil, syntaxProblem(err, src, base)
	}
	if v, ok := ev.bare(u); ok {
		return v, nil
	}
	f := ev.activate(u, base, true)
	out := &sink{ev: ev, judged: ev.judging && ev.active != nil && ev.active.outer == nil}
	if err := f.runRoot(out); err != nil {
		return nil, err
	}
	v, err := out.result(true)
	if err != nil {
		return nil, f.locate(err, 0)
	}
	return withTrailingNewlines(v, t.Src, syntax.NewlineSequence), nil
}

// plainText tells whether a text has nothing to evaluate.
func (e *Engine) plainText(src string) bool {
	return !strings.Contains(src, e.syntax.BlockStart) && !strings.Contains(src, e.syntax.VariableStart) &&
		!strings.Contains(src, e.syntax.CommentStart)
}

// bare is the value of {{ name }} when the variable is a number, a truth value or null: it keeps its type.
func (ev *evaluation) bare(u *unit) (any, bool) {
	if u.single == "" || ev.engine.native || ev.scope == nil {
		return nil, false
	}
	v, ok := ev.scope.Lookup(u.single)
	if !ok {
		return nil, false
	}
	switch v.(type) {
	case nil, bool, int, float64, *big.Int:
		return v, true
	}
	return nil, false
}

// withTrailingNewlines gives a text as many line ends at its end as its source has.
func withTrailingNewlines(v any, src, newline string) any {
	want := len(src) - len(strings.TrimRight(src, "\n"))
	if want == 0 {
		return v
	}
	var s string
	switch x := v.(type) {
	case string:
		s = x
	case nativeText:
		s = string(x)
	default:
		return v
	}
	have := len(s) - len(strings.TrimRight(s, "\n"))
	if want > have {
		s += strings.Repeat(newline, want-have)
	}
	if _, ok := v.(nativeText); ok {
		return nativeText(s)
	}
	return s
}

// Expr evaluates a bare expression, as the argument var of debug is one, and returns its value. Backslashes in its
// strings are literal, as they are between {{ and }} in a playbook.
func (e *Engine) Expr(c *Context, src string, pos diag.Pos) (any, error) {
	return e.expression(c, src, pos, true)
}

// ExprEscapes is Expr with Python's escapes in strings, as in a template file.
func (e *Engine) ExprEscapes(c *Context, src string, pos diag.Pos) (any, error) {
	return e.expression(c, src, pos, false)
}

func (e *Engine) expression(c *Context, src string, pos diag.Pos, escaped bool) (any, error) {
	u, err := e.unit(unitExpression, src, escaped, e.syntax)
	if err != nil {
		return nil, syntaxProblem(err, src, pos)
	}
	ev, err := e.begin(c)
	if err != nil {
		return nil, place(err, pos)
	}
	defer ev.end()
	f := ev.activate(u, pos, true)
	v, err := u.expression.run(f)
	if err == nil {
		v, err = ev.argument(v)
	}
	if err == nil {
		err = definedInside(v, 0)
	}
	if u, ok := v.(*value.Undefined); ok && err == nil {
		err = undefinedError(u)
	}
	if err != nil {
		return nil, f.locate(err, u.expression.off)
	}
	return v, nil
}
