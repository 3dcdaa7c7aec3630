package databases

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// applyAccounts goes from one state of the accounts to another.
func applyAccounts(ctx context.Context, s sys.System, p mysqlUserParams, from, to mysqlAccounts) error {
	conn, err := connection(ctx, s, p.session())
	if err != nil {
		return err
	}
	for _, statement := range accountStatements(p.Name, from, to, modules.Undoing(ctx)) {
		if err := perform(ctx, conn, statement); err != nil {
			return err
		}
	}
	return nil
}

// perform runs one statement. Errors of privileges show it; those of passwords do not.
func perform(ctx context.Context, conn *sql.Conn, statement string) error {
	_, err := conn.ExecContext(ctx, statement)
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(statement, "GRANT ") || strings.HasPrefix(statement, "REVOKE "):
		return fmt.Errorf("Error granting privileges, invalid priv string: %s: %w", statement, err) //nolint:staticcheck // the words users know
	}
	words := strings.Fields(statement)
	return fmt.Errorf("%s %s: %w", words[0], words[1], err)
}

// accountStatements are the statements that lead from one state to another. back says that to was read once, so that it can
// be made again to the letter.
func accountStatements(user string, from, to mysqlAccounts, back bool) []string {
	var out []string
	for _, host := range slices.Sorted(maps.Keys(from.Accounts)) {
		if _, stays := to.Accounts[host]; !stays {
			out = append(out, "DROP USER "+accountName(user, host))
		}
	}
	for _, host := range slices.Sorted(maps.Keys(to.Accounts)) {
		name, is := accountName(user, host), to.Accounts[host]
		was, there := from.Accounts[host]
		literal := back && is.Tail != ""
		switch {
		case !there && literal:
			out = append(out, "CREATE USER "+name+" "+is.Tail)
		case !there:
			out = append(out, "CREATE USER "+name+is.identified()+requires(is.TLS, true)+limited(is.Limits, nil))
		case literal && was.Tail != is.Tail:
			out = append(out, "ALTER USER "+name+" "+is.Tail)
			out = append(out, alterations(name, mysqlAccount{Auth: is.Auth, TLS: was.TLS, Limits: was.Limits}, is)...) // what it does not name stays
		case !literal:
			out = append(out, alterations(name, was, is)...)
		}
		out = append(out, grantStatements(name, was.Grants, is.Grants)...)
		if back && !there {
			out = append(out, is.Other...)
		}
	}
	return out
}

// identified says how an account logs in.
func (a mysqlAccount) identified() string {
	switch {
	case a.Auth.Plugin == "" || a.Auth.Plugin == nativePlugin && a.Auth.Kept == "":
		return ""
	case a.Auth.Kept == "":
		return " IDENTIFIED WITH " + quoteName(a.Auth.Plugin)
	case a.Auth.given && a.Auth.Plugin == "pam":
		return " IDENTIFIED WITH pam USING " + quoteText(a.Auth.Kept)
	case a.Auth.given:
		return " IDENTIFIED WITH " + quoteName(a.Auth.Plugin) + " BY " + quoteText(a.Auth.Kept)
	}
	return " IDENTIFIED WITH " + quoteName(a.Auth.Plugin) + " AS " + quoteText(a.Auth.Kept)
}

// requires says what is demanded of connections; nothing of a new account needs no words.
func requires(tls map[string]string, isNew bool) string {
	var demands []string
	for _, name := range slices.Sorted(maps.Keys(tls)) {
		if name == "SSL" || name == "X509" {
			return " REQUIRE " + name
		}
		demands = append(demands, name+" "+quoteText(tls[name]))
	}
	switch {
	case len(demands) > 0:
		return " REQUIRE " + strings.Join(demands, " AND ")
	case isNew:
		return ""
	}
	return " REQUIRE NONE"
}

// limited says which limits differ.
func limited(limits, were map[string]float64) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(mysqlLimits)) {
		if limits[name] != were[name] {
			words = append(words, name+" "+strconv.FormatFloat(limits[name], 'f', -1, 64))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " WITH " + strings.Join(words, " ")
}

func alterations(name string, was, is mysqlAccount) []string {
	var out []string
	if was.Auth != is.Auth {
		how := is.identified()
		if how == "" {
			how = " IDENTIFIED BY ''"
		}
		out = append(out, "ALTER USER "+name+how)
	}
	if !maps.Equal(was.TLS, is.TLS) {
		out = append(out, "ALTER USER "+name+requires(is.TLS, false))
	}
	if with := limited(is.Limits, was.Limits); with != "" {
		out = append(out, "ALTER USER "+name+with)
	}
	return out
}

// grantStatements take away what is too much and grant what is missing, in this order: ALL ends what was granted one by one.
func grantStatements(name string, was, is mysqlGrants) []string {
	var revoke, grant []string
	for _, on := range slices.Sorted(maps.Keys(was)) {
		gone := without(was[on], is[on])
		if slices.Contains(is[on], allPrivileges) {
			gone = slices.DeleteFunc(gone, func(p string) bool { return p != grantOption })
		}
		if slices.Contains(gone, grantOption) {
			revoke = append(revoke, "REVOKE GRANT OPTION ON "+on+" FROM "+name)
		}
		if list := privilegeList(gone); list != "" {
			revoke = append(revoke, "REVOKE "+list+" ON "+on+" FROM "+name)
		}
	}
	for _, on := range slices.Sorted(maps.Keys(is)) {
		missing := without(is[on], was[on])
		if len(missing) == 0 {
			continue
		}
		list, option := privilegeList(missing), ""
		if list == "" {
			list = "USAGE"
		}
		if slices.Contains(missing, grantOption) {
			option = " WITH GRANT OPTION"
		}
		grant = append(grant, "GRANT "+list+" ON "+on+" TO "+name+option)
	}
	return append(revoke, grant...)
}

// privilegeList writes privileges but the right to pass them on.
func privilegeList(privileges []string) string {
	var words []string
	for _, p := range privileges {
		if p != grantOption {
			words = append(words, grantColumns(p))
		}
	}
	return strings.Join(words, ", ")
}
