package differential

import "regexp"

// pieces are the parts of a text that are left out one after another.
var pieces = regexp.MustCompile(`\{%[-+]?|[-+]?%\}\n?|\{\{-?|-?\}\}|'(?:[^'\\]|\\.)*'|"[^"]*"|[\w.]+|\s+|\W`)

// shape is what a message says without the names and the text in it, so that minimising keeps the kind of difference.
func shape(msg string) string {
	msg = quotedOrDigits.ReplaceAllString(msg, "")
	return msg[max(0, len(msg)-30):]
}

var quotedOrDigits = regexp.MustCompile(`'[^']*'|"[^"]*"|\d+|\W`)

// maxAttempts bounds the work on one case.
const maxAttempts = 600

// minimise makes a question as small as it gets while it still differs in the same way.
func minimise(q question, differs func(question) bool) question {
	parts, attempts := pieces.FindAllString(q.Src, -1), 0
	join := func(parts []string) question {
		n := 0
		for _, p := range parts {
			n += len(p)
		}
		b := make([]byte, 0, n)
		for _, p := range parts {
			b = append(b, p...)
		}
		return question{q.Kind, string(b)}
	}
	for size := len(parts) / 2; size >= 1; size /= 2 {
		for removed := true; removed; {
			removed = false
			for i := 0; i+size <= len(parts) && attempts < maxAttempts; {
				without := append(append([]string{}, parts[:i]...), parts[i+size:]...)
				attempts++
				if len(without) > 0 && differs(join(without)) {
					parts, removed = without, true
					continue
				}
				i++
			}
		}
	}
	return join(parts)
}
