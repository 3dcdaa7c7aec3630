package databases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// pgSession is a connection to a database.
type pgSession struct {
	conn    *pgconn.PgConn
	version int // of the server, as 150014
}

// SQLSTATE codes that modules tell apart.
const (
	pgForbidden      = "42501" // insufficient_privilege
	pgDependents     = "2BP01" // dependent_objects_still_exist
	pgClosePatience  = 5 * time.Second
	pgPeerHint       = ". Run the task as the user that the server knows: become: true, become_user: postgres"
	pgJournalledHint = ". Passwords are not kept for an undo: give the user that undoes it access, such as by peer or ~/.pgpass"
)

// session is the connection to a database that everything which happens for one item shares.
func (l pgLogin) session(ctx context.Context, r sys.Reader, database string) (*pgSession, error) {
	shared, err := modules.Memo(ctx, "postgresql "+database, func() (*pgSession, func(), error) {
		s, err := l.connect(ctx, r, database)
		if err != nil {
			return nil, nil, err
		}
		return s, s.close, nil
	})
	if err != nil || !shared.conn.IsClosed() {
		return shared, err
	}
	again, err := l.connect(ctx, r, database) // what a cancelled change left is still looked at
	if err != nil {
		return nil, err
	}
	*shared = *again
	return shared, nil
}

// connect opens a connection of its own; the caller closes it.
func (l pgLogin) connect(ctx context.Context, r sys.Reader, database string) (*pgSession, error) {
	config, err := l.config(r, database)
	if err != nil {
		return nil, err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("unable to connect to database: %w%s", err, connectHint(ctx, err))
	}
	s := &pgSession{conn: conn}
	if err := s.begin(ctx, l.SessionRole); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// connectHint says what to do about a refused login.
func connectHint(ctx context.Context, err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "Peer authentication failed"):
		return pgPeerHint
	case modules.Undoing(ctx) && strings.Contains(text, "password"):
		return pgJournalledHint
	}
	return ""
}

func (s *pgSession) begin(ctx context.Context, role *string) error {
	if role != nil && *role != "" {
		if err := s.exec(ctx, "SET ROLE "+pgName(*role)); err != nil {
			return fmt.Errorf("Could not switch role: %w", err) //nolint:staticcheck,revive // Ansible's words
		}
	}
	rows, err := s.rows(ctx, "SELECT current_setting('server_version_num')")
	if err != nil {
		return err
	}
	s.version, err = strconv.Atoi(rows[0][0])
	return err
}

func (s *pgSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), pgClosePatience)
	defer cancel()
	_ = s.conn.Close(ctx) // the server notices it anyway
}

// rows asks a question. Its parameters are texts; NULL is answered as "".
func (s *pgSession) rows(ctx context.Context, sql string, params ...string) ([][]string, error) {
	values := make([][]byte, len(params))
	for i, p := range params {
		values[i] = []byte(p)
	}
	res := s.conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if res.Err != nil {
		return nil, pgError(res.Err)
	}
	out := make([][]string, len(res.Rows))
	for i, row := range res.Rows {
		out[i] = make([]string, len(row))
		for j, cell := range row {
			out[i][j] = string(cell)
		}
	}
	return out, nil
}

// value asks for one value; "" where there is no row.
func (s *pgSession) value(ctx context.Context, sql string, params ...string) (string, error) {
	rows, err := s.rows(ctx, sql, params...)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0][0], nil
}

// exec runs a statement.
func (s *pgSession) exec(ctx context.Context, sql string) error {
	_, err := s.conn.Exec(ctx, sql).ReadAll()
	return pgError(err)
}

// together runs statements so that all of them happen or none.
func (s *pgSession) together(ctx context.Context, statements []pgStatement) error {
	if len(statements) == 0 {
		return nil
	}
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, st := range statements {
		if err := s.exec(ctx, st.sql); err != nil {
			return errors.Join(err, s.exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
	}
	return s.exec(ctx, "COMMIT")
}

// pgDone is what an item's change did that reading does not find: it made the thing, or it called a client program.
type pgDone struct {
	created bool
	command string
	out     sys.Output
}

func doneBy(ctx context.Context) *pgDone {
	done, _ := modules.Memo(ctx, "postgresql done", func() (*pgDone, func(), error) { return &pgDone{}, nil, nil })
	return done
}

// pgStatement is a statement, and how results show it: without a password.
type pgStatement struct{ sql, shown string }

func pgPlain(sql string) pgStatement { return pgStatement{sql, sql} }

// pgShown are statements as results show them.
func pgShown(statements []pgStatement) []any {
	out := []any{}
	for _, st := range statements {
		out = append(out, st.shown)
	}
	return out
}

// pgFailure is an error of the server in the words that clients show.
type pgFailure struct {
	code, text string
}

// Error returns the message with its detail and hint.
func (f *pgFailure) Error() string { return f.text }

// pgError turns an error of the server into its words.
func pgError(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	text := e.Message
	if e.Detail != "" {
		text += "\nDETAIL:  " + e.Detail
	}
	if e.Hint != "" {
		text += "\nHINT:  " + e.Hint
	}
	return &pgFailure{code: e.Code, text: text}
}

// pgCode is the SQLSTATE of an error; "" where the server did not send it.
func pgCode(err error) string {
	var f *pgFailure
	if errors.As(err, &f) {
		return f.code
	}
	return ""
}
