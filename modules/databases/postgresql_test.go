package databases

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestPgVerifies(t *testing.T) {
	// Made by PostgreSQL 15.
	const stored = "SCRAM-SHA-256$4096:FpmVBtijzNSgZeaKYCsQmA==$IDZYz6VZfjG0YnHiW6JGQRkQzi1bmMdONfh60VultbA=:a4tBv0EP2wxb8fw8fYmE1OrwByjW1Vj2xvY5NpRhv7k="
	const md5 = "md5" + "a1fa4f04fd8ae2d1e8a7ab0fc5bcd3b0"
	for _, c := range []struct {
		stored, role, password string
		want                   bool
	}{
		{stored, "app", "geheim", true}, {stored, "app", "Geheim", false}, {stored, "app", stored, true}, {stored, "app", "", false},
		{"", "app", "", true}, {"", "app", "geheim", false}, {md5Verifier("app", "geheim"), "app", "geheim", true},
		{md5Verifier("app", "geheim"), "other", "geheim", false}, {md5, "app", md5, true}, {stored, "app", md5, false}, {"plain", "app", "plain", true},
	} {
		if got := verifies(c.stored, c.role, c.password); got != c.want {
			t.Errorf("verifies(%q, %q, %q) = %v", c.stored, c.role, c.password, got)
		}
	}
	for _, encryption := range []string{"md5", "scram-sha-256"} {
		made, err := newVerifier(encryption, "app", "pä\u00a0ß", scramRounds)
		if err != nil || !verifies(made, "app", "pä ß") == (encryption == "scram-sha-256") || verifies(made, "app", "other") {
			t.Errorf("%s: %q, %v", encryption, made, err)
		}
	}
	if made, err := newVerifier("scram-sha-256", "app", md5, scramRounds); err != nil || made != md5 {
		t.Errorf("a verifier is not taken as it is: %q, %v", made, err)
	}
}

func TestPgQuotes(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{pgName(`a"b`), `"a""b"`}, {pgName(`"; DROP`), `"""; DROP"`}, {pgText("it's"), "'it''s'"}, {pgText(`a\'`), ` E'a\\'''`},
		{pgArray([]string{`a"b`, `c\`, "d,e", ""}), `{"a\"b","c\\","d,e",""}`}, {pgNames([]string{"a", "b"}), `"a", "b"`},
		{parameterValue("work_mem", "1'"), "'1'''"}, {parameterValue("search_path", `app, "$user"`), "'app', '$user'"}, {parameterValue("search_path", ""), "''"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}

func TestPgDistrust(t *testing.T) {
	for text, bad := range map[string]bool{"a": false, `x" --`: true, "1 union select 2": true, "a; drop table b": true, "it's": false, "selected": false} {
		if err := (pgLogin{}).distrust(&text); (err != nil) != bad {
			t.Errorf("%q: %v", text, err)
		}
		if err := (pgLogin{TrustInput: true}).distrust(&text); err != nil {
			t.Errorf("%q, trusted: %v", text, err)
		}
	}
}

func TestPgSettings(t *testing.T) {
	r := sys.WithEnv(modulestest.NewMachine(t), map[string]string{"PGHOST": "env", "PGPORT": "5433", "PGOPTIONS": "-c x=y", "PGPASSWORD": "from env"})
	user, port, missing := "me", 5434, "/no/such/file"
	for _, c := range []struct {
		name  string
		login pgLogin
		want  map[string]string
	}{
		{"environment", pgLogin{SSLMode: "prefer"}, map[string]string{"user": "postgres", "host": "env", "port": "5433", "options": "-c x=y", "password": "from env", "sslmode": "prefer", "dbname": "shop"}},
		{"socket", pgLogin{SSLMode: "prefer", LoginHost: "localhost", LoginSocket: "/run/pg", LoginUser: &user, Port: &port, CACert: &missing},
			map[string]string{"user": "me", "host": "/run/pg", "port": "5434", "sslrootcert": ""}},
		{"host", pgLogin{SSLMode: "verify-full", LoginHost: "db", LoginSocket: "/run/pg", LoginPassword: "p", CACert: &missing},
			map[string]string{"host": "db", "password": "p", "sslrootcert": missing}},
		{"more", pgLogin{LoginHost: "db", ConnectParams: map[string]any{"host": "other", "keepalives": 1, "connect_timeout": 3}},
			map[string]string{"host": "other", "keepalives": "", "connect_timeout": "3"}},
	} {
		got := c.login.settings(r, "shop")
		for key, want := range c.want {
			if got[key] != want {
				t.Errorf("%s: %s is %q, want %q", c.name, key, got[key], want)
			}
		}
	}
	odd := pgLogin{SSLMode: "disable", LoginHost: "127.0.0.1", LoginPassword: `it's \ "`, LoginUser: &user}
	config, err := odd.config(modulestest.NewMachine(t), `d'b\`)
	if err != nil || config.Password != `it's \ "` || config.Database != `d'b\` || config.User != "me" {
		t.Errorf("%+v, %v", config, err)
	}
}

func TestPgSteps(t *testing.T) {
	grant := func(kind, name, role string, held map[string]bool) pgGrant {
		g := newGrant(kind, name, role, nil)
		maps.Copy(g.Held, held)
		return g
	}
	from := []pgGrant{
		grant("TABLE", `"a"`, "r", map[string]bool{"SELECT": true, "UPDATE": false}),
		grant("TABLE", `"b"`, "r", map[string]bool{"UPDATE": false}),
		grant(pgMember, `"g"`, "m", map[string]bool{pgMembership: true}),
		grant("SCHEMA", `"gone"`, pgPublic, map[string]bool{"USAGE": false}),
		grant(pgDefault+"TABLES", `FOR ROLE "o"`, "r", nil),
	}
	to := []pgGrant{
		grant("TABLE", `"a"`, "r", map[string]bool{"SELECT": false, "INSERT": false}),
		grant("TABLE", `"b"`, "r", map[string]bool{"INSERT": false}),
		grant(pgMember, `"g"`, "m", map[string]bool{pgMembership: false}),
		grant(pgDefault+"TABLES", `FOR ROLE "o"`, "r", map[string]bool{"SELECT": true}),
	}
	want := []any{
		`REVOKE UPDATE ON TABLE "a", "b" FROM "r"`, `REVOKE GRANT OPTION FOR SELECT ON TABLE "a" FROM "r"`,
		`REVOKE ADMIN OPTION FOR "g" FROM "m"`, `REVOKE USAGE ON SCHEMA "gone" FROM PUBLIC`, `GRANT INSERT ON TABLE "a", "b" TO "r"`,
		`ALTER DEFAULT PRIVILEGES FOR ROLE "o" GRANT SELECT ON TABLES TO "r" WITH GRANT OPTION`,
	}
	if got := pgShown(pgSteps(from, to)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	if got := pgSteps(from, cloneGrants(from)); len(got) != 0 {
		t.Errorf("nothing to do, and yet %v", got)
	}
}

func TestPgPrivilegesOfUsers(t *testing.T) {
	got, err := parseWishes("CONNECT,temp/t:select, INSERT/s.t:ALL")
	want := []pgWish{{privileges: []string{"CONNECT", "TEMPORARY"}}, {"public", "t", []string{"SELECT", "INSERT"}}, {"s", "t", pgTablePrivileges}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"SELECT", "t:CONNECT", "t:SELECT;DROP"} {
		if _, err := parseWishes(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	flags, err := parseFlags("createdb, NOLOGIN,NOINHERIT,")
	if err != nil || !maps.Equal(flags, map[string]bool{"CREATEDB": true, "LOGIN": false, "INHERIT": false}) {
		t.Errorf("%v, %v", flags, err)
	}
	for _, bad := range []string{"CREATEUSER", "LOGIN,NOLOGIN", "LOGIN PASSWORD 'x'"} {
		if _, err := parseFlags(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestPgParameters(t *testing.T) {
	for _, c := range []struct {
		kind, unit, a, b string
		want             bool
	}{
		{"integer", "kB", "4096", "4MB", true}, {"integer", "8kB", "16384", "128MB", true}, {"integer", "kB", "4MB", "4GB", false},
		{"integer", "ms", "1s", "1000", true}, {"integer", "s", "5min", "300", true}, {"integer", "", "100", "100", true}, {"integer", "kB", "1", "one", false},
		{"integer", "ms", "1s", "1kB", false}, {"real", "", "0.5", ".50", true}, {"bool", "", "on", "TRUE", true}, {"bool", "", "of", "no", true},
		{"bool", "", "o", "on", false}, {"enum", "", "DDL", "ddl", true}, {"enum", "", "on", "yes", true}, {"string", "", "a", "A", false}, {"integer", "kB", "-1", "-1", true},
	} {
		if got := (pgParameter{kind: c.kind, unit: c.unit}).same(c.a, c.b); got != c.want {
			t.Errorf("%s of %q: %q and %q are the same: %v", c.kind, c.unit, c.a, c.b, got)
		}
	}
	for in, want := range map[string]string{"1mb": "1MB", "10gb": "10GB", "1b": "1B", "1kB": "1kB", "amb": "amb", "True": "on", "False": "off", "1MB": "1MB", "mb": "mb"} {
		if got := unitsAsWritten(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestPgArguments(t *testing.T) {
	named := map[string]any{"a": "it's", "b": nil, "l": []any{1, "x\"y", []any{"z"}, nil}, "d": map[string]any{"k": 1}}
	for _, c := range []struct {
		query      string
		positional []any
		named      map[string]any
		want       string
	}{
		{"100%", nil, nil, "100%"},
		{"%s,%s,%s,%% -%s", []any{1, `a\b`, true, -2.5}, nil, `1, E'a\\b',true,% - -2.5`},
		{"%(a)s %(b)s %(a)s", nil, named, "'it''s' NULL 'it''s'"},
		{"%(l)s %(d)s", nil, named, ` E'{1,"x\\"y",{"z"},NULL}' '{"k":1}'`},
	} {
		got, err := pgArguments(c.query, c.positional, c.named)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v", c.query, got, err)
		}
	}
	for _, bad := range []string{"%s %s", "", "%d", "%", "%(a)s"} {
		if got, err := pgArguments(bad, []any{1}, nil); err == nil {
			t.Errorf("%q was taken: %s", bad, got)
		}
	}
}

func TestPgValues(t *testing.T) {
	for _, c := range []struct {
		oid  uint32
		text string
		want any
	}{
		{oidBool, "t", true}, {oidInt8, "-5", -5}, {oidNumeric, "1.50", 1.5}, {25, "x", "x"}, {oidJSONB, `{"a": [1, 2.5, null]}`, map[string]any{"a": []any{1, 2.5, nil}}},
		{oidTimestampTZ, "2024-02-03 04:05:06+00", "2024-02-03T04:05:06+00:00"}, {oidTimestamp, "2024-02-03 04:05:06.5", "2024-02-03T04:05:06.500000"},
		{oidTimestamp, "infinity", "infinity"}, {oidDate, "2024-02-03", "2024-02-03"}, {oidInt4Array, "{1,NULL,{2}}", []any{1, nil, []any{2}}},
		{oidTextArray, `{a,"b,\"c",""}`, []any{"a", `b,"c`, ""}}, {oidTextArray, "{}", []any{}}, {oidTextArray, "[0:1]={1,2}", "[0:1]={1,2}"},
	} {
		if got := pgValue(c.oid, []byte(c.text)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d %s: %#v", c.oid, c.text, got)
		}
	}
	if got := pgValue(25, nil); got != nil {
		t.Errorf("NULL is %#v", got)
	}
}

func TestPgAnswers(t *testing.T) {
	for status, want := range map[string]bool{"SELECT 5": false, "INSERT 0 1": true, "INSERT 0 0": false, "UPDATE 0": false, "DELETE 3": true, "CREATE TABLE": true, "SET": true, "BEGIN": true} {
		if got := (pgAnswer{status: status}).changes(); got != want {
			t.Errorf("%s changes: %v", status, got)
		}
	}
	got := pgVersion("PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu")
	if got["major"] != 15 || got["minor"] != 14 || got["full"] != "15.14" {
		t.Errorf("%v", got)
	}
}

func TestPgDumpLines(t *testing.T) {
	fake := sys.NewFakeCommands()
	for _, name := range []string{"pg_dump", "pg_restore", "psql", "/usr/bin/bash", "bash"} {
		fake.On(name, sys.Output{})
	}
	s := modulestest.NewMachine(t, fake.Option())
	modulestest.Write(t, s, "/tmp/x.tar", "", 0o600)
	extra := "--exclude-table=t"
	for _, c := range []struct {
		p    PostgresDBParams
		want string
	}{
		{PostgresDBParams{State: "dump", Target: "/tmp/x.sql"}, "pg_dump --dbname='a b' --username=postgres  > /tmp/x.sql"},
		{PostgresDBParams{State: "dump", Target: "/tmp/it's.sql.gz", DumpExtraArgs: &extra, TargetOpts: "-n public"},
			`pg_dump --dbname='a b' --username=postgres --exclude-table=t -n public | gzip > '/tmp/it'"'"'s.sql.gz'`},
		{PostgresDBParams{State: "dump", Target: "/tmp/x.dir"}, "pg_dump --dbname='a b' --username=postgres --format=d  -f /tmp/x.dir"},
		{PostgresDBParams{State: "restore", Target: "/tmp/x.tar"}, "pg_restore --dbname='a b' --username=postgres --format=Tar  /tmp/x.tar"},
		{PostgresDBParams{State: "restore", Target: "/tmp/x.sql"}, "psql --dbname='a b' --username=postgres --file=/tmp/x.sql "},
		{PostgresDBParams{State: "restore", Target: "/tmp/x.xz"}, "xzcat /tmp/x.xz | psql --dbname='a b' --username=postgres "},
	} {
		c.p.DB = "a b"
		if got, err := c.p.client(s); err != nil || got != c.want {
			t.Errorf("%s, %v\nwant %s", got, err, c.want)
		}
	}
	res := PostgresDB().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"name": "shop", "state": "restore", "target": "/tmp/x.tar", "login_password": "geheim"}})
	calls := fake.Calls()
	if res.Failed() || !res.Changed() || len(calls) != 1 || calls[0].Env["PGPASSWORD"] != "geheim" || strings.Contains(strings.Join(calls[0].Argv, " "), "geheim") {
		t.Errorf("%v, %v", res, calls)
	}
}

// TestPgRefuses: what is wrong is refused before anybody connects to a server.
func TestPgRefuses(t *testing.T) {
	for _, c := range []struct {
		m    modules.Module
		args map[string]any
		want string
	}{
		{PostgresPrivs(), map[string]any{"privs": "SELECT"}, `Argument "objs" is required`},
		{PostgresPrivs(), map[string]any{"objs": "t"}, `Argument "privs" is required`},
		{PostgresPrivs(), map[string]any{"objs": "g", "type": "group", "privs": "ALL"}, `Argument "privs" is not allowed`},
		{PostgresPrivs(), map[string]any{"type": "database", "privs": "ALL", "schema": "s"}, `Argument "schema" is not allowed`},
		{PostgresPrivs(), map[string]any{"type": "schema", "privs": "ALL", "objs": "ALL_IN_SCHEMA"}, "ALL_IN_SCHEMA can be used only for"},
		{PostgresPrivs(), map[string]any{"type": "default_privs", "privs": "ALL", "objs": "ROWS"}, "Invalid Object set specified"},
		{PostgresPrivs(), map[string]any{"privs": "ALL", "objs": "t", "password": "geheim", "login_password": "secret"}, "but not both"},
		{PostgresUser(), map[string]any{"name": "PUBLIC", "password": "x"}, "cannot change the password for PUBLIC"},
		{PostgresUser(), map[string]any{"name": "a", "priv": "CONNECT"}, "privileges require a database"},
		{PostgresDB(), map[string]any{"name": "a", "state": "rename"}, `The "target" option must be defined`},
		{PostgresDB(), map[string]any{"name": "a", "state": "rename", "target": "a"}, "cannot be the same"},
		{PostgresSet(), map[string]any{"name": "a"}, "at least one of value or reset"},
		{PostgresQuery(), map[string]any{"query": "SELECT 1", "path_to_script": "/x"}, "mutually exclusive"},
	} {
		args := maps.Clone(c.args)
		if c.m.Info().Name == "postgresql_privs" {
			args["db"], args["roles"] = "shop", "a"
		}
		args["login_unix_socket"] = t.TempDir()
		res := c.m.Run(t.Context(), &modules.Call{Sys: modulestest.NewMachine(t), Args: args})
		if msg, _ := res["msg"].(string); !res.Failed() || !strings.Contains(msg, c.want) {
			t.Errorf("%s %v: %v, want %s", c.m.Info().Name, c.args, res["msg"], c.want)
		}
	}
}

func FuzzPgArray(f *testing.F) {
	for _, seed := range []string{"{}", `{a,"b\"",NULL,{1,2}}`, "{", `{"`, "{,}", "{a}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, ok := parseArray(text, 0)
		if !ok || slices.ContainsFunc(list, func(v any) bool { _, isText := v.(string); return !isText }) {
			return
		}
		items := make([]string, len(list))
		for i, v := range list {
			items[i] = v.(string)
		}
		again, ok := parseArray(pgArray(items), 0)
		if !ok || !reflect.DeepEqual(again, list) {
			t.Errorf("%q: %q, then %q", text, list, again)
		}
	})
}

func FuzzPgArguments(f *testing.F) {
	f.Add("SELECT %s", "it's")
	f.Add("%(a)s %%", `\`)
	f.Fuzz(func(_ *testing.T, query, argument string) {
		_, _ = pgArguments(query, []any{argument}, nil)
		_, _ = pgArguments(query, nil, map[string]any{"a": argument})
	})
}
