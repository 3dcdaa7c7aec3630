package facts

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// filter keeps the facts whose name matches a pattern, with or without the prefix ansible_. No patterns keep all.
func filter(facts map[string]any, patterns []string) map[string]any {
	if len(patterns) == 0 {
		return facts
	}
	kept := map[string]any{}
	for _, pattern := range patterns {
		match := globMatcher(pattern)
		bare := !strings.HasPrefix(pattern, "ansible_") && !strings.HasPrefix(pattern, "facter") && !strings.HasPrefix(pattern, "ohai")
		for name, fact := range facts {
			if pattern == "" || match(name) {
				kept[name] = fact
			} else if rest, ok := strings.CutPrefix(name, "ansible_"); ok && bare && match(rest) {
				kept[name] = fact
			}
		}
	}
	return kept
}

// globMatcher compiles a shell pattern of *, ?, [set] and [!set]; there is no way to quote them.
func globMatcher(pattern string) func(string) bool {
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for rest := pattern; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		literal := rest[:size]
		rest = rest[size:]
		end := -1
		if c == '[' {
			end = setEnd(rest)
		}
		switch {
		case c == '*':
			re.WriteString(`.*`)
		case c == '?':
			re.WriteString(`.`)
		case end >= 0:
			re.WriteString(setPattern(rest[:end]))
			rest = rest[end+1:]
		default:
			re.WriteString(regexp.QuoteMeta(literal))
		}
	}
	re.WriteString(`\z`)
	compiled, err := regexp.Compile(re.String())
	if err != nil { // a set such as [z-a] matches nothing
		return func(string) bool { return false }
	}
	return compiled.MatchString
}

// setEnd returns the place of the bracket that closes a set; one that comes first belongs to the set.
func setEnd(rest string) int {
	skip := 0
	if strings.HasPrefix(rest, "!") {
		skip = 1
	}
	if strings.HasPrefix(rest[skip:], "]") {
		skip++
	}
	end := strings.IndexByte(rest[skip:], ']')
	if end < 0 {
		return -1
	}
	return end + skip
}

func setPattern(members string) string {
	members = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `&`, `\&`).Replace(members)
	if rest, ok := strings.CutPrefix(members, "!"); ok {
		return "[^" + rest + "]"
	}
	return "[" + members + "]"
}
