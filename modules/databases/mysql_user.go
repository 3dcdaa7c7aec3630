package databases

import (
	"crypto/sha1" //nolint:gosec // what mysql_native_password is made of
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

// mysqlUserParams are the parameters of mysql_user.
type mysqlUserParams struct {
	Name             string         `param:"name,required" alias:"user" doc:"The user's name; empty is the anonymous one."`
	Host             string         `param:"host" default:"localhost" doc:"The hosts that the account is for."`
	HostAll          bool           `param:"host_all" default:"false" doc:"Whether all accounts of the name are meant; none is made then."`
	Password         *string        `param:"password,secret" doc:"The password, for mysql_native_password."`
	Encrypted        bool           `param:"encrypted" default:"false" doc:"Whether password is the hash already: an asterisk and 40 hexadecimal digits."`
	Plugin           *string        `param:"plugin" doc:"The plugin that knows the user."`
	PluginHash       *string        `param:"plugin_hash_string,secret" doc:"What the plugin keeps of the password."`
	PluginAuth       *string        `param:"plugin_auth_string,secret" doc:"What the plugin is given, such as a password in the clear."`
	Priv             any            `param:"priv" type:"raw" doc:"Privileges as database.table:PRIVILEGE,PRIVILEGE, several with slashes between them, or as a mapping."`
	AppendPrivs      bool           `param:"append_privs" default:"false" doc:"Whether other privileges stay."`
	SubtractPrivs    bool           `param:"subtract_privs" default:"false" doc:"Whether the privileges of priv are taken away."`
	ColumnCase       bool           `param:"column_case_sensitive" default:"false" doc:"Accepted; columns are written as priv has them, and compared as servers do: without regard to case."`
	TLSRequires      map[string]any `param:"tls_requires" doc:"What the account demands of the connection: SSL, X509, SUBJECT, ISSUER, CIPHER."`
	ResourceLimits   map[string]any `param:"resource_limits" doc:"Limits such as MAX_USER_CONNECTIONS."`
	State            string         `param:"state" choices:"absent,present" default:"present" doc:"Whether the account should be there."`
	UpdatePassword   string         `param:"update_password" choices:"always,on_create,on_new_username" default:"always" doc:"Whether the password of an account that is there is set; on_new_username takes that of the same user on other hosts."`
	SQLLogBin        bool           `param:"sql_log_bin" default:"true" doc:"Whether the changes go into the binary log."`
	ForceContext     bool           `param:"force_context" default:"false" doc:"Whether the database mysql is the current one, for filters of replication."`
	SessionVariables map[string]any `param:"session_vars" doc:"Variables that are set for the session first."`
	ImplicitAdmin    bool           `param:"check_implicit_admin" default:"false" doc:"Whether root without a password is tried first."`
	mysqlLogin
}

// mysqlAccounts are the accounts that a task is about, and what it must know of the server besides.
type mysqlAccounts struct {
	Accounts map[string]mysqlAccount `json:"accounts"` // by host
	Siblings []mysqlAuth             `json:"siblings"` // how the same user logs in from other hosts
	MariaDB  bool                    `json:"mariadb"`
}

// mysqlAuth is a plugin and what it keeps of the password.
type mysqlAuth struct {
	Plugin string `json:"plugin"`
	Kept   string `json:"password"`
	given  bool   // Kept is plugin_auth_string, which the plugin makes something of
}

// mysqlAccount is one account.
type mysqlAccount struct {
	Auth   mysqlAuth          `json:"auth"`
	TLS    map[string]string  `json:"tls,omitempty"` // SSL and X509 have no value
	Limits map[string]float64 `json:"limits,omitempty"`
	Grants mysqlGrants        `json:"grants"`
	Tail   string             `json:"password_statement,omitempty"` // of the statement that makes the account; "" where it is only wanted
	Other  []string           `json:"other,omitempty"`              // statements that grant roles and proxies
}

// MySQLUser manages the accounts of a MySQL or MariaDB server.
func MySQLUser() modules.Module {
	return modules.State[mysqlUserParams, mysqlAccounts]{
		Info: modules.Info{
			Name: "mysql_user", Summary: "Makes, changes and removes users of MySQL and MariaDB.", Undo: modules.UndoFull,
			Aliases: []string{"community.mysql.mysql_user", "ansible.mysql.mysql_user"},
			Notes: "A rollback brings accounts back as they were: their passwords (as the server keeps them), privileges, limits and demands. " +
				"It logs in with config_file or through the socket, since no password is kept.",
			Examples: `- name: The application's account
  mysql_user:
    name: shop
    host: 10.0.%
    password: "{{ shop_database_password }}"
    priv: shop.*:SELECT,INSERT,UPDATE,DELETE
    login_unix_socket: /run/mysqld/mysqld.sock
- name: No anonymous users
  mysql_user:
    name: ""
    host_all: true
    state: absent
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"append_privs", "subtract_privs"}}},
		Validate: validateMySQLUser,
		Within:   withServer,
		Read:     readAccounts,
		Want:     wantAccounts,
		Apply:    applyAccounts,
		Equal:    sameAccounts,
		Settled:  settledAccounts,
		Report:   reportAccounts,
	}.Module()
}

var nativeHash = regexp.MustCompile(`^\*[0-9A-Fa-f]{40}$`)

func validateMySQLUser(p *mysqlUserParams) error {
	p.Host = strings.ToLower(p.Host)
	if p.Encrypted && p.Password != nil && *p.Password != "" && !nativeHash.MatchString(*p.Password) {
		return fmt.Errorf("encrypted was specified however it does not appear to be a valid hash expecting: *SHA1(SHA1(your_password))")
	}
	if p.Priv != nil {
		if _, err := parsePriv(p.Priv); err != nil {
			return err
		}
	}
	_, err := p.limits()
	return err
}

// nativeKept is what mysql_native_password keeps of a password.
func nativeKept(password string) string {
	first := sha1.Sum([]byte(password))
	second := sha1.Sum(first[:])
	return "*" + strings.ToUpper(hex.EncodeToString(second[:]))
}

// auth is what the task says of how the user logs in; false where it says nothing.
func (p mysqlUserParams) auth() (mysqlAuth, bool) {
	switch {
	case p.Password != nil && *p.Password != "" && p.Encrypted:
		return mysqlAuth{Plugin: nativePlugin, Kept: *p.Password}, true
	case p.Password != nil && *p.Password != "":
		return mysqlAuth{Plugin: nativePlugin, Kept: nativeKept(*p.Password)}, true
	case p.Plugin != nil && p.PluginHash != nil && *p.PluginHash != "":
		return mysqlAuth{Plugin: *p.Plugin, Kept: *p.PluginHash}, true
	case p.Plugin != nil && p.PluginAuth != nil && *p.PluginAuth != "":
		return mysqlAuth{Plugin: *p.Plugin, Kept: *p.PluginAuth, given: true}, true
	case p.Plugin != nil && *p.Plugin != "":
		return mysqlAuth{Plugin: *p.Plugin}, true
	}
	return mysqlAuth{}, false
}

const nativePlugin = "mysql_native_password"

// tls is what the task demands of connections: the demands that exclude each other are sorted out.
func (p mysqlUserParams) tls() map[string]string {
	demands := map[string]string{}
	for name, value := range p.TLSRequires {
		demands[strings.ToUpper(name)] = modules.PyStr(value)
	}
	named := maps.Clone(demands)
	maps.DeleteFunc(named, func(name, _ string) bool { return name == "SSL" || name == "X509" })
	_, x509 := demands["X509"]
	switch {
	case len(demands) == 0:
		return nil
	case len(named) > 0:
		return named
	case x509:
		return map[string]string{"X509": ""}
	}
	return map[string]string{"SSL": ""}
}

// statementTime is the one limit that may be a part of a second, and that MariaDB alone has.
const statementTime = "MAX_STATEMENT_TIME"

// mysqlLimits are the limits of an account with the columns that hold them.
var mysqlLimits = map[string]string{
	"MAX_QUERIES_PER_HOUR": "max_questions", "MAX_UPDATES_PER_HOUR": "max_updates", "MAX_CONNECTIONS_PER_HOUR": "max_connections",
	"MAX_USER_CONNECTIONS": "max_user_connections", statementTime: "max_statement_time",
}

func (p mysqlUserParams) limits() (map[string]float64, error) {
	limits := map[string]float64{}
	for name, value := range p.ResourceLimits {
		if mysqlLimits[name] == "" {
			return nil, fmt.Errorf("resource_limits: key '%s' is unsupported.", name) //nolint:staticcheck // the words users know
		}
		text := modules.PyStr(value)
		number, err := strconv.ParseFloat(text, 64)
		if err != nil || number < 0 || number != math.Trunc(number) && name != statementTime {
			return nil, fmt.Errorf("Can't convert value '%s' to integer.", text) //nolint:staticcheck // the words users know
		}
		limits[name] = number
	}
	return limits, nil
}

// sameAccounts compares accounts as far as tasks can name them.
func sameAccounts(a, b mysqlAccounts) bool {
	return maps.EqualFunc(a.Accounts, b.Accounts, func(a, b mysqlAccount) bool {
		return a.Auth == b.Auth && maps.Equal(a.TLS, b.TLS) && sameLimits(a.Limits, b.Limits) &&
			reflect.DeepEqual(a.Grants.effective(), b.Grants.effective())
	})
}

// settledAccounts says whether accounts became what was wanted. What a plugin was given cannot be compared with what it keeps
// of it, and where the task named no plugin the server chose one.
func settledAccounts(_ mysqlUserParams, want, got mysqlAccounts) bool {
	want.Accounts = maps.Clone(want.Accounts)
	for host, a := range want.Accounts {
		is := got.Accounts[host].Auth
		if a.Auth.Plugin == "" || a.Auth.Plugin == is.Plugin && (a.Auth.given || a.Auth.Kept == "") {
			a.Auth = is
		}
		want.Accounts[host] = a
	}
	return sameAccounts(want, got)
}

// sameLimits compares limits; one that is not named is none.
func sameLimits(a, b map[string]float64) bool {
	for name := range mysqlLimits {
		if a[name] != b[name] {
			return false
		}
	}
	return true
}

// effective leaves out what grants nothing.
func (g mysqlGrants) effective() mysqlGrants {
	out := mysqlGrants{}
	for on, list := range g {
		if len(list) > 0 {
			out[on] = list
		}
	}
	return out
}

func (p mysqlUserParams) session() session {
	s := session{login: p.mysqlLogin, implicit: p.ImplicitAdmin}
	if p.ForceContext {
		s.database = "mysql"
	}
	if !p.SQLLogBin {
		s.setup = append(s.setup, "SET SQL_LOG_BIN=0")
	}
	for _, name := range slices.Sorted(maps.Keys(p.SessionVariables)) {
		s.setup = append(s.setup, "SET SESSION "+quoteName(name)+" = "+quoteValue(p.SessionVariables[name]))
	}
	return s
}

func reportAccounts(p mysqlUserParams, from, to mysqlAccounts, changed bool) modules.Result {
	res := modules.Result{"user": p.Name, "password_changed": false, "msg": "User unchanged"}
	if p.State == "absent" {
		res["msg"] = "User doesn't exist"
		if changed {
			res["msg"] = "User deleted"
		}
		return res
	}
	for _, host := range slices.Sorted(maps.Keys(to.Accounts)) {
		is := to.Accounts[host]
		was, there := from.Accounts[host]
		if !there {
			res["msg"], res["password_changed"] = "User added", true
			continue
		}
		if was.Auth != is.Auth {
			res["msg"], res["password_changed"] = "Password updated (new style)", true
		}
		if msg := grantsMessage(was.Grants, is.Grants); msg != "" {
			res["msg"] = msg
		}
		if !maps.Equal(was.TLS, is.TLS) {
			res["msg"] = "TLS requires updated"
		}
	}
	return res
}

func grantsMessage(was, is mysqlGrants) string {
	msg := ""
	for _, on := range slices.Sorted(maps.Keys(was)) {
		if _, stays := is[on]; !stays {
			msg = "Privileges updated"
		}
	}
	for _, on := range slices.Sorted(maps.Keys(is)) {
		before, there := was[on]
		granted, revoked := without(is[on], before), without(before, is[on])
		switch {
		case !there:
			msg = "New privileges granted"
		case len(granted)+len(revoked) > 0:
			msg = fmt.Sprintf("Privileges updated: granted %s, revoked %s", modules.PyStr(granted), modules.PyStr(revoked))
		}
	}
	return msg
}
