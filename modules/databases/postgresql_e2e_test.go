//go:build e2e

package databases

import (
	"net/url"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/database/pgtest"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// pgServer is a throw-away server.
type pgServer struct {
	login pgLogin
}

func startPg(t *testing.T) pgServer {
	t.Helper()
	u, err := url.Parse(pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	user := u.User.Username()
	return pgServer{pgLogin{LoginUser: &user, LoginHost: u.Query().Get("host"), SSLMode: "disable", TrustInput: true}}
}

// ask runs statements and returns the rows of a question, one a line.
func (p pgServer) ask(t *testing.T, database, sql string) string {
	t.Helper()
	s, err := p.login.connect(t.Context(), sys.Rooted(t.TempDir()), database)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	results, err := s.conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, pgError(err))
	}
	var b strings.Builder
	for _, res := range results {
		for _, row := range res.Rows {
			for _, cell := range row {
				b.Write(cell)
				b.WriteByte('|')
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// catalog writes down everything that the modules manage. An access control list that is not set reads as its default.
func (p pgServer) catalog(t *testing.T) string {
	t.Helper()
	text := p.ask(t, "postgres", `
SELECT 'role', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
 coalesce(nullif(rolvaliduntil, 'infinity')::text, 'never'), rolpassword, shobj_description(oid, 'pg_authid') FROM pg_authid ORDER BY 2;
SELECT 'member', g.rolname, m.rolname, a.admin_option FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member ORDER BY 2, 3;
SELECT 'setting', r.rolname, d.datname, s.setconfig FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase ORDER BY 2, 3;
SELECT 'database', datname, pg_get_userbyid(datdba), datconnlimit, pg_encoding_to_char(encoding), datcollate, datctype,
 (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(coalesce(datacl, acldefault('d', datdba))) x) FROM pg_database ORDER BY 2;
SELECT 'auto', name, setting FROM pg_file_settings WHERE sourcefile ~ 'auto.conf' ORDER BY 2;
SELECT 'in force', name, setting FROM pg_settings WHERE name IN ('work_mem', 'search_path', 'log_statement')`)
	for database := range strings.SplitSeq(p.ask(t, "postgres", "SELECT datname FROM pg_database WHERE datallowconn AND datname NOT LIKE 'template%' ORDER BY 1"), "\n") {
		if database = strings.TrimSuffix(database, "|"); database == "" {
			continue
		}
		text += p.ask(t, database, `
SELECT current_database(), relkind, relname, (SELECT string_agg(x::text, ' ' ORDER BY x::text)
 FROM unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) x)
 FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 2, 3;
SELECT current_database(), proname, (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(coalesce(proacl, acldefault('f', proowner))) x)
 FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 2, 3;
SELECT current_database(), nspname, (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) x)
 FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 2;
SELECT current_database(), extname, extversion, extnamespace::regnamespace FROM pg_extension ORDER BY 2;
SELECT current_database(), pg_get_userbyid(defaclrole), defaclnamespace, defaclobjtype,
 (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(defaclacl) x) FROM pg_default_acl ORDER BY 2, 3, 4`)
	}
	return text
}

// with is a machine whose server has nothing but what statements made: in the database postgres, and then in shop.
func (p pgServer) with(statements string, shop ...string) func(t *testing.T) ([]sys.RootedOption, func() string) {
	return func(t *testing.T) ([]sys.RootedOption, func() string) {
		t.Helper()
		for _, query := range []string{
			"SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname !~ '^(postgres|template.)$'",
			"SELECT format('DROP OWNED BY %I; DROP ROLE %1$I', rolname) FROM pg_roles WHERE rolname !~ '^(pg_|muster$)'",
		} {
			for drop := range strings.SplitSeq(p.ask(t, "postgres", query), "\n") {
				if drop = strings.TrimSuffix(drop, "|"); drop != "" {
					p.ask(t, "postgres", drop)
				}
			}
		}
		p.ask(t, "postgres", "ALTER SYSTEM RESET ALL")
		p.ask(t, "postgres", "SELECT pg_reload_conf()")
		for statement := range strings.SplitSeq(statements, ";") {
			p.ask(t, "postgres", statement)
		}
		for _, statement := range shop {
			p.ask(t, "shop", statement)
		}
		return nil, func() string { return p.catalog(t) }
	}
}

// args completes arguments with the login.
func (p pgServer) args(args map[string]any) map[string]any {
	args["login_host"], args["login_user"], args["ssl_mode"] = p.login.LoginHost, *p.login.LoginUser, "disable"
	return args
}

// meddle runs statements after the change.
func (p pgServer) meddle(database, sql string) func(*testing.T, sys.System) {
	return func(t *testing.T, _ sys.System) { t.Helper(); p.ask(t, database, sql) }
}

func TestPostgresDB(t *testing.T) {
	p := startPg(t)
	db := func(args map[string]any) map[string]any { args["name"] = `sh"op`; return p.args(args) }
	modulestest.Run(t, PostgresDB(), []modulestest.Case{
		{Name: "new", Machine: p.with("CREATE ROLE owner"), Args: db(map[string]any{"owner": "owner", "encoding": "utf8", "template": "template0",
			"lc_collate": "C", "lc_ctype": "C", "conn_limit": 3}), Meddle: p.meddle(`sh"op`, "CREATE TABLE t ()"),
			Result: map[string]any{"db": `sh"op`, "executed_commands": []any{`CREATE DATABASE "sh""op" OWNER "owner" TEMPLATE "template0" ENCODING 'utf8' LC_COLLATE 'C' LC_CTYPE 'C' CONNECTION LIMIT 3`}}},
		{Name: "plain", Machine: p.with(""), Args: db(map[string]any{}), Meddle: p.meddle(`sh"op`, "CREATE SCHEMA s")},
		{Name: "owner and limit", Machine: p.with(`CREATE ROLE owner; CREATE ROLE other; CREATE DATABASE "sh""op" OWNER other CONNECTION LIMIT 7; GRANT CREATE ON DATABASE "sh""op" TO owner`),
			Args: db(map[string]any{"owner": "owner", "conn_limit": "9"}), Meddle: p.meddle("postgres", `ALTER DATABASE "sh""op" CONNECTION LIMIT 1`)},
		{Name: "there", Machine: p.with(`CREATE DATABASE "sh""op"`), Args: db(map[string]any{"encoding": "UTF-8"}), Unchanged: true},
		{Name: "encoding", Machine: p.with(`CREATE DATABASE "sh""op"`), Args: db(map[string]any{"encoding": "LATIN1"}), Failed: "Changing database encoding is not supported"},
		{Name: "collation", Machine: p.with(`CREATE DATABASE "sh""op"`), Args: db(map[string]any{"lc_collate": "xx"}), Failed: "Changing LC_COLLATE is not supported"},
		{Name: "absent", Machine: p.with(`CREATE DATABASE "sh""op"`), Args: db(map[string]any{"state": "absent", "force": true}), NoUndo: true},
		{Name: "absent already", Machine: p.with(""), Args: db(map[string]any{"state": "absent"}), Unchanged: true},
		{Name: "rename", Machine: p.with(`CREATE DATABASE "sh""op"`), Args: db(map[string]any{"state": "rename", "target": "new"}),
			Meddle: p.meddle("postgres", `CREATE DATABASE "sh""op"`)},
		{Name: "renamed", Machine: p.with("CREATE DATABASE new"), Args: db(map[string]any{"state": "rename", "target": "new"}), Unchanged: true},
		{Name: "rename nothing", Machine: p.with(""), Args: db(map[string]any{"state": "rename", "target": "new"}), Failed: "The source and the target databases do not exist."},
		{Name: "bad limit", Machine: p.with(""), Args: db(map[string]any{"conn_limit": "1; DROP"}), Failed: "conn_limit must be a number"},
		{Name: "distrusted", Machine: p.with(""), Args: db(map[string]any{"owner": "a'; DROP DATABASE x --", "trust_input": false}), Failed: "is potentially dangerous"},
	})
}

const somebody = `CREATE ROLE "it's" SUPERUSER LOGIN PASSWORD 'old' VALID UNTIL '2031-01-02 03:04:05+02' CONNECTION LIMIT 4; CREATE ROLE g1; CREATE ROLE g2;
CREATE ROLE m1; GRANT g1 TO "it's" WITH ADMIN OPTION; GRANT "it's" TO m1; COMMENT ON ROLE "it's" IS 'he'; CREATE DATABASE shop`

func TestPostgresUser(t *testing.T) {
	p := startPg(t)
	user := func(args map[string]any) map[string]any {
		if args["name"] = "it's"; args["db"] == nil {
			args["db"] = "postgres"
		}
		return p.args(args)
	}
	settled := somebody + `; ALTER ROLE "it's" SET search_path TO "a b", public; ALTER ROLE "it's" IN DATABASE shop SET work_mem TO '5MB'`
	modulestest.Run(t, PostgresUser(), []modulestest.Case{
		{Name: "new", Machine: p.with("CREATE ROLE g1"), Args: user(map[string]any{"password": `pass'\word`, "role_attr_flags": "CREATEDB,NOLOGIN", "expires": "2030-01-01",
			"conn_limit": 3, "comment": `it's \ he`, "groups": []any{"g1"}}), Meddle: p.meddle("postgres", `CREATE DATABASE owned OWNER "it's"`), Check: noSecret(`pass'\word`)},
		{Name: "md5", Machine: p.with(""), Args: user(map[string]any{"password": "md5" + strings.Repeat("0a", 16)})},
		{Name: "plain", Machine: p.with(""), Args: user(map[string]any{}), Result: map[string]any{"user": "it's", "queries": []any{`CREATE USER "it's"`}}},
		{Name: "everything", Machine: p.with(somebody), Args: user(map[string]any{"password": "new", "role_attr_flags": "nosuperuser,createdb", "expires": "infinity",
			"conn_limit": -1, "comment": "", "groups": []any{"g2", "g1"}}), Meddle: p.meddle("postgres", `ALTER ROLE "it's" PASSWORD 'other'`)},
		{Name: "no password", Machine: p.with(somebody), Args: user(map[string]any{"password": ""})},
		{Name: "the same", Machine: p.with(somebody), Args: user(map[string]any{"password": "old", "expires": "2031-01-02 03:04:05+02", "role_attr_flags": "SUPERUSER", "comment": "he"}), Unchanged: true},
		{Name: "left alone", Machine: p.with(somebody), Args: user(map[string]any{"password": "new", "no_password_changes": true}), Unchanged: true},
		{Name: "removed", Machine: p.with(settled), Args: user(map[string]any{"state": "absent"}), Meddle: p.meddle("postgres", `CREATE ROLE "it's"`),
			Result: map[string]any{"user_removed": true, "queries": []any{`DROP USER "it's"`}}},
		{Name: "removed already", Machine: p.with(""), Args: user(map[string]any{"state": "absent"}), Unchanged: true},
		{Name: "owns something", Machine: p.with(somebody + `; CREATE DATABASE owned OWNER "it's"`), Args: user(map[string]any{"state": "absent"}), Failed: "Unable to remove user"},
		{Name: "owns something, ignored", Machine: p.with(somebody + `; CREATE DATABASE owned OWNER "it's"`),
			Args: user(map[string]any{"state": "absent", "fail_on_user": false}), Unchanged: true, Result: map[string]any{"user_removed": false}},
		{Name: "privileges", Machine: p.with(somebody, "CREATE TABLE t ()"), Args: user(map[string]any{"db": "shop", "priv": "CONNECT,TEMP/t:SELECT,INSERT"})},
		{Name: "privileges taken", Machine: p.with(somebody, `CREATE TABLE t (); GRANT SELECT ON t TO "it's"`), Args: user(map[string]any{"db": "shop", "priv": "t:ALL", "state": "absent"})},
		{Name: "bad flags", Machine: p.with(""), Args: user(map[string]any{"role_attr_flags": "LOGIN;DROP"}), Failed: "Invalid role_attr_flags specified: LOGIN;DROP"},
		{Name: "bad date", Machine: p.with(""), Args: user(map[string]any{"expires": "soon"}), Failed: "invalid input syntax"},
		{Name: "no such group", Machine: p.with(""), Args: user(map[string]any{"groups": []any{"nobody"}}), Failed: "Role nobody does not exist"},
	})
}

// noSecret fails when a result holds a text.
func noSecret(text string) func(*testing.T, sys.System, modules.Result) {
	return func(t *testing.T, _ sys.System, res modules.Result) {
		t.Helper()
		if shown := modules.PyRepr(map[string]any(res)); strings.Contains(shown, text) || strings.Contains(shown, "SCRAM-SHA-256$") {
			t.Errorf("the result holds the password: %s", shown)
		}
	}
}

func TestPostgresPrivs(t *testing.T) {
	p := startPg(t)
	roles := `CREATE ROLE a; CREATE ROLE "b""c"; CREATE ROLE owner; CREATE DATABASE shop`
	tables := `CREATE TABLE t (); CREATE TABLE "U v" (); CREATE VIEW w AS SELECT 1; CREATE SEQUENCE s; CREATE SCHEMA app;
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS ''; CREATE TYPE ty AS ENUM ('x')`
	with := p.with(roles, tables)
	held := p.with(roles, tables, `GRANT SELECT, INSERT ON t TO a WITH GRANT OPTION; GRANT USAGE ON SCHEMA app TO a;
ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT SELECT, DELETE ON TABLES TO a`)
	privs := func(args map[string]any) map[string]any { args["db"] = "shop"; return p.args(args) }
	modulestest.Run(t, PostgresPrivs(), []modulestest.Case{
		{Name: "tables", Machine: with, Args: privs(map[string]any{"roles": `a,b"c`, "privs": "select,insert", "objs": "t,U v"}), Meddle: p.meddle("shop", "REVOKE INSERT ON t FROM a"),
			Result: map[string]any{"queries": []any{`GRANT INSERT, SELECT ON TABLE "public"."t", "public"."U v" TO "a"`, `GRANT INSERT, SELECT ON TABLE "public"."t", "public"."U v" TO "b""c"`}}},
		{Name: "all of them", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "ALL_IN_SCHEMA", "grant_option": true}), Meddle: p.meddle("shop", "GRANT SELECT ON t TO a; REVOKE UPDATE ON w FROM a")},
		{Name: "public", Machine: with, Args: privs(map[string]any{"roles": "PUBLIC", "privs": "SELECT", "objs": "t"})},
		{Name: "part of it", Machine: held, Args: privs(map[string]any{"roles": "a", "privs": "SELECT,UPDATE", "objs": "t"})},
		{Name: "no option", Machine: held, Args: privs(map[string]any{"roles": "a", "privs": "SELECT,UPDATE", "objs": "t", "grant_option": false})},
		{Name: "revoke", Machine: held, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "t", "state": "absent"}), Meddle: p.meddle("shop", "GRANT SELECT ON t TO a")},
		{Name: "held", Machine: held, Args: privs(map[string]any{"roles": "a", "privs": "SELECT", "objs": "t"}), Unchanged: true},
		{Name: "sequences", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "ALL_IN_SCHEMA", "type": "sequence"})},
		{Name: "function", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "f(int:text)", "type": "function"})},
		{Name: "functions", Machine: with, Args: privs(map[string]any{"roles": "PUBLIC", "privs": "EXECUTE", "objs": "ALL_IN_SCHEMA", "type": "function", "state": "absent"})},
		{Name: "procedure", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "EXECUTE", "objs": "p()", "type": "procedure"})},
		{Name: "type", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "ty", "type": "type"})},
		{Name: "schema", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "ALL", "objs": "public,app", "type": "schema"})},
		{Name: "database", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "CONNECT,TEMP", "type": "database"})},
		{Name: "database of public", Machine: with, Args: privs(map[string]any{"roles": "PUBLIC", "privs": "ALL", "type": "database", "state": "absent"})},
		{Name: "language", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "USAGE", "type": "language", "objs": "plpgsql"})},
		{Name: "tablespace", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "CREATE", "type": "tablespace", "objs": "pg_default"})},
		{Name: "group", Machine: with, Args: privs(map[string]any{"roles": "a,owner", "objs": `b"c`, "type": "group", "admin_option": true})},
		{Name: "group left", Machine: p.with(roles + `; GRANT "b""c" TO a WITH ADMIN OPTION`), Args: privs(map[string]any{"roles": "a", "objs": `b"c`, "type": "group", "state": "absent"})},
		{Name: "group option", Machine: p.with(roles + `; GRANT "b""c" TO a WITH ADMIN OPTION`), Args: privs(map[string]any{"roles": "a", "objs": `b"c`, "type": "group", "grant_option": false})},
		{Name: "defaults", Machine: held, Args: privs(map[string]any{"roles": "a", "objs": "TABLES,SEQUENCES", "privs": "SELECT", "type": "default_privs", "target_roles": "owner"})},
		{Name: "all defaults", Machine: held, Args: privs(map[string]any{"roles": "a", "objs": "ALL_DEFAULT", "privs": "ALL", "type": "default_privs", "grant_option": true})},
		{Name: "defaults everywhere", Machine: held, Args: privs(map[string]any{"roles": "PUBLIC", "objs": "FUNCTIONS", "privs": "EXECUTE", "type": "default_privs", "schema": "not-specified",
			"target_roles": "owner", "usage_on_types": false}), Unchanged: true},
		{Name: "default schemas", Machine: held, Args: privs(map[string]any{"roles": "a", "objs": "schemas", "privs": "USAGE", "type": "default_privs", "usage_on_types": false})},
		{Name: "defaults taken", Machine: held, Args: privs(map[string]any{"roles": "a", "objs": "TABLES", "privs": "SELECT", "type": "default_privs", "target_roles": "owner", "state": "absent"})},
		{Name: "no such table", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "SELECT", "objs": "nothing"}), Failed: `relation "public.nothing" does not exist`},
		{Name: "no such role", Machine: with, Args: privs(map[string]any{"roles": "nobody", "privs": "SELECT", "objs": "t"}), Failed: "Role 'nobody' does not exist"},
		{Name: "no such role, ignored", Machine: with, Args: privs(map[string]any{"roles": "nobody", "privs": "SELECT", "objs": "t", "fail_on_role": false}), Unchanged: true},
		{Name: "no such privilege", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "CONNECT", "objs": "t"}), Failed: "invalid privilege type CONNECT for table"},
		{Name: "nonsense", Machine: with, Args: privs(map[string]any{"roles": "a", "privs": "SELECT; DROP TABLE t", "objs": "t"}), Failed: "Invalid privileges specified"},
	})
}

func TestPostgresExt(t *testing.T) {
	p := startPg(t)
	shop := p.with("CREATE DATABASE shop", "CREATE SCHEMA app")
	ext := func(args map[string]any) map[string]any { args["db"] = "shop"; return p.args(args) }
	modulestest.Run(t, PostgresExt(), []modulestest.Case{
		{Name: "new", Machine: shop, Args: ext(map[string]any{"name": "pg_trgm", "schema": "app"}), Result: map[string]any{"db": "shop", "ext": "pg_trgm",
			"queries": []any{`CREATE EXTENSION "pg_trgm" WITH SCHEMA "app"`}}, Meddle: p.meddle("shop", "ALTER EXTENSION pg_trgm SET SCHEMA public")},
		{Name: "cascade", Machine: shop, Args: ext(map[string]any{"name": "earthdistance", "cascade": true})},
		{Name: "version", Machine: shop, Args: ext(map[string]any{"name": "pg_trgm", "version": "1.3"})},
		{Name: "update", Machine: p.with("CREATE DATABASE shop", "CREATE EXTENSION pg_trgm VERSION '1.3'"), Args: ext(map[string]any{"name": "pg_trgm", "version": "latest"}), NoUndo: true},
		{Name: "newest", Machine: p.with("CREATE DATABASE shop", "CREATE EXTENSION pg_trgm"), Args: ext(map[string]any{"name": "pg_trgm", "version": "latest"}), Unchanged: true},
		{Name: "absent", Machine: p.with("CREATE DATABASE shop", "CREATE SCHEMA app", "CREATE EXTENSION pg_trgm VERSION '1.3' SCHEMA app"), Args: ext(map[string]any{"name": "pg_trgm", "state": "absent"})},
		{Name: "unknown", Machine: shop, Args: ext(map[string]any{"name": "no_such"}), Failed: "Extension no_such is not available"},
		{Name: "unknown version", Machine: shop, Args: ext(map[string]any{"name": "pg_trgm", "version": "9"}), Failed: "Passed version '9' is not available"},
	})
}

func TestPostgresMembership(t *testing.T) {
	p := startPg(t)
	roles := "CREATE ROLE g1; CREATE ROLE g2; CREATE ROLE a; CREATE ROLE b; GRANT g1 TO a WITH ADMIN OPTION; GRANT g2 TO a"
	member := func(state string, groups ...any) map[string]any {
		return p.args(map[string]any{"db": "postgres", "groups": groups, "target_roles": []any{"a", "b"}, "state": state})
	}
	modulestest.Run(t, PostgresMembership(), []modulestest.Case{
		{Name: "present", Machine: p.with(roles), Args: member("present", "g1"), Meddle: p.meddle("postgres", "GRANT g1 TO b WITH ADMIN OPTION"),
			Result: map[string]any{"granted": map[string]any{"g1": []any{"b"}}, "queries": []any{`GRANT "g1" TO "b"`}}},
		{Name: "absent", Machine: p.with(roles), Args: member("absent", "g1", "g2")},
		{Name: "exact", Machine: p.with(roles), Args: member("exact", "g2")},
		{Name: "there", Machine: p.with(roles + "; GRANT g2 TO b"), Args: member("present", "g2"), Unchanged: true},
		{Name: "no such role", Machine: p.with(roles), Args: member("present", "nobody"), Failed: "Role nobody does not exist"},
	})
}

func TestPostgresSchema(t *testing.T) {
	p := startPg(t)
	const before = "CREATE ROLE a; CREATE ROLE b; CREATE DATABASE shop"
	made := p.with(before, `CREATE SCHEMA "a""p" AUTHORIZATION a; GRANT USAGE ON SCHEMA "a""p" TO b WITH GRANT OPTION; COMMENT ON SCHEMA "a""p" IS 'it''s'`)
	schema := func(args map[string]any) map[string]any {
		args["name"], args["db"] = `a"p`, "shop"
		return p.args(args)
	}
	modulestest.Run(t, PostgresSchema(), []modulestest.Case{
		{Name: "new", Machine: p.with(before), Args: schema(map[string]any{"owner": "a"}), Meddle: p.meddle("shop", `ALTER SCHEMA "a""p" OWNER TO b`),
			Result: map[string]any{"schema": `a"p`, "queries": []any{`CREATE SCHEMA "a""p" AUTHORIZATION "a"`}}},
		{Name: "owner", Machine: made, Args: schema(map[string]any{"owner": "b"})},
		{Name: "there", Machine: made, Args: schema(map[string]any{}), Unchanged: true},
		{Name: "absent", Machine: made, Args: schema(map[string]any{"state": "absent"})},
		{Name: "not empty", Machine: p.with(before, `CREATE SCHEMA "a""p"; CREATE TABLE "a""p".t ()`), Args: schema(map[string]any{"state": "absent"}), NoCheck: true, Failed: "Database query failed"},
		{Name: "cascade", Machine: p.with(before, `CREATE SCHEMA "a""p"; CREATE TABLE "a""p".t ()`), Args: schema(map[string]any{"state": "absent", "cascade_drop": true}), NoUndo: true},
	})
}

func TestPostgresSet(t *testing.T) {
	p := startPg(t)
	set := func(args map[string]any) map[string]any { args["db"] = "postgres"; return p.args(args) }
	modulestest.Run(t, PostgresSet(), []modulestest.Case{
		{Name: "size", Machine: p.with(""), Args: set(map[string]any{"name": "work_mem", "value": "32mb"}), Meddle: p.meddle("postgres", "ALTER SYSTEM SET work_mem = '1MB'"),
			Result: map[string]any{"prev_val_pretty": "4MB", "value_pretty": "32MB", "context": "user", "restart_required": false, "value": map[string]any{"unit": "b", "value": 33554432}}},
		{Name: "the same", Machine: p.with(""), Args: set(map[string]any{"name": "work_mem", "value": "4096kB"}), Unchanged: true},
		{Name: "over another", Machine: p.with("ALTER SYSTEM SET work_mem = '1MB'; SELECT pg_reload_conf()"), Args: set(map[string]any{"name": "work_mem", "value": "8192"})},
		{Name: "list", Machine: p.with(""), Args: set(map[string]any{"name": "search_path", "value": `app, "$user", public`})},
		{Name: "enum", Machine: p.with(""), Args: set(map[string]any{"name": "log_statement", "value": "ddl"})},
		{Name: "default", Machine: p.with("ALTER SYSTEM SET work_mem = '1MB'; SELECT pg_reload_conf()"), Args: set(map[string]any{"name": "work_mem", "value": "default"})},
		{Name: "default already", Machine: p.with(""), Args: set(map[string]any{"name": "work_mem", "value": "default"}), Unchanged: true},
		{Name: "reset", Machine: p.with("ALTER SYSTEM SET work_mem = '1MB'; SELECT pg_reload_conf()"), Args: set(map[string]any{"name": "work_mem", "reset": true})},
		{Name: "restart", Machine: p.with(""), Args: set(map[string]any{"name": "max_connections", "value": 123}), Result: map[string]any{"restart_required": true}},
		{Name: "fixed", Machine: p.with(""), Args: set(map[string]any{"name": "block_size", "value": 1}), Failed: "cannot be changed (internal context)"},
		{Name: "unknown", Machine: p.with(""), Args: set(map[string]any{"name": "no_such", "value": 1}), Failed: "No such parameter: no_such"},
		{Name: "wrong", Machine: p.with(""), Args: set(map[string]any{"name": "work_mem", "value": "much"}), NoCheck: true, Failed: "invalid value for parameter"},
	})
}

func TestPostgresQuery(t *testing.T) {
	p := startPg(t)
	p.with("CREATE DATABASE shop", "CREATE TABLE t (id int, what text)", "CREATE SCHEMA app", "CREATE TABLE app.t (x int)")(t)
	run := func(check bool, args map[string]any) modules.Result {
		t.Helper()
		args["db"] = "shop"
		return PostgresQuery().Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t), Check: check, Args: p.args(args)})
	}
	insert := map[string]any{"query": "INSERT INTO t VALUES (%s, %s)", "positional_args": []any{1, "it's; DROP TABLE t --"}}
	if res := run(true, insert); !res.Changed() || res.Failed() || p.ask(t, "shop", "SELECT count(*) FROM t") != "0|\n" {
		t.Errorf("check mode: %v", res)
	}
	if res := run(false, insert); !res.Changed() || res["rowcount"] != 1 || res["statusmessage"] != "INSERT 0 1" {
		t.Errorf("%v", res)
	}
	res := run(false, map[string]any{"query": []any{"SELECT * FROM t WHERE id = %(id)s", "UPDATE t SET id = 3 WHERE id = %(id)s + 5"}, "named_args": map[string]any{"id": 1}})
	if all, _ := res["query_all_results"].([]any); res.Changed() || len(all) != 2 || modules.PyRepr(all[0]) != `[{'id': 1, 'what': "it's; DROP TABLE t --"}]` {
		t.Errorf("%v", res)
	}
	if res := run(false, map[string]any{"query": []any{"DELETE FROM t", "NONSENSE"}}); !res.Failed() || p.ask(t, "shop", "SELECT count(*) FROM t") != "1|\n" {
		t.Errorf("half of it happened: %v", res)
	}
	if res := run(false, map[string]any{"query": "SELECT * FROM t", "search_path": []any{"app", "public"}}); modules.PyRepr(res["query_result"]) != "[]" || res.Changed() {
		t.Errorf("%v", res)
	}
	if res := run(false, map[string]any{"query": "VACUUM t", "autocommit": true}); res.Failed() || !res.Changed() {
		t.Errorf("%v", res)
	}
	if res := run(true, map[string]any{"query": "VACUUM t", "autocommit": true}); !res.Failed() {
		t.Errorf("%v", res)
	}
}

// TestPostgresPasswords: what the server stores of a password is what we compute of it, and lets the role in.
func TestPostgresPasswords(t *testing.T) {
	p := startPg(t)
	for _, encryption := range []string{"md5", "scram-sha-256"} {
		for i, password := range []string{"geheim", "pä\u00a0ßwörd", "\ufb01x\u00ad\u2168", "a b  c", "\U0001f600 joy", strings.Repeat("x", 200), "it's \\"} {
			p.ask(t, "postgres", "DROP ROLE IF EXISTS someone; SET password_encryption = '"+encryption+"'; CREATE ROLE someone PASSWORD "+pgText(password))
			stored := strings.TrimSuffix(p.ask(t, "postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'someone'"), "|\n")
			if !verifies(stored, "someone", password) || verifies(stored, "someone", password+"x") {
				t.Errorf("%s, password %d: what the server stored is not known again", encryption, i)
			}
			made, err := newVerifier(encryption, "someone", password, scramRounds)
			if err != nil || !verifies(made, "someone", password) {
				t.Errorf("%s, password %d: %v", encryption, i, err)
			}
		}
	}
	ping := PostgresPing().Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t), Args: p.args(map[string]any{"db": "postgres"})})
	if ping["is_available"] != true || ping.Failed() {
		t.Errorf("%v", ping)
	}
	ping = PostgresPing().Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t), Args: p.args(map[string]any{"db": "nothing"})})
	if ping["is_available"] != false || ping.Failed() || !strings.Contains(modules.PyStr(ping["conn_err_msg"]), "does not exist") {
		t.Errorf("%v", ping)
	}
}

// TestPostgresUserUnseen: a role that may make roles and may not see what is stored of passwords sets them every time, says
// so, and leaves them alone when told to.
func TestPostgresUserUnseen(t *testing.T) {
	p := startPg(t)
	p.with("CREATE ROLE manager CREATEROLE CREATEDB LOGIN; CREATE ROLE team; CREATE ROLE boss LOGIN; GRANT team TO boss")(t)
	run := func(m modules.Module, login string, args map[string]any) modules.Result {
		t.Helper()
		args = p.args(args)
		args["login_user"] = login
		return m.Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t), Args: args})
	}
	for range 2 {
		res := run(PostgresUser(), "manager", map[string]any{"name": "app", "password": "geheim", "db": "postgres", "conn_limit": 3})
		if !res.Changed() || res.Failed() {
			t.Errorf("%v", res)
		}
		stored := strings.TrimSuffix(p.ask(t, "postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'app'"), "|\n")
		if !verifies(stored, "app", "geheim") {
			t.Error("the password is not the one given")
		}
	}
	res := run(PostgresUser(), "manager", map[string]any{"name": "app", "password": "other", "db": "postgres", "conn_limit": 3, "no_password_changes": true})
	if res.Changed() || res.Failed() {
		t.Errorf("%v", res)
	}
	res = run(PostgresDB(), "manager", map[string]any{"name": "shop"})
	if owner := p.ask(t, "postgres", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'"); res.Failed() || owner != "manager|\n" {
		t.Errorf("%v, owner %s", res, owner)
	}
	p.ask(t, "shop", "GRANT CREATE ON SCHEMA public TO team")
	res = run(PostgresQuery(), "boss", map[string]any{"db": "shop", "query": "CREATE TABLE t ()", "session_role": "team"})
	if owner := p.ask(t, "shop", "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 't'"); res.Failed() || owner != "team|\n" {
		t.Errorf("%v, owner %s", res, owner)
	}
	res = run(PostgresPrivs(), "boss", map[string]any{"db": "shop", "roles": "app", "privs": "SELECT", "objs": "t"})
	if res.Failed() || !res.Changed() {
		t.Errorf("a member of the owner grants: %v", res)
	}
	if res = run(PostgresPrivs(), "app", map[string]any{"db": "shop", "roles": "boss", "privs": "SELECT", "objs": "t"}); !res.Failed() {
		t.Errorf("somebody who may not grant: %v", res)
	}
}
