package executor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// switches are the keywords whose value is a yes or no.
var switches = []string{
	"become", "ignore_errors", "ignore_unreachable", "check_mode", "diff", "no_log", "run_once", "any_errors_fatal", "delegate_facts",
}

// checkSwitches refuses a task with a switch that is neither yes nor no; nil when all are fine.
func (t *taskRun) checkSwitches(s *scope) *itemResult {
	for _, name := range switches {
		a, ok := t.task.Inherit(name)
		if !ok {
			continue
		}
		switch a.Value.(type) {
		case bool, nil:
			continue
		}
		v, err := s.render(a.Value)
		if err != nil {
			return t.brokenField(name, err)
		}
		if text, isText := v.(string); isText && !isBoolWord(text) {
			return newResult("failed", true, "msg", fmt.Sprintf("the field '%s' has an invalid value (%s), and could not be converted to an bool. The error was: The value '%s' is not a valid boolean. Write yes or no.", name, value.Str(templateText(a.Value)), text)+t.place())
		}
	}
	return nil
}

// isBoolWord reports whether text is a word for yes or no; empty text is no.
func isBoolWord(s string) bool {
	return slices.Contains([]string{"", "y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f", "1.0", "0.0"}, strings.ToLower(strings.TrimSpace(s)))
}
