package databases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresMembershipParams are the parameters of postgresql_membership.
type PostgresMembershipParams struct {
	Groups     []string `param:"groups,required" alias:"group,source_role,source_roles" elements:"str" doc:"The roles that have members."`
	Targets    []string `param:"target_roles,required" alias:"target_role,users,user" elements:"str" doc:"The roles that are members."`
	FailOnRole bool     `param:"fail_on_role" default:"true" doc:"Whether a role that does not exist is an error; otherwise a warning."`
	State      string   `param:"state" default:"present" choices:"absent,exact,present" doc:"Whether the roles are members; exact takes their other memberships away."`
	DB         string   `param:"db" alias:"login_db" default:"" doc:"The database to connect to."`
	pgLogin
}

// PostgresMembershipState is which of the roles are members of what.
type PostgresMembershipState struct {
	Grants []pgGrant `json:"grants"`
}

// PostgresMembership manages memberships of roles.
func PostgresMembership() modules.Module {
	return modules.State[PostgresMembershipParams, PostgresMembershipState]{
		Info: modules.Info{
			Name: "postgresql_membership", Summary: "Manage memberships of PostgreSQL roles.", Undo: modules.UndoFull,
			Aliases: []string{"community.postgresql.postgresql_membership"},
			Examples: `- name: The application may read
  postgresql_membership: {groups: [readers], target_roles: [app]}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresMembershipParams) error {
			var values []*string
			for _, list := range [][]string{p.Groups, p.Targets} {
				for i := range list {
					list[i] = strings.TrimSpace(list[i])
					values = append(values, &list[i])
				}
			}
			return p.distrust(values...)
		},
		Read: readMembership,
		Want: wantMembership,
		Apply: func(ctx context.Context, r sys.System, p PostgresMembershipParams, from, to PostgresMembershipState) error {
			return p.regrant(ctx, r, p.DB, from.Grants, to.Grants)
		},
		Equal:  func(a, b PostgresMembershipState) bool { return sameGrants(a.Grants, b.Grants) },
		Report: reportMembership,
	}.Module()
}

func readMembership(ctx context.Context, r sys.Reader, p PostgresMembershipParams) (PostgresMembershipState, error) {
	var st PostgresMembershipState
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return st, err
	}
	missing, err := missingRoles(ctx, s, append(slices.Clone(p.Groups), p.Targets...))
	if err != nil {
		return st, err
	}
	for _, role := range missing {
		switch {
		case modules.Undoing(ctx):
		case p.FailOnRole:
			return st, fmt.Errorf("Role %s does not exist", role) //nolint:staticcheck,revive // Ansible's words
		default:
			modules.Warn(ctx, "Role %s does not exist, pass", role)
		}
	}
	known := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(role string) bool { return slices.Contains(missing, role) })
	}
	groups := known(p.Groups)
	if p.State == "exact" {
		others, err := column(s.rows(ctx, `SELECT DISTINCT g.rolname FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
 JOIN pg_catalog.pg_roles m ON m.oid = a.member WHERE m.rolname = ANY($1::text[]) ORDER BY 1`, pgArray(p.Targets)))
		if err != nil {
			return st, err
		}
		for _, other := range others {
			if !slices.Contains(groups, other) {
				groups = append(groups, other)
			}
		}
	}
	st.Grants, err = memberships(ctx, s, groups, known(p.Targets))
	return st, err
}

func wantMembership(p PostgresMembershipParams, now PostgresMembershipState) (PostgresMembershipState, error) {
	want := PostgresMembershipState{Grants: cloneGrants(now.Grants)}
	for _, g := range want.Grants {
		_, held := g.Held[pgMembership]
		named := slices.ContainsFunc(p.Groups, func(group string) bool { return pgName(group) == g.Name })
		switch {
		case p.State == "absent" || !named:
			delete(g.Held, pgMembership)
		case !held:
			g.Held[pgMembership] = false
		}
	}
	return want, nil
}

func reportMembership(p PostgresMembershipParams, from, to PostgresMembershipState, _ bool) modules.Result {
	res := modules.Result{"state": p.State, "queries": pgShown(pgSteps(from.Grants, to.Grants))}
	for key, lists := range map[string][2][]pgGrant{"granted": {from.Grants, to.Grants}, "revoked": {to.Grants, from.Grants}} {
		if p.State == "present" && key == "revoked" || p.State == "absent" && key == "granted" {
			continue
		}
		res[key] = moreMembers(p.Groups, lists[0], lists[1])
	}
	groups, targets := []any{}, []any{}
	for _, g := range to.Grants {
		for _, group := range p.Groups {
			if pgName(group) == g.Name && !slices.Contains(groups, any(group)) {
				groups = append(groups, group)
			}
		}
		if !slices.Contains(targets, any(g.Role)) {
			targets = append(targets, g.Role)
		}
	}
	res["groups"], res["target_roles"] = groups, targets
	return res
}

// moreMembers lists by group the members that the second list has and the first has not.
func moreMembers(groups []string, less, more []pgGrant) map[string]any {
	had, out := heldBy(less), map[string]any{}
	for _, group := range groups {
		members := []any{}
		for _, g := range more {
			if g.Name == pgName(group) && len(g.Held) > 0 && len(had[g.Path]) == 0 {
				members = append(members, g.Role)
			}
		}
		out[group] = members
	}
	return out
}
