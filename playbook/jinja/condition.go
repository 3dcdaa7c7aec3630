package jinja

import (
	"regexp"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Condition tells whether a condition holds: what when, until, changed_when and failed_when accept. A truth value is
// itself, null and empty text hold, other text is an expression. A Template is rendered first, and its text is an
// expression in turn when no part of it can have come from a host. Of any other value the truth counts.
func (e *Engine) Condition(c *Context, v any, pos diag.Pos) (bool, error) {
	ev, err := e.begin(c)
	if err != nil {
		return false, place(err, pos)
	}
	defer ev.end()
	switch x := v.(type) {
	case nil:
		return true, nil
	case bool:
		return x, nil
	case string:
		if strings.TrimSpace(x) == "" {
			return true, nil
		}
		return ev.condition(x, x, pos)
	case value.Template, value.Vault:
		return ev.templateCondition(v, pos)
	}
	if v, err = ev.argument(v); err != nil {
		return false, place(err, pos)
	}
	ok, err := truth(v)
	if err != nil {
		return false, place(err, pos)
	}
	return ok, nil
}

// Assert tells whether conditions hold, as the argument that of assert: a list of them, one, or a Template that stands for
// either. It returns the first condition that does not hold or fails.
func (e *Engine) Assert(c *Context, v any, pos diag.Pos) (holds bool, failed any, err error) {
	if l, ok := v.(*value.List); ok {
		for _, item := range l.Items {
			if holds, err = e.Condition(c, item, pos); err != nil || !holds {
				return false, item, err
			}
		}
		return true, nil, nil
	}
	t, ok := v.(value.Template)
	if !ok {
		holds, err = e.Condition(c, v, pos)
		return holds, v, err
	}
	ev, err := e.begin(c)
	if err != nil {
		return false, v, place(err, pos)
	}
	defer ev.end()
	out, err := ev.renderCondition(t, pos)
	if err != nil {
		return false, v, err
	}
	l, ok := out.(*value.List)
	if !ok {
		holds, err = ev.judge(out, t.Src, pos)
		return holds, v, err
	}
	for _, item := range l.Items {
		if holds, err = ev.judge(item, t.Src, pos); err != nil || !holds {
			return false, item, err
		}
	}
	return true, nil, nil
}

func (ev *evaluation) templateCondition(v any, pos diag.Pos) (bool, error) {
	t, _ := v.(value.Template)
	if t.Pos.Line > 0 {
		pos = t.Pos
	}
	out, err := ev.renderCondition(v, pos)
	if err != nil {
		if answer, ok := answersDefined(t.Src, err); ok {
			return answer, nil
		}
		return false, err
	}
	return ev.judge(out, t.Src, pos)
}

// renderCondition renders the text of a condition and notes whether a part of it may have come from a host.
func (ev *evaluation) renderCondition(v any, pos diag.Pos) (any, error) {
	ev.judging = true
	out, err := ev.force(v, "")
	if err == nil {
		out, err = ev.argument(out)
	}
	if u, ok := out.(*value.Undefined); ok && err == nil {
		err = ev.undefinedIn(v, u)
	}
	if err != nil {
		return nil, place(err, pos)
	}
	return out, nil
}

// judge tells whether the result of rendering a condition holds. Text is an expression, but never when a part of it may
// have come from a host; then it may be a number or the like, which is no risk.
func (ev *evaluation) judge(out any, original string, pos diag.Pos) (bool, error) {
	text, isText := out.(string)
	if !isText || text == "" {
		ok, err := truth(out)
		if err != nil {
			return false, place(err, pos)
		}
		return ok, nil
	}
	if !ev.untrusted {
		return ev.condition(text, original, pos)
	}
	if v := nativeLiteral(text); v != any(text) {
		if _, quoted := v.(string); !quoted {
			return truth(v)
		}
	}
	return false, &Error{
		Message: "Conditional is marked as unsafe, and cannot be evaluated.",
		Hint:    "compare the value with what it should be, without {{ }}: text that a host returned is never an expression",
		Pos:     pos,
	}
}

// condition evaluates the text of a condition. Its strings have Python's escapes, as in {% if %}.
func (ev *evaluation) condition(src, original string, pos diag.Pos) (bool, error) {
	u, err := ev.engine.unit(unitCondition, src, false, ev.engine.syntax)
	if err != nil {
		return false, syntaxProblem(err, src, pos)
	}
	f := ev.activate(u, pos, true)
	ok, err := u.expression.test(f)
	if err == nil {
		return ok, nil
	}
	if answer, ok := answersDefined(original, err); ok {
		return answer, nil
	}
	return false, err
}

// definedTests finds "name is defined" and its variants in the text of a condition.
var definedTests = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(hostvars\[.+\]|\w+)\s+(not\s+is|is\s+not|is)\s+(defined|undefined)`)
})

var undefinedName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`'(hostvars\[.+\]|\w+)' is undefined`)
})

// answersDefined decides a condition that failed because a variable is undefined, when the condition asks whether that
// very variable is defined.
func answersDefined(src string, err error) (answer, ok bool) {
	u, isUndefined := asUndefined(err)
	if !isUndefined {
		return false, false
	}
	m := undefinedName().FindStringSubmatch(u.Message)
	if m == nil {
		return false, false
	}
	for _, t := range definedTests().FindAllStringSubmatch(src, -1) {
		if strings.ReplaceAll(t[1], "'", `"`) == strings.ReplaceAll(m[1], "'", `"`) {
			shouldExist := strings.Contains(t[2], "not") != (t[3] == "defined")
			return !shouldExist, true
		}
	}
	return false, false
}
