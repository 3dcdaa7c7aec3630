package playbook

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// needs reads needs: of a play, a list of names of plays. An empty list needs none, not even the plays before it.
func (r *reader) needs(p *Play, e entry) []Attr {
	n := resolveAlias(e.node)
	if n.Kind == yaml.MappingNode {
		r.errorf(e.pos, "needs must be a list of names of plays").Hint = "write `needs: [name of a play, …]`, or `needs: []` for none"
		return nil
	}
	names := r.attrList(p.File, e)
	for _, a := range names {
		switch a.Value.(type) {
		case string, int:
		default:
			r.errorf(a.Pos, "needs names plays as their name: is written, without templates")
		}
	}
	if names == nil {
		names = []Attr{}
	}
	return names
}

// Order says which plays each play waits for, by their indexes. A play without needs: waits for all before it, as in any
// playbook; the others wait for the plays that they name, and only for those.
func Order(plays []*Play) ([][]int, diag.List) {
	var diags diag.List
	byName := map[string][]int{}
	var names []string
	for i, p := range plays {
		if name := playTitle(p); name != "" {
			byName[name] = append(byName[name], i)
			names = append(names, name)
		}
	}
	waits := make([][]int, len(plays))
	for i, p := range plays {
		if p.Needs == nil {
			for j := range i {
				waits[i] = append(waits[i], j)
			}
			continue
		}
		for _, a := range p.Needs {
			name := value.Str(a.Value)
			found, ok := byName[name]
			if !ok {
				d := diag.Errorf(a.Pos, "no play is called '%s'", name)
				d.Hint = suggestion(name, names, "the plays are called "+strings.Join(names, ", "))
				diags.Add(d)
			}
			waits[i] = append(waits[i], found...)
		}
	}
	if len(diags) == 0 {
		if circle := findCircle(waits); circle != nil {
			diags.Add(circleError(plays, circle))
		}
	}
	return waits, diags
}

// playTitle is a play's name as others refer to it.
func playTitle(p *Play) string {
	if v := p.Name(); v != nil {
		return text(v)
	}
	return ""
}

// findCircle returns the plays of a circle in order, the first again at the end; nil when there is none.
func findCircle(waits [][]int) []int {
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, len(waits))
	var path, circle []int
	var visit func(i int) bool
	visit = func(i int) bool {
		switch state[i] {
		case done:
			return false
		case open:
			for k, j := range path {
				if j == i {
					circle = append(append([]int(nil), path[k:]...), i)
				}
			}
			return true
		}
		state[i] = open
		path = append(path, i)
		for _, j := range waits[i] {
			if visit(j) {
				return true
			}
		}
		path = path[:len(path)-1]
		state[i] = done
		return false
	}
	for i := range waits {
		if visit(i) {
			return circle
		}
	}
	return nil
}

// circleError names every step of a circle with its place.
func circleError(plays []*Play, circle []int) *diag.Diagnostic {
	named := func(i int) string {
		if t := playTitle(plays[i]); t != "" {
			return "'" + t + "'"
		}
		return "the play at " + plays[i].Pos.String()
	}
	pos := plays[circle[0]].Pos
	steps := make([]string, 0, len(circle))
	inOrder := false
	for k, i := range circle[:len(circle)-1] {
		next := circle[k+1]
		if plays[i].Needs == nil {
			inOrder = true
			steps = append(steps, fmt.Sprintf("%s comes after %s (%s)", named(i), named(next), plays[i].Pos))
			continue
		}
		at := plays[i].Pos
		for _, a := range plays[i].Needs {
			if value.Str(a.Value) == playTitle(plays[next]) {
				at = a.Pos
			}
		}
		if k == 0 {
			pos = at
		}
		steps = append(steps, fmt.Sprintf("%s needs %s (%s)", named(i), named(next), at))
	}
	d := diag.Errorf(pos, "plays need each other in a circle: %s", strings.Join(steps, ", "))
	d.Hint = "take one of these needs out"
	if inOrder {
		d.Hint += "; a play without needs: comes after all plays before it, and `needs: []` frees it from that"
	}
	return d
}
