package plan

import (
	"fmt"
	"maps"
	"slices"
	"sort"
)

// Inputs are digests of what a plan was made from.
type Inputs struct {
	Files map[string]string `json:"files,omitempty"` // of playbooks, roles, variables and templates, by path
	Hosts map[string]string `json:"hosts,omitempty"` // of the inventory's variables, by host
	Vars  map[string]string `json:"vars,omitempty"`  // of extra variables, by name
}

// Changed lists what differs between the inputs of a plan and those of now, in words.
func (then Inputs) Changed(now Inputs) []string {
	var out []string
	differ := func(what string, a, b map[string]string) {
		all := maps.Clone(a)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, b)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			switch before, after := a[name], b[name]; {
			case before == after:
			case before == "":
				out = append(out, fmt.Sprintf("%s %s is new", what, name))
			case after == "":
				out = append(out, fmt.Sprintf("%s %s is gone", what, name))
			default:
				out = append(out, fmt.Sprintf("%s %s changed", what, name))
			}
		}
	}
	differ("the file", then.Files, now.Files)
	differ("the inventory: host", then.Hosts, now.Hosts)
	differ("the extra variable", then.Vars, now.Vars)
	return out
}

// Stale lists how a plan that is made now differs from this one, in words: tasks that ask for something else, and hosts
// that are not as they were.
func (p *Plan) Stale(now *Plan) []string {
	var out []string
	names := p.names()
	maps.Copy(names, now.names())
	then := map[string]Host{}
	for _, h := range p.Hosts {
		then[h.Name] = h
	}
	for _, h := range now.Hosts {
		old, known := then[h.Name]
		delete(then, h.Name)
		switch {
		case !known:
			out = append(out, h.Name+": the host was not part of the plan")
		case h.Unreachable != "" && old.Unreachable == "":
			out = append(out, h.Name+": the host is unreachable now: "+h.Unreachable)
		case h.Failed != "" && old.Failed == "":
			out = append(out, h.Name+": it fails now: "+h.Failed)
		default:
			out = append(out, staleSteps(old, h, names)...)
		}
	}
	for name := range then {
		out = append(out, name+": the host is no longer there")
	}
	sort.Strings(out)
	return out
}

// names are the tasks of a plan by key, for messages.
func (p *Plan) names() map[string]string {
	names := map[string]string{}
	for _, t := range p.Tasks {
		names[t.Key] = fmt.Sprintf("%s (%s:%d)", t.Name, t.Pos.File, t.Pos.Line)
	}
	return names
}

func staleSteps(then, now Host, names map[string]string) []string {
	var out []string
	all := maps.Clone(then.Steps)
	if all == nil {
		all = map[string]Step{}
	}
	maps.Copy(all, now.Steps)
	for key := range all {
		name := names[key]
		if name == "" {
			name = "a task that changed nothing"
		}
		old, had := then.Steps[key]
		new, has := now.Steps[key]
		switch {
		case had && !has:
			out = append(out, fmt.Sprintf("%s: %s no longer applies", now.Name, name))
		case !had:
			out = append(out, fmt.Sprintf("%s: %s was not part of the plan", now.Name, name))
		case old.Args != new.Args:
			out = append(out, fmt.Sprintf("%s: %s asks for something else", now.Name, name))
		case old.Now != new.Now:
			out = append(out, fmt.Sprintf("%s: %s finds the host changed since the plan", now.Name, name))
		}
	}
	return out
}
