package databases

import (
	"maps"
	"slices"

	"github.com/musterhq/muster/modules"
)

// wantAccounts returns the accounts as the task wants them.
func wantAccounts(p mysqlUserParams, now mysqlAccounts) (mysqlAccounts, error) {
	want := now
	want.Accounts = maps.Clone(now.Accounts)
	switch {
	case p.State == "absent":
		clear(want.Accounts)
		return want, nil
	case len(now.Accounts) == 0 && p.HostAll:
		return want, modules.Fail(nil, "host_all parameter cannot be used when adding a user")
	case len(now.Accounts) == 0:
		a, err := p.newAccount(now.Siblings)
		want.Accounts[p.Host] = a
		return want, err
	}
	for host, a := range want.Accounts {
		changed, err := p.changed(a)
		if err != nil {
			return want, err
		}
		want.Accounts[host] = changed
	}
	return want, nil
}

// newAccount is an account that is not there yet.
func (p mysqlUserParams) newAccount(siblings []mysqlAuth) (mysqlAccount, error) {
	a := mysqlAccount{TLS: p.tls(), Grants: mysqlGrants{}}
	a.Auth, _ = p.auth() // where the task says nothing, the server chooses
	same := func(o mysqlAuth) bool { return o == siblings[0] }
	if p.UpdatePassword == "on_new_username" && len(siblings) > 0 && !slices.ContainsFunc(siblings, func(o mysqlAuth) bool { return !same(o) }) {
		a.Auth = siblings[0]
	}
	var err error
	if a.Limits, err = p.limits(); err != nil {
		return a, err
	}
	if p.Priv != nil && !p.SubtractPrivs { // what nobody has cannot be taken away
		a.Grants, err = parsePriv(p.Priv)
	}
	return a, err
}

// changed is what becomes of an account that is there.
func (p mysqlUserParams) changed(a mysqlAccount) (mysqlAccount, error) {
	if auth, says := p.auth(); says && p.UpdatePassword == "always" && !p.keepsAuth(a.Auth, auth) {
		if auth.Kept == "" && auth.Plugin == a.Auth.Plugin {
			auth.Kept = a.Auth.Kept
		}
		a.Auth = auth
	}
	a.TLS = p.tls()
	limits, err := p.limits()
	if err != nil {
		return a, err
	}
	if len(limits) > 0 {
		a.Limits = maps.Clone(a.Limits)
		for name, n := range limits {
			if a.Limits[name] = n; n == 0 {
				delete(a.Limits, name)
			}
		}
	}
	if p.Priv == nil {
		return a, nil
	}
	given, err := parsePriv(p.Priv)
	if err == nil {
		a.Grants = p.grants(a.Grants, given)
	}
	return a, err
}

// keepsAuth says whether an account logs in as the task wants already. For a password only the hash counts, whatever
// plugin has it.
func (p mysqlUserParams) keepsAuth(now, want mysqlAuth) bool {
	if p.Password != nil && *p.Password != "" {
		return now.Kept == want.Kept
	}
	return now.Plugin == want.Plugin && (want.Kept == "" || now.Kept == want.Kept)
}

// grants joins the privileges of an account with those that the task names.
func (p mysqlUserParams) grants(now, given mysqlGrants) mysqlGrants {
	want := mysqlGrants{}
	if p.AppendPrivs || p.SubtractPrivs || p.Name == "root" { // nothing is taken from root for not being named
		maps.Copy(want, now)
	}
	for on, list := range given {
		has, there := now[on]
		list = spelled(list, has)
		switch {
		case p.SubtractPrivs && there:
			want[on] = without(has, list)
		case p.SubtractPrivs:
		case p.AppendPrivs:
			want[on] = normalPrivileges(append(slices.Clone(has), list...))
			if slices.Contains(has, allPrivileges) || slices.Contains(list, allPrivileges) {
				want[on] = slices.DeleteFunc(want[on], func(s string) bool { return s != allPrivileges && s != grantOption })
			}
		case slices.Contains(list, allPrivileges) && hasEverything(has):
			want[on] = normalPrivileges(append(without(has, []string{grantOption}), without(list, []string{allPrivileges})...))
		default:
			want[on] = list
		}
	}
	return want
}

// everything is what ALL stands for on servers that write it out.
var everything = []string{"ALTER", "ALTER ROUTINE", "CREATE", "CREATE ROUTINE", "CREATE TABLESPACE", "CREATE TEMPORARY TABLES", "CREATE USER", "CREATE VIEW",
	"DELETE", "DROP", "EVENT", "EXECUTE", "FILE", "INDEX", "INSERT", "LOCK TABLES", "PROCESS", "REFERENCES", "RELOAD", "REPLICATION CLIENT",
	"REPLICATION SLAVE", "SELECT", "SHOW DATABASES", "SHOW VIEW", "SHUTDOWN", "SUPER", "TRIGGER", "UPDATE"}

func hasEverything(list []string) bool {
	return len(without(everything, list)) == 0
}
