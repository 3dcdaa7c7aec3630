package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var releaseVersion = regexp.MustCompile(`(?m)^__version__ = '([^']*)'`)

// languageAreas are what playbooks are made of; module is the rest.
var languageAreas = []string{"lang", "filter/test", "lookup", "inventory", "conn"}

// compatibility is the page docs/compatibility.md: what passes, and every target that does not, with the reason. It holds
// nothing that differs from run to run.
func compatibility(src string, results []result) ([]byte, error) {
	release, err := os.ReadFile(filepath.Join(src, "lib", "ansible", "release.py"))
	if err != nil {
		return nil, err
	}
	version := "an unknown version"
	if m := releaseVersion.FindSubmatch(release); m != nil {
		version = string(m[1])
	}
	var b strings.Builder
	fmt.Fprintf(&b, compatibilityHead, version, len(results), unmeasured(results))
	b.WriteString(summary(results))
	for _, section := range []struct{ title, verdict string }{
		{"Targets that pass", passed}, {"Targets that pass in part", partly}, {"Targets that fail", failed},
		{"Targets that are out of scope", notScope}, {"Targets that cannot be run", notRun},
	} {
		b.WriteString(listing(section.title, section.verdict, results))
	}
	b.WriteString(compatibilityTail)
	return []byte(b.String()), nil
}

const compatibilityHead = `# Compatibility with Ansible

<!-- Written by make conformance; do not edit. -->

muster speaks the language of ansible-core 2.14. Ansible's own integration targets, from the sources of ansible-core %s, are
run against it on a throw-away Debian 12 host:

` + "```sh not-run: needs the sources of Ansible" + `
make conformance SRC=/path/to/ansible
` + "```" + `

A target is a role or a script with many tasks and assertions, and it passes only as a whole. Where single tasks or commands
of a target need something that muster does not have by design, they are left out, and the target passes in part; the list
of what is left out is internal/conformance/parts.txt. There are %d targets here. Those of Ansible's that are not here test
plugins and interfaces in Python, Windows or other programs of Ansible, or do not pass yet. For %d targets it was not measured
what Ansible itself does with them on such a host; its column leaves them out.

`

const compatibilityTail = `
## Where muster differs on purpose

- Modules and plugins written in Python are not run: a task that needs one fails and names the file.
- Hosts that cannot be reached count as failed for ` + "`max_fail_percentage` and `any_errors_fatal`" + `, under every strategy.
- The connections are ssh and local; sudo, su and doas become other users.
- A host cannot set the variables that decide where and as whom muster works by returning them as facts.
- Mistakes in playbooks are all reported before any host is contacted.
`

// unmeasured counts the targets of which nobody knows what Ansible does with them on such a host.
func unmeasured(results []result) int {
	n := 0
	for _, r := range results {
		if r.target.reference == "not measured" {
			n++
		}
	}
	return n
}

// summary counts verdicts by area.
func summary(results []result) string {
	var b strings.Builder
	b.WriteString("| area | targets | Ansible passes | muster passes | in part | fails | out of scope | not run |\n|---|---|---|---|---|---|---|---|\n")
	language := map[string]bool{}
	for _, a := range languageAreas {
		language[a] = true
		b.WriteString(summaryRow(a, results, func(t target) bool { return t.area == a }))
	}
	b.WriteString(summaryRow("**the language**", results, func(t target) bool { return language[t.area] }))
	b.WriteString(summaryRow("module", results, func(t target) bool { return t.area == "module" }))
	return b.String()
}

func summaryRow(name string, results []result, of func(target) bool) string {
	all, reference := 0, 0
	count := map[string]int{}
	for _, r := range results {
		if !of(r.target) {
			continue
		}
		all++
		count[r.verdict]++
		if strings.HasPrefix(r.target.reference, "pass") {
			reference++
		}
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %d |\n", name, all, reference, count[passed], count[partly], count[failed], count[notScope], count[notRun])
}

// listing is the section of one verdict: names, and the reasons where there are some.
func listing(title, verdict string, results []result) string {
	var names, rows []string
	for _, r := range results {
		if r.verdict != verdict {
			continue
		}
		names = append(names, r.target.name)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", r.target.name, r.target.area, withoutDetails(r.target.reference), strings.ReplaceAll(stableReason(r), "|", `\|`)))
	}
	if len(names) == 0 {
		return ""
	}
	text := fmt.Sprintf("\n## %s\n\n", title)
	if verdict == passed {
		return text + strings.Join(names, ", ") + ".\n"
	}
	return text + "| target | area | Ansible | why |\n|---|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
}

// withoutDetails is a reference without its times and counts.
func withoutDetails(reference string) string {
	short, _, _ := strings.Cut(reference, " (")
	return short
}

// stableReason is the reason of a verdict, as the lists give it where they do.
func stableReason(r result) string {
	switch r.verdict {
	case partly:
		return strings.TrimPrefix(r.why, "left out: ")
	case notScope, notRun:
		if r.target.outOfScope != "" {
			return r.target.outOfScope
		}
	}
	return r.why
}
