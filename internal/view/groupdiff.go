package view

import (
	"fmt"
	"strings"
)

// diffGroup is a difference that several hosts have alike.
type diffGroup struct {
	text  string
	hosts []string
}

// groupDiff keeps a difference until its task is over.
func (t *Text) groupDiff(host, text string) {
	for _, g := range t.diffGroups {
		if g.text == text {
			if g.hosts[len(g.hosts)-1] != host {
				g.hosts = append(g.hosts, host)
			}
			return
		}
	}
	t.diffGroups = append(t.diffGroups, &diffGroup{text, []string{host}})
}

// flushDiffs writes the differences of the task that is over, each once with the hosts that have it.
func (t *Text) flushDiffs() {
	groups := t.diffGroups
	t.diffGroups = nil
	for _, g := range groups {
		title := fmt.Sprintf("on %d hosts: %s", len(g.hosts), strings.Join(g.hosts, ", "))
		if len(g.hosts) == 1 {
			title = "on " + g.hosts[0]
		}
		t.line(colorDiffLines, "diff "+title)
		t.line("", g.text)
	}
}
