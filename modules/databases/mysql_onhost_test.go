//go:build onhost

package databases

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// mariadb runs statements as the server's administrator.
func mariadb(t *testing.T, statements string) string {
	t.Helper()
	cmd := exec.Command("mariadb", "-N", "-r")
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("mariadb: %v\n%s", err, out)
	}
	return string(out)
}

// serve installs the server where it is missing: the hosts of the lab are thrown away.
func serve(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("mariadb"); err == nil {
		return
	}
	install := exec.Command("sh", "-c", "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mariadb-server")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("no MariaDB, and none to install (lab/lab nat lets hosts reach packages): %v\n%s", err, out)
	}
}

// accounts are all accounts with their privileges, and all databases with their tables.
func accounts(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(mariadb(t, "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE is_role = 'N' ORDER BY 1")) {
		account := strings.TrimSpace(line)
		b.WriteString(mariadb(t, "SHOW CREATE USER "+account+"; SHOW GRANTS FOR "+account))
	}
	b.WriteString(mariadb(t, `SELECT schema_name, default_character_set_name, default_collation_name FROM information_schema.schemata ORDER BY 1;
		SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2;
		SELECT @@GLOBAL.long_query_time, @@GLOBAL.max_connections, @@GLOBAL.slow_query_log`))
	return strings.ReplaceAll(b.String(), "(`b`, `a`)", "(`a`, `b`)") // their order means nothing
}

// server is a machine whose server has nothing but what a case starts from.
func server(with string) func(t *testing.T) ([]sys.RootedOption, func() string) {
	return func(t *testing.T) ([]sys.RootedOption, func() string) {
		serve(t)
		var drop strings.Builder
		for line := range strings.Lines(mariadb(t, `SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host)) FROM mysql.user
			WHERE is_role = 'N' AND user NOT IN ('root', 'mysql', 'mariadb.sys');
			SELECT CONCAT('DROP ROLE ', user) FROM mysql.user WHERE is_role = 'Y' AND user <> 'PUBLIC';
			SELECT CONCAT('DROP DATABASE `+"`', REPLACE(schema_name, '`', '``'), '`"+`') FROM information_schema.schemata
			WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')`)) {
			drop.WriteString(strings.TrimSpace(line) + ";\n")
		}
		mariadb(t, drop.String()+`CREATE USER admin@'127.0.0.1'; GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;
			CREATE USER admin@localhost; GRANT ALL ON *.* TO admin@localhost WITH GRANT OPTION;
			SET GLOBAL long_query_time = 10; SET GLOBAL max_connections = 151; SET GLOBAL slow_query_log = 0;`+with)
		return nil, func() string { return accounts(t) }
	}
}

// login adds how cases log in: over TCP, without a password, which undo has none of.
func login(args map[string]any) map[string]any {
	args["login_host"], args["login_user"], args["config_file"] = "127.0.0.1", "admin", ""
	return args
}

func alter(statement string) func(t *testing.T, s sys.System) {
	return func(t *testing.T, _ sys.System) { t.Helper(); mariadb(t, statement) }
}

const (
	furnished = "CREATE DATABASE shop; CREATE TABLE shop.t (a INT, b INT, C INT); CREATE FUNCTION shop.f() RETURNS INT RETURN 1;"
	old       = furnished + `CREATE USER old@'%' IDENTIFIED BY 'geheim' REQUIRE SSL WITH MAX_USER_CONNECTIONS 4 MAX_STATEMENT_TIME 2.5;
		GRANT SELECT, UPDATE (a, b) ON shop.t TO old@'%' WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION shop.f TO old@'%'; CREATE ROLE boss; GRANT boss TO old@'%'; GRANT boss TO admin@'127.0.0.1', admin@localhost WITH ADMIN OPTION;`
	sibling = "CREATE USER app@'10.%' IDENTIFIED BY 'geheim';"
)

func TestMySQLUserLaws(t *testing.T) {
	is := func(privs string, more ...any) map[string]any {
		args := map[string]any{"name": "old", "host": "%", "priv": privs, "tls_requires": map[string]any{"SSL": nil}}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return login(args)
	}
	modulestest.Run(t, MySQLUser(), []modulestest.Case{
		{Name: "new", Machine: server(furnished), Meddle: alter("ALTER USER app@'10.%' IDENTIFIED BY 'another'"),
			Args:   login(map[string]any{"name": "app", "host": "10.%", "password": "s'\\\"é%", "priv": "shop.*:SELECT, insert/*.*:PROCESS,GRANT/shop.t:UPDATE(b,a)"}),
			Result: map[string]any{"user": "app", "msg": "User added", "password_changed": true}},
		{Name: "new with everything", Machine: server(furnished),
			Args: login(map[string]any{"name": "it's", "host": "LocalHost", "encrypted": true, "password": nativeKept("x"), "priv": map[string]any{"*.*": "ALL,GRANT"},
				"tls_requires": map[string]any{"subject": "/CN=a'b", "issuer": "/CN=ca", "SSL": nil}, "resource_limits": map[string]any{"MAX_USER_CONNECTIONS": "7", "MAX_STATEMENT_TIME": 1.5}})},
		{Name: "new without a word", Machine: server(""), Args: login(map[string]any{"name": "bare"})},
		{Name: "with a plugin", Machine: server(""), Args: login(map[string]any{"name": "sock", "plugin": "unix_socket"})},
		{Name: "known from elsewhere", Machine: server(sibling), Args: login(map[string]any{"name": "app", "password": "never", "update_password": "on_new_username"}),
			Check: func(t *testing.T, _ sys.System, _ modules.Result) {
				if got := mariadb(t, "SHOW CREATE USER app@localhost"); !strings.Contains(got, nativeKept("geheim")) {
					t.Errorf("the password is not that of the other host: %s", got)
				}
			}},
		{Name: "as it is", Machine: server(old), Unchanged: true, Args: is("shop.t:SELECT,UPDATE(b,a),GRANT/FUNCTION shop.f:EXECUTE", "password", "geheim",
			"resource_limits", map[string]any{"MAX_USER_CONNECTIONS": 4, "MAX_STATEMENT_TIME": "2.5"})},
		{Name: "another password", Machine: server(old), Args: is("shop.t:SELECT,UPDATE(a,b),GRANT/FUNCTION shop.f:EXECUTE", "password", "neu"),
			Result: map[string]any{"msg": "Password updated (new style)", "password_changed": true}, Meddle: alter("GRANT INSERT ON shop.t TO old@'%'")},
		{Name: "a password on creation only", Machine: server(old), Unchanged: true, Args: login(map[string]any{"name": "old", "host": "%", "password": "neu",
			"update_password": "on_create", "tls_requires": map[string]any{"ssl": ""}})},
		{Name: "other privileges", Machine: server(old), Args: is("shop.*:ALL/shop.t:INSERT,SELECT"), Meddle: alter("DROP USER old@'%'")},
		{Name: "more privileges", Machine: server(old), Args: is("shop.t:INSERT/shop.*:DELETE", "append_privs", true)},
		{Name: "fewer privileges", Machine: server(old), Args: is("shop.t:SELECT,INSERT,GRANT/shop.*:DELETE", "subtract_privs", true)},
		{Name: "limits and demands", Machine: server(old), Args: login(map[string]any{"name": "old", "host": "%", "resource_limits": map[string]any{"MAX_QUERIES_PER_HOUR": 3, "MAX_USER_CONNECTIONS": 0}})},
		{Name: "gone", Machine: server(old), Args: login(map[string]any{"name": "old", "host": "%", "state": "absent"}), Result: map[string]any{"msg": "User deleted"},
			Meddle: alter("CREATE USER old@'%'")},
		{Name: "gone from everywhere", Machine: server(old + "CREATE USER old@localhost IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket;"),
			Args: login(map[string]any{"name": "old", "host_all": true, "state": "absent"})},
		{Name: "nobody", Machine: server(old), Unchanged: true, Args: login(map[string]any{"name": "old", "state": "absent"}), Result: map[string]any{"msg": "User doesn't exist"}},
		{Name: "new on all hosts", Machine: server(""), Args: login(map[string]any{"name": "new", "host_all": true}), Failed: "host_all parameter cannot be used"},
		{Name: "no such table", Machine: server(old), Args: is("shop.nothing:SELECT", "password", "neu"), Failed: "Error granting privileges, invalid priv string"},
		{Name: "no such server", Machine: server(""), Args: map[string]any{"name": "x", "login_unix_socket": "/nowhere", "config_file": ""}, Failed: "unable to connect to database"},
	})
}

func TestMySQLDBLaws(t *testing.T) {
	modulestest.Run(t, MySQLDB(), []modulestest.Case{
		{Name: "new", Machine: server(""), Args: login(map[string]any{"name": []any{"a", "we`ird'"}, "encoding": "utf8mb4", "collation": "utf8mb4_bin"}),
			Result: map[string]any{"db": "a we`ird'"}, Meddle: alter("CREATE TABLE a.t (a INT)")},
		{Name: "one is there", Machine: server(furnished), Args: login(map[string]any{"name": "shop,more"})},
		{Name: "there", Machine: server(furnished), Unchanged: true, Args: login(map[string]any{"name": "shop", "encoding": "latin1"})},
		{Name: "an empty one goes", Machine: server("CREATE DATABASE e CHARACTER SET latin1"), Args: login(map[string]any{"name": "e", "state": "absent"})},
		{Name: "a full one goes", Machine: server(furnished), NoUndo: true, Args: login(map[string]any{"name": "shop", "state": "absent"})},
		{Name: "none", Machine: server(""), Unchanged: true, Args: login(map[string]any{"name": "e", "state": "absent"})},
		{Name: "all", Machine: server(""), Args: login(map[string]any{"name": "all"}), Failed: "name is not allowed to equal 'all'"},
		{Name: "a bad collation", Machine: server(""), Args: login(map[string]any{"name": "e", "collation": "klingon"}), Failed: "error creating database"},
	})
}

func TestMySQLVariablesLaws(t *testing.T) {
	modulestest.Run(t, MySQLVariables(), []modulestest.Case{
		{Name: "a number", Machine: server(""), Args: login(map[string]any{"variable": "long_query_time", "value": "0.5"}),
			Result: map[string]any{"msg": "Variable change succeeded prev_value=10.000000"}, Meddle: alter("SET GLOBAL long_query_time = 3")},
		{Name: "as it is", Machine: server(""), Unchanged: true, Args: login(map[string]any{"variable": "long_query_time", "value": "10"})},
		{Name: "a switch", Machine: server(""), Args: login(map[string]any{"variable": "slow_query_log", "value": "1"})},
		{Name: "asked", Machine: server(""), Unchanged: true, Args: login(map[string]any{"variable": "max_connections"}), Result: map[string]any{"msg": "151"}},
		{Name: "unknown", Machine: server(""), Args: login(map[string]any{"variable": "no_such_thing", "value": "1"}), Failed: "Variable not available"},
		{Name: "persisted", Machine: server(""), Args: login(map[string]any{"variable": "max_connections", "value": "9", "mode": "persist"}), Failed: "Server version must be 8.0"},
	})
}
