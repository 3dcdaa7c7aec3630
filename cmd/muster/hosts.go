package main

import (
	"errors"

	"github.com/musterhq/muster/inventory"
)

// errNoHosts says that nothing is left of an inventory that has hosts.
var errNoHosts = errors.New("Specified inventory, host pattern and/or --limit leaves us with no hosts to target.") //nolint:staticcheck,revive // Ansible's words

// selectHosts returns the hosts of a pattern that --limit leaves. It warns of an empty inventory, and fails when an
// inventory with hosts leaves none.
func (w *workbench) selectHosts(pattern string) ([]*inventory.Host, error) {
	every, found := w.inv.Match("all")
	if err := showWarnings(w.io, found); err != nil {
		return nil, err
	}
	if len(every) == 0 && w.settings.LocalhostWarning && !isLocalPattern(pattern) {
		w.warn("provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'")
	}
	hosts, found := w.inv.Match(pattern)
	if err := showWarnings(w.io, found); err != nil {
		return nil, err
	}
	if w.flags.limit != "" {
		hosts, found = w.inv.MatchLimit(hosts, w.flags.limit)
		if err := showWarnings(w.io, found); err != nil {
			return nil, err
		}
	}
	if len(hosts) == 0 && len(every) > 0 {
		return nil, errNoHosts
	}
	return hosts, nil
}

func isLocalPattern(pattern string) bool {
	return pattern == "localhost" || pattern == "127.0.0.1" || pattern == "::1"
}
