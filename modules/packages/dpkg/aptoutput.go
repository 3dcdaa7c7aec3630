package dpkg

import (
	"path"
	"regexp"
	"strings"
)

// Step is one package's part in a transaction of apt-get.
type Step struct {
	Name  string // as apt calls it
	From  string // the version before; "" where it was not installed
	To    string // the version after; "" where it is removed
	Purge bool
}

// ParseSimulation reads the steps that `apt-get --simulate` prints.
func ParseSimulation(out string) []Step {
	install := regexp.MustCompile(`^Inst (\S+) (?:\[([^\]]*)\] )?\((\S+)`)
	remove := regexp.MustCompile(`^(Remv|Purg) (\S+)(?: \[([^\]]*)\])?`)
	var steps []Step
	for _, line := range strings.Split(out, "\n") {
		if m := install.FindStringSubmatch(line); m != nil {
			steps = append(steps, Step{Name: m[1], From: m[2], To: m[3]})
		} else if m := remove.FindStringSubmatch(line); m != nil {
			steps = append(steps, Step{Name: m[2], From: m[3], Purge: m[1] == "Purg"})
		}
	}
	return steps
}

// Policy is what `apt-cache policy` says of a package.
type Policy struct {
	Installed string
	Candidate string // "" where there is none
	Versions  []string
}

// ParsePolicy reads the output of `apt-cache policy NAME...`. Names unknown to apt are missing from the answer.
func ParsePolicy(out string) map[string]Policy {
	all := map[string]Policy{}
	var name string
	var p Policy
	flush := func() {
		if name != "" {
			all[name] = p
		}
	}
	for _, line := range strings.Split(out, "\n") {
		switch {
		case line == "":
		case line[0] != ' ' && strings.HasSuffix(line, ":"):
			flush()
			name, p = strings.TrimSuffix(line, ":"), Policy{}
		case strings.HasPrefix(line, "  Installed:"):
			p.Installed = noneIsEmpty(line)
		case strings.HasPrefix(line, "  Candidate:"):
			p.Candidate = noneIsEmpty(line)
		case len(line) > 5 && (strings.HasPrefix(line, " *** ") || strings.HasPrefix(line, "     ") && line[5] != ' '):
			if f := strings.Fields(line[5:]); len(f) > 0 {
				p.Versions = append(p.Versions, f[0])
			}
		}
	}
	flush()
	return all
}

func noneIsEmpty(line string) string {
	_, v, _ := strings.Cut(line, ":")
	if v = strings.TrimSpace(v); v == "(none)" {
		return ""
	}
	return v
}

// Match reports whether a text fits a shell pattern, as Python's fnmatch reads it.
func Match(pattern, s string) bool {
	ok, err := path.Match(strings.ReplaceAll(strings.ReplaceAll(pattern, "[!", "[^"), "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
	return err == nil && ok
}

// Best returns the version that apt would choose under a specification such as "=1.2*" or ">=1.2": among those that
// fit the newest one; the candidate where no version is asked for. It is "" where nothing fits.
func (p Policy) Best(operator, version string) string {
	switch operator {
	case "=":
		best := ""
		for _, v := range p.Versions {
			if Match(version, v) && (best == "" || CompareVersions(v, best) > 0) {
				best = v
			}
		}
		return best
	default:
		return p.Candidate
	}
}
