package executor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// switches are the keywords whose value is a yes or no.
var switches = []string{
	"become", "ignore_errors", "ignore_unreachable", "check_mode", "diff", "no_log", "run_once", "any_errors_fatal", "delegate_facts",
}

// checkSwitches refuses a task with a switch that is neither yes nor no; nil when all are fine.
func (t *taskRun) checkSwitches(s *scope) *itemResult {
	for _, name := range switches {
		v, given, err := t.keyword(s, name)
		if err != nil {
			return t.brokenField(name, err)
		}
		if text, isText := v.(string); given && isText && !isBoolWord(text) {
			a, _ := t.task.Inherit(name)
			return newResult("failed", true, "msg", fmt.Sprintf("the field '%s' has an invalid value (%s), and could not be converted to an bool. The error was: The value '%s' is not a valid boolean. Write yes or no.", name, value.Str(templateText(a.Value)), text)+t.place())
		}
	}
	return nil
}

// keyword renders the nearest value of a keyword, from the task outwards to the play. A value that comes out as omit is as if
// it was not written; an empty one is none.
func (t *taskRun) keyword(s *scope, name string) (v any, given bool, err error) {
	a, ok := t.task.Inherit(name)
	if !ok || a.Value == nil {
		return nil, false, nil
	}
	if v, err = s.render(a.Value); err != nil || v != jinja.Omit {
		return v, err == nil, err
	}
	all := t.task.InheritAll(name)
	for _, a := range slices.Backward(all[:len(all)-1]) {
		if a.Value == nil {
			return nil, false, nil
		}
		if v, err = s.render(a.Value); err != nil || v != jinja.Omit {
			return v, err == nil, err
		}
	}
	return nil, false, nil
}

// isBoolWord reports whether text is a word for yes or no; empty text is no.
func isBoolWord(s string) bool {
	return slices.Contains([]string{"", "y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f", "1.0", "0.0"}, strings.ToLower(strings.TrimSpace(s)))
}
