package databases

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// pgCatalog says where the catalog keeps the access control lists of a kind of objects.
type pgCatalog struct {
	kind                string // as GRANT names it
	table               string
	name, owner, access string // columns
	code                string // of acldefault
	schema              string // column; "" where such objects are in no schema
	only                string // a condition
	missing             string // what is said of one that does not exist
}

// pgCatalogs are the kinds of objects that the parameter type names.
var pgCatalogs = map[string]pgCatalog{
	"table":                {"TABLE", "pg_class", "relname", "relowner", "relacl", "r", "relnamespace", "relkind IN ('r', 'v', 'm', 'p', 'f')", `relation "%s" does not exist`},
	"sequence":             {"SEQUENCE", "pg_class", "relname", "relowner", "relacl", "s", "relnamespace", "relkind = 'S'", `relation "%s" does not exist`},
	"function":             {"FUNCTION", "pg_proc", "proname", "proowner", "proacl", "f", "pronamespace", "true", "function %s does not exist"},
	"procedure":            {"PROCEDURE", "pg_proc", "proname", "proowner", "proacl", "f", "pronamespace", "prokind = 'p'", "procedure %s does not exist"},
	"type":                 {"TYPE", "pg_type", "typname", "typowner", "typacl", "T", "typnamespace", "true", `type "%s" does not exist`},
	"database":             {"DATABASE", "pg_database", "datname", "datdba", "datacl", "d", "", "true", `database "%s" does not exist`},
	"schema":               {"SCHEMA", "pg_namespace", "nspname", "nspowner", "nspacl", "n", "", "true", `schema "%s" does not exist`},
	"language":             {"LANGUAGE", "pg_language", "lanname", "lanowner", "lanacl", "l", "", "true", `language "%s" does not exist`},
	"tablespace":           {"TABLESPACE", "pg_tablespace", "spcname", "spcowner", "spcacl", "t", "", "true", `tablespace "%s" does not exist`},
	"foreign_data_wrapper": {"FOREIGN DATA WRAPPER", "pg_foreign_data_wrapper", "fdwname", "fdwowner", "fdwacl", "F", "", "true", `foreign-data wrapper "%s" does not exist`},
	"foreign_server":       {"FOREIGN SERVER", "pg_foreign_server", "srvname", "srvowner", "srvacl", "S", "", "true", `server "%s" does not exist`},
}

// pgObject is an object of the catalog: its number, and its name as statements have it.
type pgObject struct{ oid, name string }

// find looks objects up by their names; functions are named with their arguments. Those that do not exist are an error,
// unless they may be missing.
func (c pgCatalog) find(ctx context.Context, s *pgSession, schema string, names []string, mayMiss bool) ([]pgObject, error) {
	var out []pgObject
	for _, name := range names {
		found, err := c.lookUp(ctx, s, schema, name)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && !mayMiss {
			if schema != "" && c.schema != "" {
				name = schema + "." + name
			}
			return nil, fmt.Errorf(c.missing, name)
		}
		for _, o := range found {
			if !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

func (c pgCatalog) lookUp(ctx context.Context, s *pgSession, schema, name string) ([]pgObject, error) {
	if c.table == "pg_proc" {
		return c.lookUpFunction(ctx, s, schema, name)
	}
	if c.schema == "" {
		return c.objects(ctx, s, "o."+c.name+" = $1", name)
	}
	if schema == "" {
		cast := "to_regclass"
		if c.table == "pg_type" {
			cast = "to_regtype"
		}
		return c.objects(ctx, s, "o.oid = "+cast+"($1)", pgName(name))
	}
	return c.objects(ctx, s, "n.nspname = $1 AND o."+c.name+" = $2", schema, name)
}

// lookUpFunction finds name(argument, …).
func (c pgCatalog) lookUpFunction(ctx context.Context, s *pgSession, schema, signature string) ([]pgObject, error) {
	name, arguments, ok := strings.Cut(signature, "(")
	if !ok {
		return nil, fmt.Errorf("Illegal function / procedure signature: %q.", signature) //nolint:staticcheck,revive // Ansible's words
	}
	full := pgName(name)
	if schema != "" {
		full = pgName(schema) + "." + full
	}
	return c.objects(ctx, s, "o.oid = to_regprocedure($1)", full+"("+arguments)
}

// all are the objects of a schema.
func (c pgCatalog) all(ctx context.Context, s *pgSession, schema string) ([]pgObject, error) {
	there, err := s.rows(ctx, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", schema)
	if err == nil && len(there) == 0 {
		err = fmt.Errorf("Schema %q does not exist.", schema) //nolint:staticcheck,revive // Ansible's words
	}
	if err != nil {
		return nil, err
	}
	only := "true"
	if c.kind == "FUNCTION" && s.version >= 110000 {
		only = "o.prokind IN ('f', 'w', 'a')"
	}
	return c.objects(ctx, s, "n.nspname = $1 AND "+only, schema)
}

func (c pgCatalog) objects(ctx context.Context, s *pgSession, where string, params ...string) ([]pgObject, error) {
	arguments, namespace := "''", "NULL::oid"
	if c.table == "pg_proc" {
		arguments = "'(' || pg_catalog.oidvectortypes(o.proargtypes) || ')'"
	}
	if c.schema != "" {
		namespace = "o." + c.schema
	}
	rows, err := s.rows(ctx, "SELECT o.oid, coalesce(n.nspname, ''), o."+c.name+", "+arguments+
		" FROM pg_catalog."+c.table+" o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = "+namespace+
		" WHERE "+c.only+" AND "+where+" ORDER BY 2, 3, 4", params...)
	if err != nil {
		return nil, err
	}
	out := make([]pgObject, len(rows))
	for i, row := range rows {
		out[i] = pgObject{row[0], pgName(row[2]) + row[3]}
		if row[1] != "" {
			out[i].name = pgName(row[1]) + "." + out[i].name
		}
	}
	return out, nil
}

// grants reads what roles hold of objects, as far as it was granted by whoever a GRANT of this session would be by.
func (c pgCatalog) grants(ctx context.Context, s *pgSession, objects []pgObject, roles []string) ([]pgGrant, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	oids := make([]string, len(objects))
	for i, o := range objects {
		oids[i] = o.oid
	}
	owner := "o." + c.owner
	rows, err := s.rows(ctx, `SELECT o.oid,
 (SELECT string_agg(privilege_type, ',') FROM aclexplode(acldefault('`+c.code+`', `+owner+`)) WHERE grantee = `+owner+`),
 CASE e.grantee WHEN 0 THEN '`+pgPublic+`' ELSE coalesce(r.rolname, '') END, coalesce(e.privilege_type, ''), coalesce(e.is_grantable, false)
 FROM pg_catalog.`+c.table+` o
 LEFT JOIN LATERAL aclexplode(coalesce(o.`+c.access+`, acldefault('`+c.code+`', `+owner+`))) e
 ON e.grantor = CASE WHEN pg_has_role(current_user, `+owner+`, 'USAGE') THEN `+owner+` ELSE current_user::regrole::oid END
 LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee
 WHERE o.oid = ANY($1::oid[])`, pgArray(oids))
	if err != nil {
		return nil, err
	}
	var out []pgGrant
	for _, o := range objects {
		for _, role := range roles {
			g := newGrant(c.kind, o.name, role, nil)
			for _, row := range rows {
				if row[0] != o.oid {
					continue
				}
				g.all = strings.Split(row[1], ",")
				if row[2] == role && row[3] != "" {
					g.Held[row[3]] = row[4] == "t"
				}
			}
			out = append(out, g)
		}
	}
	return out, nil
}

// everyone reads what each role holds of an object that holds something.
func (c pgCatalog) everyone(ctx context.Context, s *pgSession, object pgObject) ([]pgGrant, error) {
	roles, err := column(s.rows(ctx, `SELECT DISTINCT CASE e.grantee WHEN 0 THEN '`+pgPublic+`' ELSE pg_get_userbyid(e.grantee) END
 FROM pg_catalog.`+c.table+` o, aclexplode(coalesce(o.`+c.access+`, acldefault('`+c.code+`', o.`+c.owner+`))) e
 WHERE o.oid = $1::oid ORDER BY 1`, object.oid))
	if err != nil {
		return nil, err
	}
	return c.grants(ctx, s, []pgObject{object}, roles)
}

// regrant gives roles what they held of an object. A change of its owner moves privileges, which the way back does not.
func (c pgCatalog) regrant(ctx context.Context, s *pgSession, name string, held []pgGrant) error {
	objects, err := c.find(ctx, s, "", []string{name}, false)
	if err != nil {
		return err
	}
	roles := make([]string, len(held))
	for i, g := range held {
		roles[i] = g.Role
	}
	now, err := c.grants(ctx, s, objects, roles)
	if err != nil {
		return err
	}
	return s.together(ctx, pgSteps(now, held))
}

// memberships reads which of the members are in which of the groups.
func memberships(ctx context.Context, s *pgSession, groups, members []string) ([]pgGrant, error) {
	rows, err := s.rows(ctx, `SELECT g.rolname, m.rolname, bool_or(a.admin_option) FROM pg_catalog.pg_auth_members a
 JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
 WHERE g.rolname = ANY($1::text[]) AND m.rolname = ANY($2::text[]) GROUP BY 1, 2`, pgArray(groups), pgArray(members))
	if err != nil {
		return nil, err
	}
	var out []pgGrant
	for _, group := range groups {
		for _, member := range members {
			g := newGrant(pgMember, pgName(group), member, []string{pgMembership})
			for _, row := range rows {
				if row[0] == group && row[1] == member {
					g.Held[pgMembership] = row[2] == "t"
				}
			}
			out = append(out, g)
		}
	}
	return out, nil
}

// missingRoles are those that the server does not know.
func missingRoles(ctx context.Context, s *pgSession, roles []string) ([]string, error) {
	rows, err := s.rows(ctx, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY($1::text[])", pgArray(roles))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(roles), func(role string) bool {
		return role == pgPublic || slices.ContainsFunc(rows, func(row []string) bool { return row[0] == role })
	}), nil
}
