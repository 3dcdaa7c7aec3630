package main

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/overlay"
)

const pageHead = `# Public projects, run by both

<!-- Written by make projects; do not edit. -->

Roles and projects that people use are run, as they are, through ansible-core 2.14 and through muster: twice each, on a fresh
Debian 12 host each. Compared are the recaps, what became of every task and every item of a loop, and all that
was left on the host's disk: contents, modes and owners of everything that is not as it was before.

` + "```sh not-run: needs checkouts of the projects and root" + `
make projects SRC=/path/to/checkouts COLLECTIONS=/path/to/collections
` + "```" + `

The checkouts lie below SRC under their own names; COLLECTIONS is where ansible_collections of Debian's package ansible lies, for the
modules that ansible-core does not have. A folder of your own: ` + "`go run ./internal/projects -dir FOLDER`" + `.

`

// page is docs/compatibility-projects.md.
func page(results []result) string {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("| project | commit | tasks run | recap of Ansible's first run | paths changed | recaps | tasks | files |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		var sources []string
		for i, s := range r.project.Sources {
			sources = append(sources, fmt.Sprintf("[%s](https://github.com/%s) %s", s.folder(), s.Repo, r.commits[i]))
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %d | %s | %s | %s |\n", r.project.Name, strings.Join(sources, ", "), r.ansible.runs[0].count(),
			r.ansible.runs[0].recap, len(r.ansible.disk), verdict(r.recaps), verdict(r.tasks), verdict(r.files))
	}
	for _, r := range results {
		if r.same() {
			continue
		}
		fmt.Fprintf(&b, "\n## What differs in %s\n\n", r.project.Name)
		for _, list := range [][]string{r.recaps, r.tasks, r.files} {
			for _, d := range list {
				fmt.Fprintf(&b, "- `%s`\n", strings.ReplaceAll(d, "`", "'"))
			}
		}
	}
	b.WriteString("\n## What is not compared\n\nOn every host:\n\n")
	b.WriteString(rules(overlay.Machine()))
	for _, r := range results {
		if len(r.project.Differs) > 0 {
			fmt.Fprintf(&b, "\nIn %s:\n\n%s", r.project.Name, rules(r.project.Differs))
		}
	}
	return b.String()
}

func verdict(differences []string) string {
	if len(differences) == 0 {
		return "same"
	}
	return fmt.Sprintf("%d differ", len(differences))
}

func rules(list overlay.Rules) string {
	var b strings.Builder
	b.WriteString("| path | lines | why |\n|---|---|---|\n")
	for _, r := range list {
		lines := ""
		if r.Lines != "" {
			lines = "`" + strings.ReplaceAll(r.Lines, "|", `\|`) + "`"
		}
		fmt.Fprintf(&b, "| `/%s` | %s | %s |\n", r.Path, lines, r.Why)
	}
	return b.String()
}
