package executor

import "github.com/musterhq/muster/internal/value"

// subjects are the arguments that say what a module works on, the most telling first.
var subjects = []string{"path", "dest", "destfile", "name", "pkg", "key", "host", "backend", "cmd", "_raw_params", "src"}

// subject says what a task's arguments are about, in a few words; "" when they do not tell.
func subject(args *value.Dict) string {
	for _, k := range subjects {
		v, ok := args.Get(k)
		if !ok || v == nil {
			continue
		}
		text := value.Str(v)
		if l, isList := v.(*value.List); isList {
			text = ""
			for i, item := range l.Items {
				if i > 0 {
					text += ", "
				}
				text += value.Str(item)
			}
		}
		return shortened(text, 60)
	}
	return ""
}

// shortened cuts text to a number of characters on one line.
func shortened(s string, limit int) string {
	for i, r := range s {
		if r == '\n' || i >= limit {
			return s[:i] + "…"
		}
	}
	return s
}
