package facts

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestChoose(t *testing.T) {
	all := collectors()
	var every, least []string
	for _, c := range all {
		every = append(every, c.name)
		if c.min {
			least = append(least, c.name)
		}
	}
	without := func(list []string, names ...string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return slices.Contains(names, n) })
	}
	tests := []struct {
		subsets []string
		want    []string
	}{
		{nil, every},
		{[]string{"all"}, every},
		{[]string{"min"}, least},
		{[]string{"!all"}, least},
		{[]string{"!all", "!min"}, nil},
		{[]string{"!hardware"}, least}, // as Ansible: an exclusion alone starts from min
		{[]string{"all", "!hardware"}, without(every, "hardware")},
		{[]string{"all", "!hardware", "!network", "!virtual", "!ohai", "!facter"}, without(every, "hardware", "network", "virtual", "ohai", "facter")},
		{[]string{"all", "!devices"}, every},
		{[]string{"all", "!nonsense"}, every},
		{[]string{"!all", "!min", "env"}, []string{"env"}},
		{[]string{"!all", "!min", "mounts"}, []string{"platform", "hardware"}},
		{[]string{"!all", "!min", "interfaces"}, []string{"platform", "distribution", "network"}},
		{[]string{"!all", "!min", "pkg_mgr"}, []string{"distribution", "pkg_mgr"}},
		{[]string{"!all", "!min", "processor", "!hardware"}, []string{"platform", "hardware"}},
		{[]string{"!all", "!min", "ohai", "facter"}, []string{"facter", "ohai"}},
		{[]string{"virtual", "!min"}, []string{"virtual"}},
	}
	for _, tt := range tests {
		chosen, err := choose(all, tt.subsets)
		var got []string
		for _, c := range chosen {
			got = append(got, c.name)
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v (%v), want %v", tt.subsets, got, err, tt.want)
		}
	}
	if _, err := choose(all, []string{"all", "nope"}); err == nil || !strings.HasPrefix(err.Error(), "Bad subset 'nope' given to Ansible. gather_subset options allowed: all, all_ipv4_addresses, ") {
		t.Errorf("bad subset: %v", err)
	}
}

func TestFilter(t *testing.T) {
	facts := map[string]any{"ansible_eth0": 1, "ansible_eth1": 2, "ansible_lo": 3, "ansible_a_mb": 4, "gather_subset": 5, "ansible_[x": 6}
	tests := []struct {
		patterns []string
		want     []string
	}{
		{nil, []string{"ansible_[x", "ansible_a_mb", "ansible_eth0", "ansible_eth1", "ansible_lo", "gather_subset"}},
		{[]string{"ansible_eth[0]"}, []string{"ansible_eth0"}},
		{[]string{"ansible_eth[!0]"}, []string{"ansible_eth1"}},
		{[]string{"eth?", "*_mb"}, []string{"ansible_a_mb", "ansible_eth0", "ansible_eth1"}},
		{[]string{"ansible_[x"}, []string{"ansible_[x"}},
		{[]string{"gather*"}, []string{"gather_subset"}},
		{[]string{"nothing"}, nil},
	}
	for _, tt := range tests {
		var got []string
		for name := range filter(facts, tt.patterns) {
			got = append(got, name)
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.patterns, got, tt.want)
		}
	}
}

func FuzzGlobMatcher(f *testing.F) {
	f.Add("a*[!b-c]?", "ax")
	f.Add("[]]", "]")
	f.Add("[z-a]ü", "ü")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		globMatcher(pattern)(name)
		if utf8.ValidString(pattern) && !strings.ContainsAny(pattern, "*?[") && globMatcher(pattern)(name) != (pattern == name) {
			t.Errorf("plain pattern %q against %q", pattern, name)
		}
	})
}
