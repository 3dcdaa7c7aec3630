package tui

import (
	"slices"
	"strings"
)

// Grouping says how a board orders its hosts.
type Grouping int

// The groupings, in the order in which a key goes through them.
const (
	ByStatus Grouping = iota
	ByGroup
	ByNothing
	groupings
)

// String are the words for a grouping.
func (g Grouping) String() string {
	return [...]string{"by status", "by inventory group", "not grouped"}[g]
}

// Row is a line of the board: a heading, a host, or several hosts that are alike.
type Row struct {
	Heading string // then Hosts are all below it
	Hosts   []*Host
}

// Layout says which hosts a board shows and how.
type Layout struct {
	Grouping Grouping
	Fold     bool
	Filter   string          // words that all must be in a host's name, groups or status
	Only     map[string]bool // nil is all
}

// Rows lays out hosts. Hosts that stand alike in every task and in their section become one row when Fold is set.
func Rows(hosts []*Host, l Layout) []Row {
	words := strings.Fields(strings.ToLower(l.Filter))
	var shown []*Host
	for _, h := range hosts {
		if (l.Only == nil || l.Only[h.Name]) && matches(h, words) {
			shown = append(shown, h)
		}
	}
	if l.Grouping == ByNothing {
		return folded(nil, shown, l.Fold)
	}
	sizes := groupSizes(hosts)
	sections := map[string][]*Host{}
	var order []string
	for _, h := range shown {
		key := l.section(h, sizes)
		if sections[key] == nil {
			order = append(order, key)
		}
		sections[key] = append(sections[key], h)
	}
	if l.Grouping == ByStatus {
		slices.SortStableFunc(order, func(a, b string) int { return int(sections[a][0].State()) - int(sections[b][0].State()) })
	}
	var rows []Row
	for _, key := range order {
		rows = append(rows, Row{Heading: key, Hosts: sections[key]})
		rows = folded(rows, sections[key], l.Fold)
	}
	return rows
}

// groupSizes counts the hosts of groups.
func groupSizes(hosts []*Host) map[string]int {
	sizes := map[string]int{}
	for _, h := range hosts {
		for _, g := range h.Groups {
			sizes[g]++
		}
	}
	return sizes
}

// section is the heading that a host stands under: how it stands, or the smallest of its groups.
func (l Layout) section(h *Host, sizes map[string]int) string {
	if l.Grouping == ByStatus {
		return h.standing()
	}
	found := "ungrouped"
	for _, g := range h.Groups {
		if g != "all" && (found == "ungrouped" || sizes[g] < sizes[found]) {
			found = g
		}
	}
	return found
}

// standing is a host's status in words; one that runs its first task waits no longer.
func (h *Host) standing() string {
	if h.State() == Waiting && h.Running >= 0 {
		return "running"
	}
	return h.State().String()
}

// alike is equal for hosts that one row may show.
type alike struct {
	sum     uint64
	state   Status
	running int
}

func folded(rows []Row, hosts []*Host, fold bool) []Row {
	if !fold {
		for _, h := range hosts {
			rows = append(rows, Row{Hosts: []*Host{h}})
		}
		return rows
	}
	at := map[alike]int{}
	for _, h := range hosts {
		key := alike{h.sum, h.State(), h.Running}
		i, ok := at[key]
		if !ok {
			i = len(rows)
			at[key] = i
			rows = append(rows, Row{})
		}
		rows[i].Hosts = append(rows[i].Hosts, h)
	}
	return rows
}

func matches(h *Host, words []string) bool {
	for _, w := range words {
		if !hasWord(h, w) {
			return false
		}
	}
	return true
}

func hasWord(h *Host, w string) bool {
	if strings.Contains(strings.ToLower(h.Name), w) || strings.HasPrefix(h.State().String(), w) {
		return true
	}
	if h.Running >= 0 && w == "running" {
		return true
	}
	return slices.ContainsFunc(h.Groups, func(g string) bool { return strings.Contains(strings.ToLower(g), w) })
}

// Tally counts the hosts by status, and those on which a task runs.
func (s *State) Tally() (by [statuses]int, running int) {
	for _, h := range s.Hosts {
		if h.Running >= 0 {
			running++
		}
		if h.standing() != "running" {
			by[h.State()]++
		}
	}
	return by, running
}
