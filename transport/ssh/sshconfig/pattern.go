package sshconfig

import "strings"

// Match reports whether text fits a pattern of * and ?; letters compare exactly.
func Match(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// MatchList reports whether text fits one of the patterns and none of the negated ones (those with a leading !).
func MatchList(patterns []string, text string) bool {
	matched := false
	for _, p := range patterns {
		negated := strings.HasPrefix(p, "!")
		if !Match(strings.TrimPrefix(p, "!"), text) {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}
