package modules

import (
	"encoding/json"
	"slices"
)

// contents are parameters that say what to write and nothing about where or how: taking a change back never needs them.
var contents = []string{
	"_raw_params", "after", "argv", "before", "block", "body", "cmd", "comment", "contains", "content", "env", "headers", "insertafter",
	"insertbefore", "job", "line", "msg", "regexp", "replace", "search_string", "stdin", "validate", "value",
}

// IsContent reports whether every module that has a parameter of that name uses it for what is written only, so that a
// journal that must not hold it can leave it out.
func IsContent(parameter string) bool { return slices.Contains(contents, parameter) }

// Without returns the entry without some of its parameters.
func (e Entry) Without(parameters []string) Entry {
	if len(parameters) == 0 || len(e.Params) == 0 {
		return e
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(e.Params, &all) != nil {
		return e
	}
	for _, name := range parameters {
		delete(all, name)
	}
	if text, err := json.Marshal(all); err == nil {
		e.Params = text
	}
	return e
}
