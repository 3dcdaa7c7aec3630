package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/drift/chart"
	"github.com/musterhq/muster/internal/hostorder"
)

// stateNames are the states of the overview, by how much they need people.
var stateNames = []string{"in order", "stale", "drifted", "failed", "unreachable"}

// fillFleet arranges what is known of hosts: those that need people first, then by name.
func (s *Server) fillFleet(data *fleetData, all []drift.Now) {
	jobs := map[string]int{}
	for _, n := range all {
		jobs[n.Subject] = 0
	}
	data.Jobs = slices.Sorted(maps.Keys(jobs))
	for i, name := range data.Jobs {
		jobs[name] = i
	}
	byHost := map[string]*fleetRow{}
	for i := range all {
		n := &all[i]
		row := byHost[n.Host]
		if row == nil {
			row = &fleetRow{Host: n.Host, Cells: make([]*drift.Now, len(data.Jobs))}
			byHost[n.Host] = row
		}
		row.Cells[jobs[n.Subject]] = n
		row.Worst = max(row.Worst, s.worst(n))
	}
	var rows []fleetRow
	for _, row := range byHost {
		state := stateNames[row.Worst]
		data.Counts[state]++
		if data.State != "" && state != data.State || !strings.Contains(row.Host, data.Search) {
			continue
		}
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b fleetRow) int { return cmp.Or(b.Worst-a.Worst, hostorder.Compare(a.Host, b.Host)) })
	data.Bar = chart.Bar(900, 18, []chart.Part{
		{Name: "in order", Class: "ok", Value: data.Counts["in order"]}, {Name: "stale", Class: "stale", Value: data.Counts["stale"]},
		{Name: "drifted", Class: "drift", Value: data.Counts["drifted"]}, {Name: "failed", Class: "bad", Value: data.Counts["failed"]},
		{Name: "unreachable", Class: "gone", Value: data.Counts["unreachable"]},
	})
	data.Total = len(rows)
	data.Pages = max(1, (len(rows)+hostsPerPage-1)/hostsPerPage)
	data.Page = min(max(data.Page, 1), data.Pages)
	from := (data.Page - 1) * hostsPerPage
	data.Rows = rows[from:min(from+hostsPerPage, len(rows))]
}
