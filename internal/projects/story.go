package main

import (
	"regexp"
	"slices"
	"strings"
)

// story is what a run's output says that must be the same: the recap of the host, and every task with what became of it.
type story struct {
	recap string
	tasks []string // "TASK [role : name]: ok, changed"
}

var (
	header = regexp.MustCompile(`^((?:PLAY|TASK|RUNNING HANDLER) \[.*\]|PLAY RECAP) \*+$`)
	status = regexp.MustCompile(`^(?:(ok|changed|skipping|failed|fatal|rescued|included|unreachable)): (?:\[|/)|^\.\.\.(ignoring)$`)
	counts = regexp.MustCompile(`^\S+\s+: (ok=.*?)\s*$`)
)

// readStory reads the output that both programs print in the same form.
func readStory(out string) story {
	var s story
	var now []string
	end := func() {
		if len(now) > 1 {
			s.tasks = append(s.tasks, now[0]+": "+strings.Join(now[1:], ", "))
		}
		now = nil
	}
	for line := range strings.SplitSeq(out, "\n") {
		if m := header.FindStringSubmatch(line); m != nil {
			end()
			now = []string{m[1]}
			continue
		}
		if m := counts.FindStringSubmatch(line); m != nil {
			s.recap = strings.Join(strings.Fields(m[1]), " ")
			continue
		}
		if m := status.FindStringSubmatch(line); m != nil && now != nil {
			now = append(now, m[1]+m[2])
		}
	}
	end()
	return s
}

// count is how many tasks were run, skipped ones left out.
func (s story) count() int {
	n := 0
	for _, t := range s.tasks {
		if _, what, _ := strings.Cut(t, "]: "); strings.Trim(strings.ReplaceAll(what, "skipping", ""), ", ") != "" {
			n++
		}
	}
	return n
}

// differences names the tasks of two stories that did not go the same way, at most ten.
func differences(ours, theirs story) []string {
	var out []string
	a, b := ours.tasks, theirs.tasks
	for len(a) > 0 || len(b) > 0 {
		if len(out) == 10 {
			return append(out, "…")
		}
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			a, b = a[1:], b[1:]
		case len(b) == 0 || len(a) > 0 && !slices.Contains(b, a[0]) && name(a[0]) != name(b[0]):
			out, a = append(out, "only muster: "+a[0]), a[1:]
		case len(a) == 0 || name(a[0]) != name(b[0]):
			out, b = append(out, "only Ansible: "+b[0]), b[1:]
		default:
			out = append(out, "muster: "+a[0]+"; Ansible: "+b[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

func name(task string) string {
	n, _, _ := strings.Cut(task, "]: ")
	return n
}
