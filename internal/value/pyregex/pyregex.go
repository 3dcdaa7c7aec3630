// Package pyregex runs regular expressions written for Python's re module on text.
//
// A pattern that Go's engine can express runs on it, in linear time. Others (lookaround, backreferences, conditionals)
// run on a backtracking engine with a time limit.
package pyregex

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Flags change how a pattern matches.
type Flags struct {
	IgnoreCase bool
	Multiline  bool // ^ and $ match at line ends
	DotAll     bool // . matches a line end
	Verbose    bool // blanks and comments in the pattern are ignored
	ASCII      bool // \d, \s and \w know only the characters of ASCII
}

// TimeLimit is how long one match may take before it fails.
const TimeLimit = 10 * time.Second

// ErrTimeout is a match that took too long.
var ErrTimeout = errors.New("the regular expression took too long on this text")

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern string
	groups  int
	names   map[string]int
	plan    *translation

	fast     *regexp.Regexp // for ASCII texts; nil when Go's engine cannot run the pattern
	minimum  int            // the least length of a match, in characters
	wideOnce sync.Once
	wide     *regexp.Regexp // for other texts
	slowOnce sync.Once
	slow     *regexp2.Regexp
	slowErr  error

	start, whole anchored
}

// Compile reads a pattern. The error is worded as Python's re.error.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	plan, err := translate(pattern, flags)
	if err != nil {
		return nil, err
	}
	return compile(pattern, plan)
}

// unicode returns the pattern with Python's classes, which know all scripts. They make it large, so it is compiled only
// when a text needs it.
func (r *Regexp) unicode() *regexp.Regexp {
	r.wideOnce.Do(func() { r.wide, _ = regexp.Compile(r.plan.re2) })
	return r.wide
}

func compile(pattern string, plan *translation) (*Regexp, error) {
	r := &Regexp{pattern: pattern, groups: plan.groups, names: plan.names, plan: plan}
	if !plan.backtracking {
		if tree, err := syntax.Parse(plan.ascii, syntax.Perl); err == nil {
			if fast, err := regexp.Compile(plan.ascii); err == nil {
				r.fast, r.minimum = fast, minimumLength(tree)
			}
		}
	}
	if r.fast == nil {
		if _, err := r.backtracker(); err != nil {
			return nil, fmt.Errorf("the pattern %q is wrong: %w", pattern, err)
		}
	}
	return r, nil
}

func (r *Regexp) backtracker() (*regexp2.Regexp, error) {
	r.slowOnce.Do(func() {
		r.slow, r.slowErr = regexp2.Compile(r.plan.net, regexp2.OptionMaxBacktrackingStackSize(1<<24))
		if r.slowErr == nil {
			r.slow.MatchTimeout = TimeLimit
		}
	})
	return r.slow, r.slowErr
}

// Groups is the number of groups of the pattern.
func (r *Regexp) Groups() int { return r.groups }

// GroupIndex returns the number of a named group.
func (r *Regexp) GroupIndex(name string) (int, bool) {
	i, ok := r.names[name]
	return i, ok
}

// GroupNames returns the names of the groups that have one, with their numbers.
func (r *Regexp) GroupNames() map[string]int { return r.names }

// Match is one match: the byte positions of the groups in the text, -1 where a group took no part.
type Match struct {
	text string
	span []int
}

// Span returns the byte positions of a group.
func (m *Match) Span(group int) (start, end int) { return m.span[2*group], m.span[2*group+1] }

// Group returns the text of a group, and false when it took no part in the match.
func (m *Match) Group(group int) (string, bool) {
	start, end := m.Span(group)
	if start < 0 {
		return "", false
	}
	return m.text[start:end], true
}

// engine returns the pattern for Go's engine, when that gives the answer that Python gives for this text; else nil.
func (r *Regexp) engine(text string) *regexp.Regexp {
	switch {
	case r.fast == nil || r.plan.dollar && strings.HasSuffix(text, "\n"):
		return nil
	case isASCII(text):
		return r.fast
	case r.plan.boundary:
		return nil
	}
	return r.unicode()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Search finds the first match anywhere in the text; nil when there is none.
func (r *Regexp) Search(text string) (*Match, error) {
	if re := r.engine(text); re != nil {
		if span := re.FindStringSubmatchIndex(text); span != nil {
			return &Match{text, span}, nil
		}
		return nil, nil
	}
	all, err := r.collect(text, 1)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// FindAll returns the matches that do not overlap, at most limit of them when it is positive.
func (r *Regexp) FindAll(text string, limit int) ([]*Match, error) {
	re := r.engine(text)
	if re == nil || r.minimum == 0 {
		return r.collect(text, limit)
	}
	if limit <= 0 {
		limit = -1
	}
	var out []*Match
	for _, span := range re.FindAllStringSubmatchIndex(text, limit) {
		out = append(out, &Match{text, span})
	}
	return out, nil
}

func (r *Regexp) collect(text string, limit int) ([]*Match, error) {
	re, err := r.backtracker()
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is wrong: %w", r.pattern, err)
	}
	if r.plan.prefersEmpty && limit != 1 {
		return r.collectAdvancing(re, text, limit)
	}
	var out []*Match
	deadline := time.Now().Add(TimeLimit)
	m, err := re.FindStringMatch(text)
	for ; m != nil && err == nil; m, err = re.FindNextMatch(m) {
		out = append(out, r.fromSlow(text, m))
		if limit > 0 && len(out) >= limit {
			break
		}
		if time.Now().After(deadline) {
			return nil, ErrTimeout
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrTimeout, r.pattern)
	}
	return out, nil
}

func (r *Regexp) fromSlow(text string, m *regexp2.Match) *Match {
	span := make([]int, 2*(r.groups+1))
	for i := range r.groups + 1 {
		span[2*i], span[2*i+1] = -1, -1
		g := m.GroupByNumber(i)
		if i > 0 {
			g = m.GroupByName(r.plan.slowName(i))
		}
		if g == nil || i > 0 && len(g.Captures) == 0 {
			continue
		}
		start, length := g.ByteRange()
		span[2*i], span[2*i+1] = start, start+length
	}
	return &Match{text, span}
}

// Escape puts a backslash before every character that means something in a pattern, as Python's re.escape does.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// minimumLength is a lower bound for the length of a match.
func minimumLength(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return minimumLength(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * minimumLength(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, sub := range re.Sub {
			sum += minimumLength(sub)
		}
		return sum
	case syntax.OpAlternate:
		least := minimumLength(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			least = min(least, minimumLength(sub))
		}
		return least
	}
	return 0
}
