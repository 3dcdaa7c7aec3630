package facts

import (
	"fmt"
	"slices"
	"strings"
)

type set map[string]bool

func (s set) add(names ...string) {
	for _, n := range names {
		s[n] = true
	}
}

// choose resolves gather_subset. It starts from min, takes every addition, then every `!exclusion`; what is named
// without `!` stays in spite of an exclusion that covers it. Excluding a collector excludes its facts' names too,
// excluding an unknown name is no error. What a chosen collector needs comes along.
func choose(all []collector, subsets []string) ([]collector, error) {
	if len(subsets) == 0 {
		subsets = []string{"all"}
	}
	known, smallest := names(all)
	wanted, excluded, explicit := set{}, set{}, set{}
	for name := range smallest {
		wanted.add(name)
	}
	for _, subset := range subsets {
		name, negated := strings.CutPrefix(subset, "!")
		switch {
		case negated:
			exclude(excluded, all, known, smallest, name)
		case name == "min":
		case name == "all":
			for n := range known {
				wanted.add(n)
			}
		case !known[name]:
			return nil, badSubset(name, known)
		default:
			explicit.add(name)
			wanted.add(name)
		}
	}
	for name := range excluded {
		if !explicit[name] {
			delete(wanted, name)
		}
	}
	return withNeeds(all, wanted), nil
}

func names(all []collector) (known, smallest set) {
	known, smallest = set{}, set{}
	for _, c := range all {
		known.add(c.name)
		known.add(c.ids...)
		if c.min {
			smallest.add(c.name)
		}
	}
	return known, smallest
}

func exclude(excluded set, all []collector, known, smallest set, name string) {
	switch name {
	case "min":
		for n := range smallest {
			excluded.add(n)
		}
	case "all":
		for n := range known {
			if !smallest[n] {
				excluded.add(n)
			}
		}
	default:
		excluded.add(name)
		for _, c := range all {
			if c.name == name {
				excluded.add(c.ids...)
			}
		}
	}
}

func withNeeds(all []collector, wanted set) []collector {
	for _, c := range all {
		if c.selected(wanted) {
			wanted.add(c.needs...)
		}
	}
	var chosen []collector
	for _, c := range all {
		if c.selected(wanted) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

func (c collector) selected(wanted set) bool {
	return wanted[c.name] || slices.ContainsFunc(c.ids, func(id string) bool { return wanted[id] })
}

func badSubset(name string, known set) error {
	var list []string
	for n := range known {
		list = append(list, n)
	}
	slices.Sort(list)
	return fmt.Errorf("Bad subset '%s' given to Ansible. gather_subset options allowed: all, %s", //nolint:staticcheck // the words users know
		name, strings.Join(list, ", "))
}
