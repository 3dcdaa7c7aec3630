package drift

import (
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/hostorder"
)

// Plan is which tasks a correction applies to which hosts. It is a selection for the executor.
type Plan struct {
	tasks map[string]map[string]bool   // to apply, by host and task key
	plays map[string]map[diag.Pos]bool // that have some of them, by host
	held  map[string]map[string]bool   // not to apply, by host and task key
	Left  []string                     // what it leaves alone, and why: sentences without a period
}

// add puts a member into one of the sets of a host.
func add[T comparable](sets map[string]map[T]bool, host string, member T) {
	if sets[host] == nil {
		sets[host] = map[T]bool{}
	}
	sets[host][member] = true
}

// Correction plans what puts drift right: the tasks whose differences on a host are all corrective, or all tasks that
// differ. Hosts on which the check failed are left alone, as nobody knows what comes after.
func (r *Report) Correction(all bool) Plan {
	p := Plan{tasks: map[string]map[string]bool{}, plays: map[string]map[diag.Pos]bool{}, held: map[string]map[string]bool{}}
	for _, h := range r.Hosts {
		if h.State == Failed && len(h.Drift) > 0 {
			p.Left = append(p.Left, fmt.Sprintf("%s: the check failed there", h.Name))
		}
		if h.State != Drifted {
			continue
		}
		p.host(h, all)
	}
	return p
}

func (p *Plan) host(h Host, all bool) {
	other := map[string]Difference{} // differences that are not corrective
	for _, d := range h.Drift {
		if d.Class != Corrective {
			other[d.Key] = d
		}
	}
	told := map[string]bool{}
	for _, d := range h.Drift {
		why, mixed := other[d.Key]
		if mixed && !all {
			if !told[d.Key] {
				p.Left = append(p.Left, fmt.Sprintf("%s: %s: its difference is %s, which --all corrects", h.Name, d.Task, why.Class))
			}
			told[d.Key] = true
			add(p.held, h.Name, d.Key)
			continue
		}
		add(p.tasks, h.Name, d.Key)
		add(p.plays, h.Name, d.play)
	}
}

// Hosts are the hosts that the correction changes, by name.
func (p Plan) Hosts() []string {
	hosts := slices.SortedFunc(maps.Keys(p.tasks), hostorder.Compare)
	if hosts == nil {
		hosts = []string{}
	}
	return hosts
}

// Works reports whether a play has something that the correction applies to a host.
func (p Plan) Works(host string, play diag.Pos) bool { return p.plays[host][play] }

// Applies reports whether the correction applies a task to a host.
func (p Plan) Applies(host, key string) bool { return p.tasks[host][key] }

// Withholds reports whether a task differs on a host in a way that the correction is not to apply.
func (p Plan) Withholds(host, key string) bool { return p.held[host][key] }

// CountAlso makes the summary of a report on some hosts one of all: hosts that only an earlier report has count as they
// were there.
func (r *Report) CountAlso(before *Report) {
	own := r.Hosts
	known := map[string]bool{}
	for _, h := range own {
		known[h.Name] = true
	}
	for _, h := range before.Hosts {
		if !known[h.Name] {
			r.Hosts = append(r.Hosts, h)
		}
	}
	r.summarize()
	r.Hosts = own
}
