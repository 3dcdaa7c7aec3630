package executor

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// conditionsHold evaluates when: of the task and its blocks. The error names the condition that cannot be evaluated.
func (t *taskRun) conditionsHold(s *scope) (bool, any, error) {
	for _, c := range t.task.Conditions() {
		ok, err := t.x.holds(s, c)
		if err != nil {
			return false, nil, conditionError(c.Value, err)
		}
		if !ok {
			return false, shownCondition(c.Value), nil
		}
	}
	return true, nil, nil
}

// holds evaluates one condition. A template in it works, but text that it makes could be run as code, so it is warned of.
func (x *Executor) holds(s *scope, c playbook.Cond) (bool, error) {
	if t, ok := c.Value.(value.Template); ok && (strings.Contains(t.Src, "{{") || strings.Contains(t.Src, "{%")) {
		x.warn("conditional statements should not include jinja2 templating delimiters such as {{ }} or {%% %%}. Found: %s", t.Src)
	}
	return x.o.Engine.Condition(s.context(), c.Value, c.Pos)
}

// conditionError says which condition could not be evaluated, and why.
func conditionError(cond any, err error) error {
	text := conditionText(cond)
	if jinja.IsUndefined(err) {
		return fmt.Errorf("The conditional check '%s' failed. The error was: error while evaluating conditional (%s): %w", text, text, err)
	}
	return fmt.Errorf("The conditional check '%s' failed. The error was: %w", text, err)
}

// shownCondition is a condition as results show it: its text, or the truth value that was written.
func shownCondition(v any) any {
	if b, ok := v.(bool); ok {
		return b
	}
	return conditionText(v)
}

func conditionText(v any) string { return strings.TrimSpace(value.Str(templateText(v))) }

func (t *taskRun) skip(s *scope, condition any) *itemResult {
	return newResult("changed", false, "skipped", true, "skip_reason", "Conditional result was False", "_ansible_false_condition", condition)
}
