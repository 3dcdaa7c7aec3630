package databases

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// readAccounts reads the account that the task names, or all of its name.
func readAccounts(ctx context.Context, r sys.Reader, p mysqlUserParams) (mysqlAccounts, error) {
	s := mysqlAccounts{Accounts: map[string]mysqlAccount{}}
	conn, err := connection(ctx, r, p.session())
	if err != nil {
		return s, err
	}
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return s, err
	}
	s.MariaDB = strings.Contains(strings.ToLower(version), "mariadb")
	rows, err := rowsOf(ctx, conn, "SELECT * FROM mysql.user WHERE user = ?", p.Name)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		host := row["host"]
		if !p.HostAll && strings.ToLower(host) != p.Host {
			s.Siblings = append(s.Siblings, authOf(row))
			continue
		}
		a := mysqlAccount{Auth: authOf(row), TLS: tlsOf(row), Limits: map[string]float64{}}
		for name, column := range mysqlLimits {
			if n, err := strconv.ParseFloat(row[column], 64); err == nil && n != 0 {
				a.Limits[name] = n
			}
		}
		if err := a.readRest(ctx, conn, p.Name, host); err != nil {
			return s, err
		}
		s.Accounts[host] = a
	}
	return s, nil
}

// rowsOf runs a query and returns its rows by the names of columns in lower case; NULL is empty.
func rowsOf(ctx context.Context, conn *sql.Conn, query string, args ...any) ([]map[string]string, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []map[string]string
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make(map[string]string, len(names))
		for i, name := range names {
			row[strings.ToLower(name)] = values[i].String
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// authOf reads how an account logs in: what is kept stands in one of two columns, depending on the server.
func authOf(row map[string]string) mysqlAuth {
	a := mysqlAuth{Plugin: row["plugin"], Kept: row["authentication_string"]}
	if kept := row["password"]; kept != "" {
		a.Kept = kept
	}
	if a.Plugin == "" {
		a.Plugin = nativePlugin
	}
	return a
}

// tlsOf reads what an account demands of connections.
func tlsOf(row map[string]string) map[string]string {
	switch row["ssl_type"] {
	case "ANY":
		return map[string]string{"SSL": ""}
	case "X509":
		return map[string]string{"X509": ""}
	case "SPECIFIED":
		demands := map[string]string{}
		for name, column := range map[string]string{"CIPHER": "ssl_cipher", "ISSUER": "x509_issuer", "SUBJECT": "x509_subject"} {
			if v := row[column]; v != "" {
				demands[name] = v
			}
		}
		return demands
	}
	return nil
}

// readRest reads the privileges of an account, and the statement that would make it.
func (a *mysqlAccount) readRest(ctx context.Context, conn *sql.Conn, user, host string) error {
	account := accountName(user, host)
	grants, err := lines(ctx, conn, "SHOW GRANTS FOR "+account)
	if err != nil {
		return fmt.Errorf("privileges of %s: %w", account, err)
	}
	a.Grants = mysqlGrants{}
	for _, line := range grants {
		if on, privileges, ok := parseGrant(line); ok {
			a.Grants[on] = append(a.Grants[on], privileges...)
		} else {
			a.Other = append(a.Other, line)
		}
	}
	for on, list := range a.Grants {
		a.Grants[on] = normalPrivileges(list)
	}
	if made, err := lines(ctx, conn, "SHOW CREATE USER "+account); err == nil && len(made) > 0 { // old servers have no such statement
		_, a.Tail, _ = cutOutsideQuotes(strings.TrimPrefix(made[0], "CREATE USER "), " ")
	}
	return nil
}

// lines runs a statement and returns the first column of its rows.
func lines(ctx context.Context, conn *sql.Conn, statement string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
