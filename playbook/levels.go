package playbook

import "sort"

// KeywordsByPlace returns the keywords of plays, roles within a play, blocks, tasks and handlers, each sorted.
func KeywordsByPlace() (play, role, block, task, handler []string) {
	at := func(l level) []string {
		names := keywordNames(l)
		sort.Strings(names)
		return names
	}
	return at(onPlay), at(onRole), at(onBlock), at(onTask), at(onHandler)
}
