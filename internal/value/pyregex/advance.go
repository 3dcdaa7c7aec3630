package pyregex

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// collectAdvancing finds all matches of a pattern that prefers to match nothing: after an empty match Python looks for one
// that is not empty at the same place, before it goes on.
func (r *Regexp) collectAdvancing(re *regexp2.Regexp, text string, limit int) ([]*Match, error) {
	something, err := regexp2.Compile(`\G(?:`+r.plan.net+`)(?!\G)`, regexp2.OptionMaxBacktrackingStackSize(1<<24))
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is wrong: %w", r.pattern, err)
	}
	something.MatchTimeout = TimeLimit
	var out []*Match
	deadline := time.Now().Add(TimeLimit)
	afterEmpty := false
	for at := 0; at <= len(text); {
		engine := re
		if afterEmpty {
			engine = something
		}
		m, err := engine.FindStringMatchStartingAt(text, at)
		switch {
		case err != nil || time.Now().After(deadline):
			return nil, fmt.Errorf("%w: %q", ErrTimeout, r.pattern)
		case m == nil && !afterEmpty:
			return out, nil
		case m == nil:
			_, size := utf8.DecodeRuneInString(text[at:])
			at += max(size, 1)
			afterEmpty = false
			continue
		}
		match := r.fromSlow(text, m)
		out = append(out, match)
		start, end := match.Span(0)
		at, afterEmpty = end, start == end
		if limit > 0 && len(out) >= limit {
			return out, nil
		}
	}
	return out, nil
}
