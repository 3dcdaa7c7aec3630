package executor

import (
	"path/filepath"
	"slices"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// publicSources are the vars or defaults of the roles whose variables the whole play sees, the last role first.
func (p *playRun) publicSources(of func(*playbook.Role) *value.Dict, f visit) bool {
	p.mu.Lock()
	extra := p.extra
	p.mu.Unlock()
	for i := len(extra) - 1; i >= 0; i-- {
		if f(of(extra[i]), true) {
			return true
		}
	}
	roles := append(slices.Clone(p.play.Roles), p.play.Imported...)
	for i := len(roles) - 1; i >= 0; i-- {
		if !roles[i].Public {
			continue
		}
		flat := roles[i].Flatten()
		for j := len(flat) - 1; j >= 0; j-- {
			if f(of(flat[j]), true) {
				return true
			}
		}
	}
	return false
}

func (p *playRun) addPublic(r *playbook.Role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extra = append(p.extra, r.Flatten()...)
}

// rolesNamed are the roles that the play names: its own, those of import_role, and the public ones that include_role
// has brought so far.
func (p *playRun) rolesNamed() []*playbook.Role {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Concat(p.play.Roles, p.play.Imported, p.included)
}

// roleNames answers the special variables that list roles.
func (p *playRun) roleNames(which string) []string {
	var direct, dependent, all []string
	seen := map[string]bool{}
	for _, role := range p.rolesNamed() {
		direct = append(direct, listedRole(role))
		for _, r := range role.Flatten() {
			if seen[r.Name] {
				continue
			}
			seen[r.Name] = true
			all = append(all, listedRole(r))
			if r != role {
				dependent = append(dependent, listedRole(r))
			}
		}
	}
	switch which {
	case "ansible_dependent_role_names":
		return dependent
	case "ansible_play_role_names", "role_names":
		return direct
	default:
		return all
	}
}

// listedRole is a role's name in lists of roles: its whole name in a collection, else without the folder.
func listedRole(role *playbook.Role) string {
	if role.Collection != "" {
		return role.Name
	}
	return filepath.Base(role.Name)
}
