package databases

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// mysqlQueryParams are the parameters of mysql_query.
type mysqlQueryParams struct {
	Query       any            `param:"query,required" type:"raw" doc:"A statement, or a list of them; %s and %(name)s stand for arguments where there are some."`
	LoginDB     *string        `param:"login_db" doc:"The database that the statements are about."`
	Positional  []any          `param:"positional_args" elements:"raw" doc:"The arguments of %s, in order."`
	Named       map[string]any `param:"named_args" doc:"The arguments of %(name)s."`
	Transaction bool           `param:"single_transaction" default:"false" doc:"Whether all statements are one transaction."`
	mysqlLogin

	statements []string
}

// MySQLQuery runs statements.
func MySQLQuery() modules.Module {
	return modules.Action[mysqlQueryParams, modules.Result]{
		Info: modules.Info{
			Name: "mysql_query", Summary: "Runs SQL statements on MySQL and MariaDB.", Undo: modules.UndoNone, NoCheck: true,
			Aliases: []string{"community.mysql.mysql_query", "ansible.mysql.mysql_query"},
			Notes:   "A statement that inserts, updates, deletes or replaces has changed something when rows were affected, one that creates, drops, alters, renames or truncates always.",
			Examples: `- name: How many orders there are
  mysql_query:
    login_db: shop
    query: SELECT COUNT(*) AS n FROM orders WHERE day >= %s
    positional_args: ["2026-01-01"]
    login_unix_socket: /run/mysqld/mysqld.sock
  register: orders
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"positional_args", "named_args"}}},
		Validate: func(p *mysqlQueryParams) error { return p.prepare() },
		Run:      runStatements,
	}.Module()
}

// prepare puts the arguments into the statements.
func (p *mysqlQueryParams) prepare() error {
	var list []any
	switch q := p.Query.(type) {
	case string:
		list = []any{q}
	case []any:
		list = q
	default:
		return fmt.Errorf("the query option value must be a string or list, passed %T", q)
	}
	for _, q := range list {
		text, ok := q.(string)
		if !ok {
			return fmt.Errorf("the elements in query list must be strings, passed '%v' %T", q, q)
		}
		statement, err := fillIn(text, p.Positional, p.Named)
		if err != nil {
			return fmt.Errorf("query: %w", err)
		}
		p.statements = append(p.statements, statement)
	}
	return nil
}

func runStatements(ctx context.Context, s sys.System, p mysqlQueryParams) (modules.Result, bool, error) {
	ctx, end := withServer(ctx, s)
	defer end()
	want := session{login: p.mysqlLogin}
	if p.LoginDB != nil {
		want.database = *p.LoginDB
	}
	conn, err := connection(ctx, s, want)
	if err != nil {
		return nil, false, err
	}
	var tx interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	} = conn
	commit := func() error { return nil }
	if p.Transaction {
		t, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return nil, false, err
		}
		defer func() { _ = t.Rollback() }() // no-op once it is committed
		tx, commit = t, t.Commit
	}
	results, counts, changed := []any{}, []int64{}, false
	for _, statement := range p.statements {
		rows, affected, err := runStatement(ctx, tx.ExecContext, tx.QueryContext, statement)
		if err != nil {
			return nil, false, modules.Fail(nil, "Cannot execute SQL '%s': %v", statement, err)
		}
		results, counts = append(results, rows), append(counts, affected)
		changed = changed || changes(statement, affected)
	}
	if err := commit(); err != nil {
		return nil, false, err
	}
	return modules.Result{"executed_queries": p.statements, "query_result": results, "rowcount": counts}, changed, nil
}

// changes says whether a statement has changed something, by its first word.
func changes(statement string, affected int64) bool {
	word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(statement)), " ")
	switch word {
	case "INSERT", "UPDATE", "DELETE", "REPLACE":
		return affected > 0
	case "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE":
		return true
	}
	return false
}

// changesOnly says that a statement answers with a count alone.
func changesOnly(statement string) bool {
	word, rest, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(statement)), " ")
	switch word {
	case "INSERT", "UPDATE", "DELETE", "REPLACE":
		return !strings.Contains(rest, "RETURNING")
	case "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE", "SET", "GRANT", "REVOKE", "FLUSH", "USE", "LOAD", "LOCK", "UNLOCK":
		return true
	}
	return false
}

func runStatement(ctx context.Context, exec func(context.Context, string, ...any) (sql.Result, error),
	query func(context.Context, string, ...any) (*sql.Rows, error), statement string) (rows []any, affected int64, err error) {
	if changesOnly(statement) {
		r, err := exec(ctx, statement)
		if err != nil {
			return nil, 0, err
		}
		affected, err = r.RowsAffected()
		return []any{}, affected, err
	}
	found, err := query(ctx, statement)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = found.Close() }()
	rows, err = typedRows(found)
	return rows, int64(len(rows)), err
}
