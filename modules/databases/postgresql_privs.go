package databases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresPrivsParams are the parameters of postgresql_privs.
type PostgresPrivsParams struct {
	Database     string  `param:"database,required" alias:"db,login_db" doc:"The database to connect to."`
	State        string  `param:"state" default:"present" choices:"absent,present" doc:"Whether the privileges are granted or revoked."`
	Privs        *string `param:"privs" alias:"priv" doc:"Privileges, separated by commas; ALL are those that there are."`
	Type         string  `param:"type" default:"table" choices:"database,default_privs,foreign_data_wrapper,foreign_server,function,group,language,table,tablespace,schema,sequence,type,procedure" doc:"The kind of objects; group is for memberships of roles."`
	Objs         *string `param:"objs" alias:"obj" doc:"Objects, separated by commas. ALL_IN_SCHEMA are all tables, sequences, functions or procedures of the schema; ALL_DEFAULT all kinds with default privileges. In the arguments of functions, colons stand for commas."`
	Schema       *string `param:"schema" doc:"The schema of the objects: public by default; not-specified is none."`
	Roles        string  `param:"roles,required" alias:"role" doc:"Roles, separated by commas; PUBLIC is everybody."`
	FailOnRole   bool    `param:"fail_on_role" default:"true" doc:"Whether a role that does not exist is an error; otherwise a warning."`
	TargetRoles  *string `param:"target_roles" doc:"For default privileges: the roles whose future objects they are about; by default the role logged in as."`
	GrantOption  *bool   `param:"grant_option" alias:"admin_option" doc:"Whether the roles may grant the privileges on; not given, that stays as it is."`
	Password     string  `param:"password,secret" default:"" doc:"An old name of login_password."`
	UsageOnTypes bool    `param:"usage_on_types" default:"true" doc:"Whether default privileges come with the usage of types."`
	pgLogin

	privs, roles, objs []string
	schema             string
}

// PostgresPrivsState is what the roles hold of the objects.
type PostgresPrivsState struct {
	Grants []pgGrant `json:"grants"`
}

// PostgresPrivs manages privileges on the objects of a database.
func PostgresPrivs() modules.Module {
	return modules.State[PostgresPrivsParams, PostgresPrivsState]{
		Info: modules.Info{
			Name: "postgresql_privs", Summary: "Grant or revoke privileges on objects of PostgreSQL databases.", Undo: modules.UndoFull,
			Aliases: []string{"community.postgresql.postgresql_privs"},
			Notes: "Privileges are compared one by one, those of PUBLIC too: a second run changes nothing. What another role granted is left alone.\n" +
				"With type=default_privs, state=present gives exactly the privileges named, and state=absent takes all default privileges on\n" +
				"tables, sequences and types, as Ansible has it. A privilege revoked on a table goes from its\n" +
				"columns too, as PostgreSQL has it; undo does not give those back.",
			Examples: `- name: The application reads and writes its tables
  postgresql_privs: {db: shop, roles: app, privs: "SELECT,INSERT,UPDATE,DELETE", objs: ALL_IN_SCHEMA, schema: public}
  become: true
  become_user: postgres
- name: And those that are made later
  postgresql_privs: {db: shop, roles: app, type: default_privs, privs: "SELECT,INSERT", objs: TABLES, target_roles: owner}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresPrivsParams) error { return p.validate() },
		Read:     readPrivs,
		Want:     func(p PostgresPrivsParams, now PostgresPrivsState) (PostgresPrivsState, error) { return p.want(now) },
		Apply: func(ctx context.Context, s sys.System, p PostgresPrivsParams, from, to PostgresPrivsState) error {
			return p.regrant(ctx, s, p.Database, from.Grants, to.Grants)
		},
		Equal: func(a, b PostgresPrivsState) bool { return sameGrants(a.Grants, b.Grants) },
		Carry: func(_ context.Context, _ sys.Reader, known PostgresPrivsState, got *PostgresPrivsState) error {
			got.Grants = ofPaths(got.Grants, known.Grants) // objects that were made since are no part of the change
			return nil
		},
		Report: func(_ PostgresPrivsParams, from, to PostgresPrivsState, _ bool) modules.Result {
			return modules.Result{"queries": pgShown(pgSteps(from.Grants, to.Grants))}
		},
	}.Module()
}

// pgPrivileges are the privileges that the parameter takes.
var pgPrivileges = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "CREATE", "CONNECT",
	"TEMPORARY", "EXECUTE", "USAGE", "MAINTAIN", "ALL"}

// Special values of objs.
const (
	pgAllInSchema  = "ALL_IN_SCHEMA"
	pgAllDefault   = "ALL_DEFAULT"
	pgNotSpecified = "not-specified"
)

func (p *PostgresPrivsParams) validate() error {
	if p.Password != "" {
		if p.LoginPassword != "" {
			return fmt.Errorf("Use the \"password\" or \"login_password\" option but not both to pass a password to log in with.") //nolint:staticcheck,revive // Ansible's words
		}
		p.LoginPassword = p.Password
	}
	if err := p.place(); err != nil {
		return err
	}
	if err := p.objects(); err != nil {
		return err
	}
	if err := p.privileges(); err != nil {
		return err
	}
	p.roles = pgList(p.Roles)
	if strings.EqualFold(p.Roles, pgPublic) {
		p.roles = []string{pgPublic}
	}
	if len(p.roles) == 0 {
		return fmt.Errorf("roles names no role")
	}
	return p.distrust(&p.Roles, p.TargetRoles, p.Schema)
}

// place checks and completes the schema.
func (p *PostgresPrivsParams) place() error {
	given := p.Schema != nil && *p.Schema != ""
	switch p.Type {
	case "table", "sequence", "function", "procedure", "type", "default_privs":
		if given {
			p.schema = *p.Schema
		}
		switch {
		case p.Objs != nil && strings.EqualFold(*p.Objs, "schemas") && p.Type == "default_privs", p.schema == pgNotSpecified:
			p.schema = ""
		case !given:
			p.schema = "public"
		}
	default:
		if given {
			return fmt.Errorf("Argument \"schema\" is not allowed for type %q.", p.Type) //nolint:staticcheck,revive // Ansible's words
		}
	}
	return nil
}

// objects checks and completes the objects.
func (p *PostgresPrivsParams) objects() error {
	text := p.Database
	switch {
	case p.Objs != nil && *p.Objs != "":
		text = *p.Objs
	case p.Type != "database":
		return fmt.Errorf("Argument \"objs\" is required for type %q.", p.Type) //nolint:staticcheck,revive // Ansible's words
	}
	if text == pgAllInSchema && !slices.Contains([]string{"table", "sequence", "function", "procedure"}, p.Type) {
		return fmt.Errorf("Argument \"objs\": ALL_IN_SCHEMA can be used only for type: table, sequence, function or procedure, %s was passed.", p.Type) //nolint:staticcheck,revive // Ansible's words
	}
	p.objs = pgList(text)
	for i, name := range p.objs {
		if p.Type == "function" || p.Type == "procedure" {
			p.objs[i] = strings.ReplaceAll(name, ":", ",")
		}
	}
	if p.Type != "default_privs" {
		return nil
	}
	if text == pgAllDefault {
		p.objs = []string{"FUNCTIONS", "SEQUENCES", "TABLES", "TYPES"}
	}
	for i, kind := range p.objs {
		p.objs[i] = strings.ToUpper(kind)
		if _, ok := pgDefaultCodes[p.objs[i]]; !ok {
			return fmt.Errorf("Invalid Object set specified: %s", kind) //nolint:staticcheck,revive // Ansible's words
		}
	}
	return nil
}

// privileges checks the privileges.
func (p *PostgresPrivsParams) privileges() error {
	given := p.Privs != nil && *p.Privs != ""
	if p.Type == "group" {
		if given {
			return fmt.Errorf("Argument \"privs\" is not allowed for type \"group\".") //nolint:staticcheck,revive // Ansible's words
		}
		p.privs = []string{pgMembership}
		return nil
	}
	if !given {
		return fmt.Errorf("Argument \"privs\" is required for type %q.", p.Type) //nolint:staticcheck,revive // Ansible's words
	}
	p.privs = nil
	for _, name := range pgList(strings.ToUpper(*p.Privs)) {
		if name == "TEMP" {
			name = "TEMPORARY"
		}
		if !slices.Contains(pgPrivileges, name) {
			return fmt.Errorf("Invalid privileges specified: %s", name) //nolint:staticcheck,revive // Ansible's words
		}
		p.privs = append(p.privs, name)
	}
	return nil
}

func readPrivs(ctx context.Context, r sys.Reader, p PostgresPrivsParams) (PostgresPrivsState, error) {
	var st PostgresPrivsState
	s, err := p.session(ctx, r, p.Database)
	if err != nil {
		return st, err
	}
	roles, err := p.known(ctx, s)
	if err != nil || len(roles) == 0 {
		return st, err
	}
	undoing := modules.Undoing(ctx)
	switch p.Type {
	case "group":
		missing, err := missingRoles(ctx, s, p.objs)
		if err == nil && len(missing) > 0 && !undoing {
			err = fmt.Errorf("role %q does not exist", missing[0])
		}
		if err != nil {
			return st, err
		}
		st.Grants, err = memberships(ctx, s, p.objs, roles)
		return st, err
	case "default_privs":
		st.Grants, err = p.readDefaults(ctx, s, roles)
		return st, err
	}
	c := pgCatalogs[p.Type]
	var objects []pgObject
	if p.objs[0] == pgAllInSchema {
		objects, err = c.all(ctx, s, p.schema)
	} else {
		objects, err = c.find(ctx, s, p.schema, p.objs, undoing)
	}
	if err == nil {
		st.Grants, err = c.grants(ctx, s, objects, roles)
	}
	return st, err
}

// known are the roles that exist.
func (p PostgresPrivsParams) known(ctx context.Context, s *pgSession) ([]string, error) {
	missing, err := missingRoles(ctx, s, p.roles)
	if err != nil {
		return nil, err
	}
	for _, role := range missing {
		switch {
		case modules.Undoing(ctx):
		case p.FailOnRole:
			return nil, fmt.Errorf("Role '%s' does not exist", role) //nolint:staticcheck,revive // Ansible's words
		default:
			modules.Warn(ctx, "Role '%s' does not exist, pass it", role)
		}
	}
	return slices.DeleteFunc(slices.Clone(p.roles), func(role string) bool { return slices.Contains(missing, role) }), nil
}

func (p PostgresPrivsParams) readDefaults(ctx context.Context, s *pgSession, roles []string) ([]pgGrant, error) {
	owners := []string{}
	if p.TargetRoles != nil {
		owners = pgList(*p.TargetRoles)
	}
	if len(owners) == 0 {
		me, err := s.value(ctx, "SELECT current_user")
		if err != nil {
			return nil, err
		}
		owners = []string{me}
	}
	missing, err := missingRoles(ctx, s, owners)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 && !modules.Undoing(ctx) {
		return nil, fmt.Errorf("role %q does not exist", missing[0])
	}
	return defaultGrants(ctx, s, owners, p.schema, p.defaultKinds(), roles)
}

// defaultKinds are the kinds of objects whose default privileges the task sets.
func (p PostgresPrivsParams) defaultKinds() []string {
	if p.State == "absent" {
		return []string{"TABLES", "SEQUENCES", "TYPES"}
	}
	kinds := slices.Clone(p.objs)
	if p.UsageOnTypes && !slices.Contains(kinds, "TYPES") {
		kinds = append(kinds, "TYPES")
	}
	return kinds
}

func (p PostgresPrivsParams) want(now PostgresPrivsState) (PostgresPrivsState, error) {
	want := PostgresPrivsState{Grants: cloneGrants(now.Grants)}
	for i := range want.Grants {
		g := &want.Grants[i]
		privileges, err := p.of(*g)
		if err != nil {
			return now, err
		}
		switch {
		case p.Type == "default_privs":
			p.wantDefault(g, privileges)
		case p.State == "absent":
			for _, name := range privileges {
				delete(g.Held, name)
			}
		default:
			for _, name := range privileges {
				option := g.Held[name]
				if p.GrantOption != nil {
					option = *p.GrantOption
				}
				g.Held[name] = option
			}
		}
	}
	return want, nil
}

// wantDefault sets the privileges of a kind of objects: those named and no others.
func (p PostgresPrivsParams) wantDefault(g *pgGrant, privileges []string) {
	kind := strings.TrimPrefix(g.Kind, pgDefault)
	option := p.GrantOption != nil && *p.GrantOption
	named := slices.Contains(p.objs, kind)
	if p.State == "absent" || named {
		clear(g.Held)
	}
	if p.State == "absent" {
		return
	}
	if named {
		for _, name := range privileges {
			g.Held[name] = option
		}
	}
	if kind == "TYPES" && p.UsageOnTypes {
		g.Held["USAGE"] = option || g.Held["USAGE"]
	}
}

// of are the privileges that the task names, as there are of an object.
func (p PostgresPrivsParams) of(g pgGrant) ([]string, error) {
	if slices.Contains(p.privs, "ALL") {
		return g.all, nil
	}
	kind, isDefault := strings.CutPrefix(g.Kind, pgDefault)
	if isDefault && (p.State == "absent" || !slices.Contains(p.objs, kind)) {
		return nil, nil
	}
	for _, name := range p.privs {
		if !slices.Contains(g.all, name) {
			return nil, fmt.Errorf("invalid privilege type %s for %s", name, strings.ToLower(g.Kind))
		}
	}
	return p.privs, nil
}
