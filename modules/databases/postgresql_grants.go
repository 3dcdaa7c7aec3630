package databases

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// pgGrant is what a role holds of an object: privileges, and whether it may grant them on. It is also how memberships of
// roles and default privileges are written down.
type pgGrant struct {
	Path string          `json:"Path"` // names it for people
	Kind string          `json:"kind"` // as GRANT names it: TABLE, DATABASE, …; pgMember; or DEFAULT and the kind of object
	Name string          `json:"name"` // of the object, quoted; for default privileges whose and where they are
	Role string          `json:"role"` // pgPublic is everybody
	Held map[string]bool `json:"held,omitempty"`

	all []string // what there is to hold of such an object
}

const (
	pgPublic  = "PUBLIC"
	pgMember  = "ROLE"
	pgDefault = "DEFAULT "
	// pgMembership is what a member holds of a role.
	pgMembership = "MEMBER"
)

func newGrant(kind, name, role string, all []string) pgGrant {
	return pgGrant{Path: strings.ToLower(kind) + " " + name + " of " + role, Kind: kind, Name: name, Role: role, Held: map[string]bool{}, all: all}
}

func (g pgGrant) clone() pgGrant {
	g.Held = maps.Clone(g.Held)
	if g.Held == nil {
		g.Held = map[string]bool{}
	}
	return g
}

func cloneGrants(list []pgGrant) []pgGrant {
	if list == nil {
		return nil
	}
	out := make([]pgGrant, len(list))
	for i, g := range list {
		out[i] = g.clone()
	}
	return out
}

// sameGrants compares what is held; an object of which nothing is held may be missing.
func sameGrants(a, b []pgGrant) bool {
	x, y := heldBy(a), heldBy(b)
	return maps.EqualFunc(x, y, maps.Equal[map[string]bool, map[string]bool])
}

func heldBy(list []pgGrant) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, g := range list {
		if len(g.Held) > 0 {
			out[g.Path] = g.Held
		}
	}
	return out
}

// ofPaths keeps the grants of the objects and roles that another list names.
func ofPaths(list, named []pgGrant) []pgGrant {
	return slices.DeleteFunc(slices.Clone(list), func(g pgGrant) bool {
		return !slices.ContainsFunc(named, func(n pgGrant) bool { return n.Path == g.Path })
	})
}

// pgStep is what GRANT or REVOKE does, to any number of objects.
type pgStep struct {
	revoke, option bool
	kind, role     string
	privileges     string
}

// regrant leads from one list of grants to another, in one transaction.
func (l pgLogin) regrant(ctx context.Context, s sys.System, database string, from, to []pgGrant) error {
	session, err := l.session(ctx, s, database)
	if err != nil {
		return err
	}
	return session.together(ctx, pgSteps(from, to))
}

// pgSteps lead from one list of grants to another: what is taken first, then what is given.
func pgSteps(from, to []pgGrant) []pgStatement {
	before := map[string]pgGrant{}
	for _, g := range from {
		before[g.Path] = g
	}
	var steps []pgStep
	names := map[pgStep][]string{}
	add := func(g pgGrant, revoke, option bool, privileges []string) {
		if len(privileges) == 0 {
			return
		}
		slices.Sort(privileges)
		step := pgStep{revoke, option, g.Kind, g.Role, strings.Join(privileges, ", ")}
		if _, known := names[step]; !known {
			steps = append(steps, step)
		}
		names[step] = append(names[step], g.Name)
	}
	for _, g := range to {
		had := before[g.Path].Held
		delete(before, g.Path)
		addDifference(g, had, add)
	}
	for _, g := range from {
		if _, gone := before[g.Path]; gone {
			add(g, true, false, slices.Collect(maps.Keys(g.Held)))
		}
	}
	slices.SortStableFunc(steps, func(a, b pgStep) int {
		if a.revoke == b.revoke {
			return 0
		}
		if a.revoke {
			return -1
		}
		return 1
	})
	var out []pgStatement
	for _, step := range steps {
		for _, sql := range step.statements(names[step]) {
			out = append(out, pgPlain(sql))
		}
	}
	return out
}

func addDifference(g pgGrant, had map[string]bool, add func(g pgGrant, revoke, option bool, privileges []string)) {
	var take, takeOption, give, giveOption []string
	for privilege := range had {
		if _, keep := g.Held[privilege]; !keep {
			take = append(take, privilege)
		}
	}
	for privilege, option := range g.Held {
		hadOption, has := had[privilege]
		switch {
		case option && !hadOption:
			giveOption = append(giveOption, privilege)
		case !has:
			give = append(give, privilege)
		case !option && hadOption:
			takeOption = append(takeOption, privilege)
		}
	}
	add(g, true, false, take)
	add(g, true, true, takeOption)
	add(g, false, false, give)
	add(g, false, true, giveOption)
}

// statements write a step down. Default privileges take one object each.
func (s pgStep) statements(names []string) []string {
	object, isDefault := strings.CutPrefix(s.kind, pgDefault)
	if !isDefault {
		on := " ON " + s.kind + " " + strings.Join(names, ", ")
		privileges := s.privileges
		if s.kind == pgMember {
			on, privileges = "", strings.Join(names, ", ")
		}
		return []string{s.sentence(privileges + on)}
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = "ALTER DEFAULT PRIVILEGES " + name + " " + s.sentence(s.privileges+" ON "+object)
	}
	return out
}

func (s pgStep) sentence(what string) string {
	option, role := "GRANT OPTION", pgRoleName(s.role)
	if s.kind == pgMember {
		option = "ADMIN OPTION"
	}
	switch {
	case s.revoke && s.option:
		return "REVOKE " + option + " FOR " + what + " FROM " + role
	case s.revoke:
		return "REVOKE " + what + " FROM " + role
	case s.option:
		return "GRANT " + what + " TO " + role + " WITH " + option
	}
	return "GRANT " + what + " TO " + role
}

// pgRoleName quotes a role; PUBLIC is a word of the language.
func pgRoleName(role string) string {
	if role == pgPublic {
		return role
	}
	return pgName(role)
}
