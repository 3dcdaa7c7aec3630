package inventory

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2/v2"

	"github.com/musterhq/muster/internal/diag"
)

// Match returns the hosts that a play's hosts: pattern names, each once. Patterns are separated by commas or colons: a
// host, a group, a glob, ~regex; a leading ! excludes, & intersects; [0], [-1] and [1:3] pick from the matches. A pattern
// that matches nothing is a warning (or what the options say); a malformed one is an error.
func (v *Inventory) Match(pattern string) ([]*Host, diag.List) {
	return v.match(SplitPattern(pattern))
}

// MatchAll does the same for a list of patterns, as hosts: of a play may be one.
func (v *Inventory) MatchAll(patterns []string) ([]*Host, diag.List) {
	var single []string
	for _, p := range patterns {
		single = append(single, SplitPattern(p)...)
	}
	return v.match(single)
}

// MatchLimit keeps those hosts that the limit (--limit) names too. A limit may read patterns from a file: @file.
func (v *Inventory) MatchLimit(hosts []*Host, limit string) ([]*Host, diag.List) {
	patterns, err := v.limitPatterns(limit)
	if err != nil {
		return nil, diag.List{err}
	}
	chosen, found := v.match(patterns)
	in := make(map[*Host]bool, len(chosen))
	for _, h := range chosen {
		in[h] = true
	}
	var kept []*Host
	for _, h := range hosts {
		if in[h] {
			kept = append(kept, h)
		}
	}
	return kept, found
}

func (v *Inventory) limitPatterns(limit string) ([]string, *diag.Diagnostic) {
	var patterns []string
	for _, p := range SplitPattern(limit) {
		name, isFile := strings.CutPrefix(p, "@")
		if !isFile {
			patterns = append(patterns, p)
			continue
		}
		name = absolute(v.options.Dir, name)
		src, err := os.ReadFile(name)
		if isFolder(name) {
			return nil, diag.Errorf(diag.Pos{File: name}, "Limit starting with \"@\" must be a file, not a directory: %s", name)
		}
		if err != nil {
			return nil, diag.Errorf(diag.Pos{File: name}, "the limit file cannot be read: %v", err)
		}
		for line := range strings.SplitSeq(string(src), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				patterns = append(patterns, line)
			}
		}
	}
	return patterns, nil
}

var colonPattern = regexp.MustCompile(`(?:[^\s:\[\]]|\[[^\]]*\])+`)

// SplitPattern splits a text into single patterns: at commas if there are any, else at colons, unless the whole is one
// address or range.
func SplitPattern(pattern string) []string {
	var parts []string
	if strings.Contains(pattern, ",") {
		parts = strings.Split(pattern, ",")
	} else if _, _, ok := SplitAddress(pattern, true); ok {
		parts = []string{pattern}
	} else {
		parts = colonPattern.FindAllString(pattern, -1)
	}
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// matcher evaluates patterns; warnings about the same pattern come once.
type matcher struct {
	v     *Inventory
	found diag.List
	done  map[string][]*Host
}

func (v *Inventory) match(patterns []string) ([]*Host, diag.List) {
	v.mu.RLock()
	m := &matcher{v: v, done: map[string][]*Host{}}
	needsLocal := slices.ContainsFunc(patterns, func(p string) bool { return isLocal(strings.TrimLeft(p, "!&")) })
	if needsLocal && v.localhost == nil {
		v.mu.RUnlock()
		v.mu.Lock()
		defer v.mu.Unlock()
	} else {
		defer v.mu.RUnlock()
	}
	var hosts []*Host
	for _, p := range inOrder(patterns) {
		if h := v.hosts[p]; h != nil {
			hosts = append(hosts, h)
			continue
		}
		matched, err := m.one(strings.TrimLeft(p[:1], "!&") + p[1:])
		if err != nil {
			return nil, append(m.found, err)
		}
		hosts = combine(hosts, matched, p[0])
	}
	return unique(hosts), m.found
}

// inOrder puts exclusions behind intersections behind the others; without others, all hosts are the start.
func inOrder(patterns []string) []string {
	var plain, intersect, exclude []string
	for _, p := range patterns {
		switch {
		case p == "" || p == "!" || p == "&":
		case p[0] == '!':
			exclude = append(exclude, p)
		case p[0] == '&':
			intersect = append(intersect, p)
		default:
			plain = append(plain, p)
		}
	}
	if len(plain) == 0 {
		plain = []string{groupAll}
	}
	return slices.Concat(plain, intersect, exclude)
}

func combine(hosts, matched []*Host, operator byte) []*Host {
	if operator != '!' && operator != '&' {
		return append(hosts, matched...)
	}
	in := make(map[*Host]bool, len(matched))
	for _, h := range matched {
		in[h] = true
	}
	return slices.DeleteFunc(slices.Clone(hosts), func(h *Host) bool { return in[h] == (operator == '!') })
}

func unique(hosts []*Host) []*Host {
	seen := make(map[*Host]bool, len(hosts))
	return slices.DeleteFunc(hosts, func(h *Host) bool {
		was := seen[h]
		seen[h] = true
		return was
	})
}

// one evaluates a pattern without operator.
func (m *matcher) one(pattern string) ([]*Host, *diag.Diagnostic) {
	if hosts, ok := m.done[pattern]; ok {
		return hosts, nil
	}
	expr, pick, err := m.subscript(pattern)
	if err != nil {
		return nil, err
	}
	hosts, err := m.enumerate(expr)
	if err != nil {
		return nil, err
	}
	if pick != nil && len(hosts) > 0 {
		if hosts = pick(hosts); hosts == nil {
			return nil, diag.Errorf(diag.Pos{}, "No hosts matched the subscripted pattern '%s'", pattern)
		}
	}
	m.done[pattern] = hosts
	return hosts, nil
}

var subscripted = regexp.MustCompile(`^(.+)\[(?:(-?[0-9]+)|([0-9]+)([:-])([0-9]*))\]$`)

// subscript splits a trailing [n] or [n:m] off; the function picks the hosts and returns nil when there is none.
func (m *matcher) subscript(pattern string) (string, func([]*Host) []*Host, *diag.Diagnostic) {
	parts := subscripted.FindStringSubmatch(pattern)
	if parts == nil || pattern[0] == '~' {
		return pattern, nil, nil
	}
	if parts[4] == "-" {
		m.found.Add(warning(diag.Pos{}, "Use [x:y] inclusive subscripts instead of [x-y] which has been removed"))
	}
	numbers := make([]int, 6)
	for _, i := range []int{2, 3, 5} {
		n, err := strconv.Atoi(parts[i])
		if parts[i] != "" && err != nil {
			return "", nil, diag.Errorf(diag.Pos{}, "the subscript of pattern '%s' is too large", pattern)
		}
		numbers[i] = n
	}
	single, first, last := numbers[2], numbers[3], numbers[5]
	if parts[2] != "" {
		return parts[1], func(hosts []*Host) []*Host { return pickOne(hosts, single) }, nil
	}
	if parts[5] == "" {
		return parts[1], func(hosts []*Host) []*Host { return pickRange(hosts, first, len(hosts)-1) }, nil
	}
	if last == 0 {
		return parts[1], func(hosts []*Host) []*Host { return pickOne(hosts, first) }, nil
	}
	return parts[1], func(hosts []*Host) []*Host { return pickRange(hosts, first, last) }, nil
}

// pickOne returns the host at an index; negative ones count from the end.
func pickOne(hosts []*Host, i int) []*Host {
	if i < 0 {
		i += len(hosts)
	}
	if i < 0 || i >= len(hosts) {
		return nil
	}
	return []*Host{hosts[i]}
}

// pickRange returns the hosts from first to last, both included, as far as there are any.
func pickRange(hosts []*Host, first, last int) []*Host {
	if first >= len(hosts) || last < first {
		return []*Host{}
	}
	return slices.Clone(hosts[first:min(last+1, len(hosts))])
}

// enumerate returns the hosts of the groups that match, and, for patterns that may mean hosts, the hosts that match. A host
// that is found more than once stands there as often, which is how subscripts count, as in Ansible.
func (m *matcher) enumerate(pattern string) ([]*Host, *diag.Diagnostic) {
	fits, err := compilePattern(pattern)
	if err != nil {
		return nil, diag.Errorf(diag.Pos{}, "Invalid host list pattern: %s: %v", pattern, err)
	}
	v := m.v
	var hosts []*Host
	anyGroup := false
	for _, g := range v.groupOrder {
		if fits(g.Name) {
			anyGroup = true
			hosts = append(hosts, v.hostsOf(g)...)
		}
	}
	if !anyGroup || pattern[0] == '~' || strings.ContainsAny(pattern, ".?*[") {
		for _, h := range v.hostOrder {
			if fits(h.Name) {
				hosts = append(hosts, h)
			}
		}
	}
	if len(hosts) == 0 && isLocal(pattern) {
		return []*Host{v.implicitLocalhost(pattern)}, nil
	}
	if len(hosts) == 0 && !anyGroup && pattern != groupAll {
		return nil, m.mismatch(pattern)
	}
	return hosts, nil
}

// mismatch tells that a pattern matches nothing, as the options want it.
func (m *matcher) mismatch(pattern string) *diag.Diagnostic {
	d := warning(diag.Pos{}, "Could not match supplied host pattern, ignoring: %s", pattern)
	names := make([]string, 0, len(m.v.groupOrder))
	for _, g := range m.v.groupOrder {
		names = append(names, g.Name)
	}
	if len(m.v.hostOrder) <= 1000 {
		for _, h := range m.v.hostOrder {
			names = append(names, h.Name)
		}
	}
	if s := diag.Suggest(pattern, names); s != "" {
		d.Hint = "did you mean " + s + "?"
	}
	switch m.v.options.PatternMismatch {
	case "error":
		d.Severity = diag.Error
		return d
	case "ignore":
	default:
		m.found.Add(d)
	}
	return nil
}

// compilePattern returns a test for names: exact, a glob, or a regular expression after ~ that must fit the beginning.
func compilePattern(pattern string) (func(string) bool, error) {
	if expr, isRegex := strings.CutPrefix(pattern, "~"); isRegex {
		return compileRegex(expr)
	}
	if !strings.ContainsAny(pattern, "*?[") {
		return func(name string) bool { return name == pattern }, nil
	}
	re, err := regexp.Compile(globRegex(pattern))
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

func compileRegex(expr string) (func(string) bool, error) {
	if re, err := regexp.Compile(`^(?:` + expr + `)`); err == nil {
		return re.MatchString, nil
	}
	re, err := regexp2.Compile(`\A(?:` + expr + `)`)
	if err != nil {
		return nil, fmt.Errorf("the regular expression is malformed: %w", err)
	}
	re.MatchTimeout = regexTimeout
	return func(name string) bool {
		ok, err := re.MatchString(name)
		return err == nil && ok
	}, nil
}
