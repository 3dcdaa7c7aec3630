package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/overlay"
)

// result compares what both programs made of a project.
type result struct {
	project         project
	commits         []string // of the project's sources
	ansible, muster outcome
	recaps          []string // what differs, one text each
	tasks           []string
	files           []string
}

func (r *result) compare() {
	for i, which := range []string{"first", "second"} {
		ours, theirs := r.muster.runs[i], r.ansible.runs[i]
		if ours.recap != theirs.recap {
			r.recaps = append(r.recaps, fmt.Sprintf("%s run: muster %s; Ansible %s", which, ours.recap, theirs.recap))
		}
		for _, d := range differences(ours, theirs) {
			r.tasks = append(r.tasks, which+" run: "+d)
		}
	}
	r.compareCheck()
	r.files = overlay.Compare(r.muster.disk, r.ansible.disk, "muster", "Ansible")
}

// compareCheck compares the runs in check mode, when there were any.
func (r *result) compareCheck() {
	ours, theirs := r.muster.check, r.ansible.check
	if ours.recap != theirs.recap {
		r.recaps = append(r.recaps, fmt.Sprintf("check: muster %s; Ansible %s", ours.recap, theirs.recap))
	}
	for _, d := range differences(ours, theirs) {
		r.tasks = append(r.tasks, "check: "+d)
	}
}

func (r *result) same() bool { return len(r.recaps)+len(r.tasks)+len(r.files) == 0 }

// print writes the differences, or that there are none.
func (r *result) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %d tasks, %d paths changed: %d recaps, %d tasks, %d paths differ\n", r.project.Name,
		r.ansible.runs[0].count(), len(r.ansible.disk), len(r.recaps), len(r.tasks), len(r.files))
	for _, list := range [][]string{r.recaps, r.tasks, r.files} {
		for _, d := range list {
			fmt.Fprintf(out, "  %s\n", strings.TrimSpace(d))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(r.muster.left)) {
		fmt.Fprintf(out, "  left after the rollback: /%s %s\n", path, r.muster.left[path].Kind)
	}
}
