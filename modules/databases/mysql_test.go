package databases

import (
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

func TestParseGrant(t *testing.T) {
	for line, want := range map[string]struct {
		on   string
		list []string
	}{
		"GRANT USAGE ON *.* TO `a`@`%`": {"*.*", nil},
		"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket WITH GRANT OPTION": {"*.*", []string{"ALL", "GRANT"}},
		"GRANT SELECT, INSERT (`b`, `a`) ON `my``db`.* TO 'u'@'h'":                                                                                {"`my``db`.*", []string{"INSERT (a, b)", "SELECT"}},
		"GRANT EXECUTE ON FUNCTION `d`.`f` TO `u`@`h`":                                                                                            {"FUNCTION `d`.`f`", []string{"EXECUTE"}},
		"GRANT SELECT ON `a ON b TO c`.* TO `u`@`h` WITH MAX_USER_CONNECTIONS 3":                                                                  {"`a ON b TO c`.*", []string{"SELECT"}},
		"GRANT USAGE ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD ' WITH GRANT OPTION' REQUIRE SSL":                                                   {"*.*", nil},
	} {
		on, list, ok := parseGrant(line)
		if !ok || on != want.on || !slices.Equal(list, want.list) {
			t.Errorf("%s\n  is %q %q %v", line, on, list, ok)
		}
	}
	for _, line := range []string{"GRANT `boss` TO `u`@`h`", "GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", "", "GRANT SELECT ON `x"} {
		if on, list, ok := parseGrant(line); ok {
			t.Errorf("%s grants %q on %q", line, list, on)
		}
	}
}

func FuzzParseGrant(f *testing.F) {
	f.Add("GRANT SELECT (a), INSERT ON `d`.* TO 'u'@'h' WITH GRANT OPTION")
	f.Fuzz(func(t *testing.T, line string) {
		on, list, ok := parseGrant(line)
		if ok && !slices.IsSorted(list) {
			t.Errorf("%q: %q on %q", line, list, on)
		}
	})
}

func TestParsePriv(t *testing.T) {
	for _, c := range []struct {
		priv any
		want mysqlGrants
		err  string
	}{
		{priv: "shop.*:select, INSERT/*.*:USAGE", want: mysqlGrants{"`shop`.*": {"INSERT", "SELECT"}, "*.*": {}}},
		{priv: "`my.db`.t:ALL,GRANT", want: mysqlGrants{"`my.db`.`t`": {"ALL", "GRANT"}}},
		{priv: `my\_db.*:ALL PRIVILEGES`, want: mysqlGrants{"`my\\_db`.*": {"ALL"}}},
		{priv: map[string]any{"d.t": "SELECT(b, A),UPDATE", "FUNCTION d.f": "EXECUTE"}, want: mysqlGrants{"`d`.`t`": {"SELECT (A, b)", "UPDATE"}, "FUNCTION `d`.`f`": {"EXECUTE"}}},
		{priv: "shop.*", err: "names no privileges"},
		{priv: "shop:SELECT", err: "no database.table"},
		{priv: 7, err: "must be str or dict"},
	} {
		got, err := parsePriv(c.priv)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v", c.priv, err)
			}
		case err != nil || !reflect.DeepEqual(got, c.want):
			t.Errorf("%v is %v, %v", c.priv, got, err)
		}
	}
}

// TestGrantsOfATask joins what an account has with what a task names.
func TestGrantsOfATask(t *testing.T) {
	now := mysqlGrants{"*.*": {}, "`a`.*": {"GRANT", "SELECT"}, "`b`.*": {"INSERT"}}
	given := mysqlGrants{"`a`.*": {"SELECT", "UPDATE"}, "`c`.*": {"DELETE"}}
	for name, c := range map[string]struct {
		p    mysqlUserParams
		want mysqlGrants
	}{
		"instead":    {mysqlUserParams{Name: "u"}, given},
		"besides":    {mysqlUserParams{Name: "u", AppendPrivs: true}, mysqlGrants{"`a`.*": {"GRANT", "SELECT", "UPDATE"}, "`b`.*": {"INSERT"}, "`c`.*": {"DELETE"}}},
		"away":       {mysqlUserParams{Name: "u", SubtractPrivs: true}, mysqlGrants{"`a`.*": {"GRANT"}, "`b`.*": {"INSERT"}}},
		"root keeps": {mysqlUserParams{Name: "root"}, mysqlGrants{"`a`.*": {"SELECT", "UPDATE"}, "`b`.*": {"INSERT"}, "`c`.*": {"DELETE"}}},
	} {
		if got := c.p.grants(now, given).effective(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	written := append(slices.Clone(everything), "XA_RECOVER_ADMIN")
	if got := (mysqlUserParams{Name: "u"}).grants(mysqlGrants{"*.*": written}, mysqlGrants{"*.*": {"ALL"}}); !slices.Equal(got["*.*"], normalPrivileges(written)) {
		t.Errorf("a server that writes ALL out: %v", got)
	}
}

func TestAccountStatements(t *testing.T) {
	none := mysqlAccounts{}
	one := func(a mysqlAccount) mysqlAccounts { return mysqlAccounts{Accounts: map[string]mysqlAccount{"10.%": a}} }
	a := mysqlAccount{Auth: mysqlAuth{Plugin: nativePlugin, Kept: "*AB"}, Grants: mysqlGrants{"`s`.*": {"GRANT", "SELECT"}}}
	b := mysqlAccount{Auth: mysqlAuth{Plugin: "pam", Kept: "it's", given: true}, TLS: map[string]string{"X509": ""},
		Limits: map[string]float64{"MAX_USER_CONNECTIONS": 2}, Grants: mysqlGrants{"`s`.*": {"ALL"}}}
	read := a
	read.Tail, read.Other = "IDENTIFIED BY PASSWORD '*AB'", []string{"GRANT `boss` TO `u`@`10.%`"}
	for _, c := range []struct {
		from, to mysqlAccounts
		back     bool
		want     []string
	}{
		{none, one(a), false, []string{"CREATE USER 'u'@'10.%' IDENTIFIED WITH `mysql_native_password` AS '*AB'", "GRANT SELECT ON `s`.* TO 'u'@'10.%' WITH GRANT OPTION"}},
		{one(a), none, false, []string{"DROP USER 'u'@'10.%'"}},
		{one(a), one(b), false, []string{"ALTER USER 'u'@'10.%' IDENTIFIED WITH pam USING 'it''s'", "ALTER USER 'u'@'10.%' REQUIRE X509",
			"ALTER USER 'u'@'10.%' WITH MAX_USER_CONNECTIONS 2", "REVOKE GRANT OPTION ON `s`.* FROM 'u'@'10.%'", "GRANT ALL ON `s`.* TO 'u'@'10.%'"}},
		{none, one(read), true, []string{"CREATE USER 'u'@'10.%' IDENTIFIED BY PASSWORD '*AB'", "GRANT SELECT ON `s`.* TO 'u'@'10.%' WITH GRANT OPTION",
			"GRANT `boss` TO `u`@`10.%`"}},
		{one(b), one(read), true, []string{"ALTER USER 'u'@'10.%' IDENTIFIED BY PASSWORD '*AB'", "ALTER USER 'u'@'10.%' REQUIRE NONE",
			"ALTER USER 'u'@'10.%' WITH MAX_USER_CONNECTIONS 0", "REVOKE ALL ON `s`.* FROM 'u'@'10.%'", "GRANT SELECT ON `s`.* TO 'u'@'10.%' WITH GRANT OPTION"}},
	} {
		if got := accountStatements("u", c.from, c.to, c.back); !slices.Equal(got, c.want) {
			t.Errorf("back %v:\n  %s\nwant\n  %s", c.back, strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
		}
	}
}

func TestFillIn(t *testing.T) {
	for _, c := range []struct {
		statement string
		positions []any
		named     map[string]any
		want, err string
	}{
		{statement: "SELECT '100%s'", want: "SELECT '100%s'"},
		{statement: "a=%s b=%s 5%%", positions: []any{int64(1), `it's \ x`}, want: `a=1 b='it''s \\ x' 5%`},
		{statement: "a IN %s", positions: []any{[]any{int64(1), nil, true}}, want: "a IN (1,NULL,true)"},
		{statement: "a=%(x)s, b=%(x)s", named: map[string]any{"x": 1.5}, want: "a=1.5, b=1.5"},
		{statement: "%s", positions: []any{"%s"}, want: "'%s'"},
		{statement: "%s %s", positions: []any{"x"}, err: "more are used"},
		{statement: "%s", positions: []any{"x", "y"}, err: "2 arguments are given, 1 are used"},
		{statement: "%(x)s", named: map[string]any{"y": 1}, err: `no "x"`},
		{statement: "LIKE '%a'", positions: []any{"x"}, err: "no placeholder"},
	} {
		got, err := fillIn(c.statement, c.positions, c.named)
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%s: %q, %v", c.statement, got, err)
		}
	}
}

func TestParseOptions(t *testing.T) {
	got, err := parseOptions("# c\n[mysqld]\nuser = mysql\n[client]\n!include x\nuser=\"root\"\npass_word=a # b\nPassword = 'p;#='\nskip-x\n[client2]\nuser=x\n", "client")
	want := map[string]string{"user": "root", "pass-word": "a # b", "password": "p;#=", "skip-x": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for src, words := range map[string]string{"[client\n": "line 1", "\nuser=x": "line 2: an option before the first section"} {
		if _, err := parseOptions(src, "client"); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func FuzzParseOptions(f *testing.F) {
	f.Add("[client]\nuser = 'x'\n")
	f.Fuzz(func(_ *testing.T, src string) { _, _ = parseOptions(src, "client") })
}

// TestPasswordsAreNoArguments looks at the commands of dumps and imports.
func TestPasswordsAreNoArguments(t *testing.T) {
	password, target, user := "s3cret", "/var/x.sql", "root"
	for _, state := range []string{"dump", "import"} {
		p := mysqlDBParams{Name: []string{"shop"}, State: state, Target: &target, mysqlLogin: mysqlLogin{LoginPassword: &password, LoginUser: &user, LoginHost: "h"}}
		command, shown, err := p.transfer(sys.Rooted(t.TempDir(), sys.WithCommands(nil, func(name string) (string, error) { return "/usr/bin/" + name, nil })))
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(command.Argv, " ") + shown; strings.Contains(all, password) || !strings.Contains(all, "--user=root") {
			t.Errorf("%s: %s", state, all)
		}
		if options, err := io.ReadAll(command.Stdin); err != nil || string(options) != "[client]\npassword=\"s3cret\"\n" || len(command.Env) > 0 {
			t.Errorf("%s: %q %v %v", state, options, command.Env, err)
		}
	}
}
