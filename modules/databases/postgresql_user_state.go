package databases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresUserState is a role. Its password shows as a digest of what the server stores.
type PostgresUserState struct {
	Exists    bool            `json:"exists"`
	Flags     map[string]bool `json:"flags"`
	ConnLimit int             `json:"conn_limit"`
	Expires   string          `json:"expires"`  // in UTC; "" and infinity are never
	Password  string          `json:"password"` // "" is none, newPassword one that is to be set
	Comment   string          `json:"comment"`
	Grants    []pgGrant       `json:"grants"`   // of the parameters priv and groups; where a role goes away all memberships
	Settings  []pgSetting     `json:"settings"` // of a role that goes away
	Depends   int             `json:"depends"`  // how many objects belong to the role or let it in; unknown where it does not matter
	Kept      string          `json:"kept,omitempty"`

	stored   string // what the server stores of the password
	hidden   bool   // the server does not let us see that
	verifies bool   // the password is the one of the parameters
	expires  string // the date of the parameters
}

// pgSetting is a parameter of the server that a role has for itself.
type pgSetting struct {
	Path     string `json:"Path"`
	Database string `json:"database"` // "" is all of them
	Name     string `json:"name"`
	Value    string `json:"value"`
}

// Passwords and numbers that are no such.
const (
	newPassword    = "new"
	hiddenPassword = "hidden"
	unknown        = -1
)

func equalRoles(a, b PostgresUserState) bool {
	if !a.Exists || !b.Exists {
		return a.Exists == b.Exists && sameGrants(a.Grants, b.Grants)
	}
	return maps.Equal(a.Flags, b.Flags) && a.ConnLimit == b.ConnLimit && a.Expires == b.Expires && a.Password == b.Password &&
		a.Comment == b.Comment && sameGrants(a.Grants, b.Grants) && slices.Equal(a.Settings, b.Settings)
}

func settledRole(_ PostgresUserParams, want, got PostgresUserState) bool {
	if want.Password == newPassword && got.verifies || got.hidden {
		want.Password = got.Password
	}
	if !want.Exists {
		return !got.Exists
	}
	want.Settings = got.Settings
	return equalRoles(want, got)
}

// sameRole compares for an undo. Never is written in two ways, of which statements can only set the one; a role to which
// something belongs by now is another one.
func sameRole(a, b PostgresUserState) bool {
	for _, s := range []*PostgresUserState{&a, &b} {
		if s.Expires == "infinity" {
			s.Expires = ""
		}
	}
	if !a.Exists && !b.Exists {
		return true
	}
	return equalRoles(a, b) && (a.Depends == b.Depends || a.Depends == unknown || b.Depends == unknown)
}

func readRole(ctx context.Context, r sys.Reader, p PostgresUserParams) (PostgresUserState, error) {
	st := PostgresUserState{Depends: unknown}
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return st, err
	}
	if p.User == pgPublic {
		st.Exists = true
	} else if err := st.attributes(ctx, s, p); err != nil {
		return st, err
	}
	if p.Expires != nil && !modules.Undoing(ctx) {
		if st.expires, err = s.value(ctx, "SELECT "+inUTC("$1::timestamptz"), *p.Expires); err != nil {
			return st, err
		}
	}
	if st.Grants, err = p.readWishes(ctx, s, st.Exists); err != nil || !st.Exists {
		return st, err
	}
	if p.State == "absent" || modules.Undoing(ctx) {
		if err := st.belongings(ctx, s, p); err != nil {
			return st, err
		}
	} else if !doneBy(ctx).created {
		return st, nil
	}
	depends, err := s.value(ctx, "SELECT count(*) FROM pg_catalog.pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1)", p.User)
	if err == nil {
		st.Depends, err = strconv.Atoi(depends)
	}
	return st, err
}

// inUTC writes a date so that it can be compared and given back.
func inUTC(sql string) string {
	return "CASE WHEN " + sql + " IS NULL THEN '' WHEN isfinite(" + sql + ") THEN to_char(" + sql + " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' ELSE " + sql + "::text END"
}

// attributes reads what the catalog says of the role itself; without the right to see passwords, all but that.
func (st *PostgresUserState) attributes(ctx context.Context, s *pgSession, p PostgresUserParams) error {
	names := slices.Sorted(maps.Keys(pgFlags))
	columns := ""
	for _, name := range names {
		columns += pgFlags[name] + ", "
	}
	sql := "SELECT " + columns + "rolconnlimit, " + inUTC("rolvaliduntil") + ", coalesce(shobj_description(oid, 'pg_authid'), ''), "
	rows, err := s.rows(ctx, sql+"coalesce(rolpassword, '') FROM pg_catalog.pg_authid WHERE rolname = $1", p.User)
	if pgCode(err) == pgForbidden {
		st.hidden = true
		rows, err = s.rows(ctx, sql+"'' FROM pg_catalog.pg_roles WHERE rolname = $1", p.User)
	}
	if err != nil || len(rows) == 0 {
		return err
	}
	row := rows[0]
	st.Exists, st.Flags = true, map[string]bool{}
	for i, name := range names {
		st.Flags[name] = row[i] == "t"
	}
	row = row[len(names):]
	st.Expires, st.Comment, st.stored = row[1], row[2], row[3]
	if st.hidden {
		st.Password = hiddenPassword
	}
	if st.stored != "" {
		sum := sha256.Sum256([]byte(st.stored))
		st.Password = hex.EncodeToString(sum[:])
	}
	if p.Password != nil {
		st.verifies = !st.hidden && verifies(st.stored, p.User, *p.Password)
	}
	st.ConnLimit, err = strconv.Atoi(row[0])
	return err
}

// readWishes reads what the role holds of what the parameters priv and groups name.
func (p PostgresUserParams) readWishes(ctx context.Context, s *pgSession, exists bool) ([]pgGrant, error) {
	out := []pgGrant{}
	if len(p.Groups) > 0 && p.State == "present" {
		missing, err := missingRoles(ctx, s, p.Groups)
		if err == nil && len(missing) > 0 && !modules.Undoing(ctx) {
			err = fmt.Errorf("Role %s does not exist", missing[0]) //nolint:staticcheck,revive // Ansible's words
		}
		if err != nil {
			return nil, err
		}
		list, err := memberships(ctx, s, p.Groups, []string{p.User})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	if !exists && p.State == "absent" {
		return out, nil
	}
	for _, w := range p.privs {
		c, names := pgCatalogs["database"], []string{p.DB}
		if w.table != "" {
			c, names = pgCatalogs["table"], []string{w.table}
		}
		objects, err := c.find(ctx, s, w.schema, names, modules.Undoing(ctx))
		if err != nil {
			return nil, err
		}
		list, err := c.grants(ctx, s, objects, []string{p.User})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// belongings reads what goes away with a role: memberships, in both directions, and settings.
func (st *PostgresUserState) belongings(ctx context.Context, s *pgSession, p PostgresUserParams) error {
	rows, err := s.rows(ctx, `SELECT g.rolname, m.rolname, bool_or(a.admin_option) FROM pg_catalog.pg_auth_members a
 JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
 WHERE $1 IN (g.rolname, m.rolname) GROUP BY 1, 2 ORDER BY 1, 2`, p.User)
	if err != nil {
		return err
	}
	for _, row := range rows {
		g := newGrant(pgMember, pgName(row[0]), row[1], nil)
		g.Held[pgMembership] = row[2] == "t"
		if !slices.ContainsFunc(st.Grants, func(other pgGrant) bool { return other.Path == g.Path }) {
			st.Grants = append(st.Grants, g)
		}
	}
	rows, err = s.rows(ctx, `SELECT coalesce(d.datname, ''), c FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
 LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c WHERE r.rolname = $1 ORDER BY 1, 2`, p.User)
	for _, row := range rows {
		name, value, _ := strings.Cut(row[1], "=")
		st.Settings = append(st.Settings, pgSetting{Path: strings.Trim(row[0]+" "+name, " "), Database: row[0], Name: name, Value: value})
	}
	return err
}

// keepRole stores what the server stores of a password that is going to be replaced, so that undo can give it back.
func keepRole(_ context.Context, _ sys.Reader, _ PostgresUserParams, from *PostgresUserState, want PostgresUserState, keep modules.KeepFunc) error {
	if from.stored == "" || want.Exists && want.Password == from.Password {
		return nil
	}
	var err error
	from.Kept, err = keep(strings.NewReader(from.stored))
	return err
}

// carryRole leaves memberships and settings out that the change was not about.
func carryRole(_ context.Context, _ sys.Reader, known PostgresUserState, got *PostgresUserState) error {
	if known.Exists && got.Exists {
		got.Grants = ofPaths(got.Grants, known.Grants)
		got.Settings = slices.DeleteFunc(slices.Clone(got.Settings), func(s pgSetting) bool {
			return !slices.ContainsFunc(known.Settings, func(k pgSetting) bool { return k.Path == s.Path })
		})
	}
	return nil
}

var errNoPassword = errors.New("the password that the role had was not kept, so that it cannot be given back")
