package databases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresQueryParams are the parameters of postgresql_query.
type PostgresQueryParams struct {
	Query         any            `param:"query" doc:"A statement, or a list of them. %s and %(name)s stand for arguments, which are quoted."`
	Positional    []any          `param:"positional_args" elements:"raw" doc:"What the %s of the statements stand for; a list becomes an array."`
	Named         map[string]any `param:"named_args" doc:"What the %(name)s of the statements stand for; a list becomes an array."`
	PathToScript  string         `param:"path_to_script" type:"path" default:"" doc:"A file on the host with the statements."`
	AsSingleQuery bool           `param:"as_single_query" default:"true" doc:"Whether the file is sent as a whole; otherwise each part that ends with a semicolon is."`
	DB            string         `param:"db" alias:"login_db" default:"" doc:"The database to connect to."`
	Autocommit    bool           `param:"autocommit" default:"false" doc:"Whether every statement is for itself; otherwise all of them happen or none. VACUUM needs it."`
	Encoding      *string        `param:"encoding" doc:"Taken for compatibility: text travels in UTF-8, which the server converts."`
	SearchPath    []string       `param:"search_path" elements:"str" doc:"The schemas to look in."`
	pgLogin

	queries []string
}

// PostgresQuery runs statements.
func PostgresQuery() modules.Module {
	return modules.Action[PostgresQueryParams, modules.Result]{
		Info: modules.Info{
			Name: "postgresql_query", Summary: "Run SQL statements on a PostgreSQL server.", Undo: modules.UndoNone,
			Aliases: []string{"community.postgresql.postgresql_query"},
			Notes: "In check mode the statements run in a transaction that is rolled back, as Ansible has it. What a statement did is not taken\n" +
				"back by a rollback; give the task a handler for that.",
			Examples: `- name: How many orders there are
  postgresql_query: {db: shop, query: SELECT count(*) AS orders FROM orders WHERE state = %(state)s, named_args: {state: open}}
  become: true
  become_user: postgres
  register: answer
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"positional_args", "named_args"}}},
		Validate: func(p *PostgresQueryParams) error { return p.validate() },
		Preview: func(ctx context.Context, r sys.Reader, p PostgresQueryParams) (modules.Result, error) {
			if p.Autocommit {
				return nil, fmt.Errorf("Using autocommit is mutually exclusive with check_mode") //nolint:staticcheck,revive // Ansible's words
			}
			return p.run(ctx, r, "ROLLBACK")
		},
		Run: func(ctx context.Context, s sys.System, p PostgresQueryParams) (modules.Result, bool, error) {
			res, err := p.run(ctx, s, "COMMIT")
			return res, res.Changed(), err
		},
	}.Module()
}

func (p *PostgresQueryParams) validate() error {
	if p.PathToScript != "" {
		if p.Query != nil && p.Query != "" {
			return fmt.Errorf("path_to_script is mutually exclusive with query")
		}
		return p.distrust()
	}
	switch q := p.Query.(type) {
	case string:
		p.queries = []string{q}
	case []any:
		for _, item := range q {
			p.queries = append(p.queries, modules.PyStr(item))
		}
	case nil:
		return fmt.Errorf("query, or path_to_script, is required")
	default:
		return fmt.Errorf("query argument must be of type string or list")
	}
	return p.distrust()
}

// script reads the statements of a file.
func (p PostgresQueryParams) script(r sys.Reader) ([]string, error) {
	text, err := r.ReadFile(p.PathToScript)
	if err != nil {
		return nil, fmt.Errorf("Cannot read file '%s' : %w", p.PathToScript, err) //nolint:staticcheck,revive // Ansible's words
	}
	if p.AsSingleQuery {
		return []string{string(text)}, nil
	}
	var out []string
	for part := range strings.SplitSeq(string(text), ";") {
		if strings.TrimSpace(part) != "" {
			out = append(out, part)
		}
	}
	return out, nil
}

// run runs the statements and ends their transaction with end.
func (p PostgresQueryParams) run(ctx context.Context, r sys.Reader, end string) (modules.Result, error) {
	queries := p.queries
	if p.PathToScript != "" {
		var err error
		if queries, err = p.script(r); err != nil {
			return nil, err
		}
	}
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return nil, err
	}
	if len(p.SearchPath) > 0 {
		names := make([]string, len(p.SearchPath))
		for i, name := range p.SearchPath {
			names[i] = strings.Trim(strings.TrimSpace(name), `"`)
		}
		if err := s.exec(ctx, "SET search_path TO "+pgNames(names)); err != nil {
			return nil, err
		}
	}
	if p.Autocommit {
		return p.runAll(ctx, s, queries)
	}
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	res, err := p.runAll(ctx, s, queries)
	if err != nil {
		_ = s.exec(context.WithoutCancel(ctx), "ROLLBACK") // the connection ends anyway
		return nil, err
	}
	return res, s.exec(ctx, end)
}

func (p PostgresQueryParams) runAll(ctx context.Context, s *pgSession, queries []string) (modules.Result, error) {
	list, all := []any{}, []any{}
	res := modules.Result{"query": "", "statusmessage": "", "query_result": map[string]any{}}
	changed, count := false, 0
	for _, query := range queries {
		list = append(list, query)
		sql, err := pgArguments(query, p.Positional, p.Named)
		if err != nil {
			return nil, fmt.Errorf("Cannot execute SQL '%s': %w", query, err) //nolint:staticcheck,revive // Ansible's words
		}
		answer, err := s.ask(ctx, sql)
		if err != nil {
			return nil, fmt.Errorf("Cannot execute SQL '%s' %s: %w, query list: %s", query, p.argumentsShown(), err, modules.PyRepr(anyTexts(queries))) //nolint:staticcheck,revive // Ansible's words
		}
		changed = changed || answer.changes()
		count += answer.count()
		all = append(all, answer.rows)
		res["query"], res["statusmessage"], res["query_result"] = sql, answer.status, answer.rows
	}
	res["changed"], res["query_list"], res["query_all_results"], res["rowcount"] = changed, list, all, count
	return res, nil
}

func (p PostgresQueryParams) argumentsShown() string {
	switch {
	case len(p.Positional) > 0:
		return modules.PyRepr(p.Positional)
	case len(p.Named) > 0:
		return modules.PyRepr(p.Named)
	}
	return "None"
}

func anyTexts(list []string) []any {
	out := make([]any, len(list))
	for i, text := range list {
		out[i] = text
	}
	return out
}

// pgAnswer is what a statement answered: its rows, or an empty mapping where it has none.
type pgAnswer struct {
	status string
	rows   any
}

// ask runs a text that may hold several statements; the last one's answer counts.
func (s *pgSession) ask(ctx context.Context, sql string) (pgAnswer, error) {
	results := s.conn.Exec(ctx, sql)
	var answer pgAnswer
	some := false
	for results.NextResult() {
		reader := results.ResultReader()
		columns := slices.Clone(reader.FieldDescriptions())
		rows := pgRows(reader, columns)
		tag, _ := reader.Close() // an error comes again from the whole
		answer, some = pgAnswer{tag.String(), rows}, true
	}
	if err := results.Close(); err != nil {
		return answer, pgError(err)
	}
	if !some {
		return answer, errors.New("can't execute an empty query")
	}
	return answer, nil
}

// pgRows reads the rows of a statement: a list, which may be empty, or an empty mapping where it has no columns.
func pgRows(reader *pgconn.ResultReader, columns []pgconn.FieldDescription) any {
	rows := []any{}
	for reader.NextRow() {
		row := map[string]any{}
		for i, cell := range reader.Values() {
			row[columns[i].Name] = pgValue(columns[i].DataTypeOID, cell)
		}
		rows = append(rows, row)
	}
	if len(columns) == 0 {
		return map[string]any{}
	}
	return rows
}

// changes says whether a statement changed something, by what the server said of it.
func (a pgAnswer) changes() bool {
	if strings.Contains(a.status, "SELECT") {
		return false
	}
	for _, verb := range []string{"UPDATE", "INSERT", "DELETE"} {
		if strings.Contains(a.status, verb) {
			return a.count() > 0
		}
	}
	return true
}

// count is how many rows a statement gave or touched.
func (a pgAnswer) count() int {
	words := strings.Fields(a.status)
	if len(words) == 0 {
		return 0
	}
	n, err := strconv.Atoi(words[len(words)-1])
	if err != nil {
		return 0
	}
	return n
}
