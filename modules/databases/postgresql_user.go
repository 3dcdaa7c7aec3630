package databases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresUserParams are the parameters of postgresql_user.
type PostgresUserParams struct {
	User              string   `param:"user,required" alias:"name" doc:"The role; PUBLIC is everybody, of whom only privileges can be set."`
	Password          *string  `param:"password,secret" doc:"The password, or what the server stores of it (SCRAM-SHA-256 or md5); an empty one is none."`
	DB                string   `param:"db" alias:"login_db" default:"" doc:"The database to connect to, and that priv is about."`
	FailOnUser        bool     `param:"fail_on_user" alias:"fail_on_role" default:"true" doc:"Whether it is an error that a role cannot be removed because something belongs to it."`
	Priv              *string  `param:"priv" doc:"Privileges on the database and on tables of it, such as CONNECT/table1:SELECT,INSERT; prefer postgresql_privs."`
	RoleAttrFlags     string   `param:"role_attr_flags" default:"" doc:"Attributes of the role, separated by commas, such as CREATEDB,NOSUPERUSER."`
	State             string   `param:"state" default:"present" choices:"absent,present" doc:"Whether the role exists."`
	Encrypted         bool     `param:"encrypted" default:"true" doc:"Taken for compatibility: servers since version 10 store no password as it is."`
	Expires           *string  `param:"expires" doc:"When the password expires, as the server reads dates; infinity is never."`
	NoPasswordChanges bool     `param:"no_password_changes" default:"false" doc:"Whether the password of a role that exists is left alone."`
	ConnLimit         *int     `param:"conn_limit" doc:"How many connections the role may have at once; -1 is any number."`
	Groups            []string `param:"groups" elements:"str" doc:"Roles that the role is to be a member of, at least."`
	Comment           *string  `param:"comment" doc:"A comment on the role."`
	pgLogin

	flags map[string]bool
	privs []pgWish
}

// pgWish is a part of the parameter priv: privileges on the database, or on a table.
type pgWish struct {
	schema, table string // table is "" for the database
	privileges    []string
}

// PostgresUser manages roles.
func PostgresUser() modules.Module {
	return modules.State[PostgresUserParams, PostgresUserState]{
		Info: modules.Info{
			Name: "postgresql_user", Summary: "Manage roles of a PostgreSQL server.", Undo: modules.UndoFull,
			Aliases: []string{"community.postgresql.postgresql_user"},
			Notes: "The server never gets to see the password: what it is to store is computed on the host, for the method that\n" +
				"password_encryption names in the session (PGOPTIONS in the task's environment can set it). The stored form is compared with\n" +
				"the password, so that a second run changes nothing. Undo drops a new role again unless something belongs to it, gives a\n" +
				"dropped one back with its memberships and settings, and restores the stored form of a password as it was.",
			Examples: `- name: The application's role
  postgresql_user: {name: app, password: "{{ app_password }}", role_attr_flags: NOSUPERUSER}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresUserParams) error { return p.validate() },
		Read:     readRole,
		Want:     wantRole,
		Apply:    applyRole,
		Equal:    equalRoles,
		Settled:  settledRole,
		Same:     sameRole,
		Keep:     keepRole,
		Carry:    carryRole,
		Report:   reportRole,
	}.Module()
}

// pgFlags are the attributes of roles and their columns in the catalog.
var pgFlags = map[string]string{"SUPERUSER": "rolsuper", "CREATEROLE": "rolcreaterole", "CREATEDB": "rolcreatedb", "INHERIT": "rolinherit",
	"LOGIN": "rolcanlogin", "REPLICATION": "rolreplication", "BYPASSRLS": "rolbypassrls"}

var (
	pgTablePrivileges    = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}
	pgDatabasePrivileges = []string{"CREATE", "CONNECT", "TEMPORARY"}
)

func (p *PostgresUserParams) validate() error {
	var err error
	if p.flags, err = parseFlags(p.RoleAttrFlags); err != nil {
		return err
	}
	if p.Priv != nil && p.DB == "" {
		return fmt.Errorf("privileges require a database to be specified")
	}
	if p.Priv != nil {
		if p.privs, err = parseWishes(*p.Priv); err != nil {
			return err
		}
	}
	for i := range p.Groups {
		p.Groups[i] = strings.TrimSpace(p.Groups[i])
	}
	if p.User == pgPublic && p.State == "present" {
		switch {
		case p.Password != nil:
			return fmt.Errorf("cannot change the password for PUBLIC user")
		case len(p.flags) > 0:
			return fmt.Errorf("cannot change the role_attr_flags for PUBLIC user")
		}
	}
	values := []*string{&p.User, p.Password, p.Priv, p.Expires, &p.RoleAttrFlags, p.Comment}
	for i := range p.Groups {
		values = append(values, &p.Groups[i])
	}
	return p.distrust(values...)
}

// parseFlags reads attributes such as CREATEDB,NOLOGIN.
func parseFlags(text string) (map[string]bool, error) {
	out := map[string]bool{}
	for word := range strings.SplitSeq(strings.ToUpper(text), ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		name, no := strings.CutPrefix(word, "NO")
		if _, ok := pgFlags[name]; !ok {
			return nil, fmt.Errorf("Invalid role_attr_flags specified: %s", word) //nolint:staticcheck,revive // Ansible's words
		}
		if before, twice := out[name]; twice && before == no {
			return nil, fmt.Errorf("role_attr_flags says both %s and NO%s", name, name)
		}
		out[name] = !no
	}
	return out, nil
}

// parseWishes reads the parameter priv: CONNECT,CREATE/table:SELECT/schema.table:ALL.
func parseWishes(text string) ([]pgWish, error) {
	var out []pgWish
	for token := range strings.SplitSeq(text, "/") {
		w, valid, kind := pgWish{}, pgDatabasePrivileges, "database"
		list := token
		if table, privileges, ok := strings.Cut(token, ":"); ok {
			w.schema, w.table, list, valid, kind = "public", table, privileges, pgTablePrivileges, "table"
			if schema, name, ok := strings.Cut(table, "."); ok {
				w.schema, w.table = schema, name
			}
		}
		for _, name := range pgList(strings.ToUpper(list)) {
			switch {
			case name == "ALL":
				w.privileges = append(w.privileges, valid...)
			case name == "TEMP" && kind == "database":
				w.privileges = append(w.privileges, "TEMPORARY")
			case slices.Contains(valid, name):
				w.privileges = append(w.privileges, name)
			default:
				return nil, fmt.Errorf("Invalid privs specified for %s: %s", kind, name) //nolint:staticcheck,revive // Ansible's words
			}
		}
		out = append(out, w)
	}
	return out, nil
}

func applyRole(ctx context.Context, r sys.System, p PostgresUserParams, from, to PostgresUserState) error {
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return err
	}
	secret, err := p.secret(ctx, s, from, to)
	if err != nil {
		return err
	}
	err = s.together(ctx, p.statements(from, to, secret))
	switch {
	case err == nil:
		doneBy(ctx).created = !from.Exists && to.Exists
		return nil
	case p.State == "absent" && !modules.Undoing(ctx):
		return fmt.Errorf("Unable to remove user: %w", err) //nolint:staticcheck,revive // Ansible's words
	case !from.Exists && to.Exists:
		return fmt.Errorf("Unable to add user with given requirement due to : %w", err) //nolint:staticcheck,revive // Ansible's words
	}
	return err
}

func reportRole(p PostgresUserParams, from, to PostgresUserState, _ bool) modules.Result {
	res := modules.Result{"user": p.User, "queries": pgShown(p.statements(from, to, ""))}
	if p.State == "absent" && from.Exists {
		res["user_removed"] = !to.Exists
	}
	return res
}
