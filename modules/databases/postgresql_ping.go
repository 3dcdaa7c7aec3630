package databases

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresPingParams are the parameters of postgresql_ping.
type PostgresPingParams struct {
	DB string `param:"db" alias:"login_db" default:"" doc:"The database to connect to."`
	pgLogin
}

// PostgresPing looks whether a server answers.
func PostgresPing() modules.Module {
	return modules.Query[PostgresPingParams]{
		Info: modules.Info{
			Name: "postgresql_ping", Summary: "Look whether a PostgreSQL server answers.", Undo: modules.UndoFull,
			Aliases: []string{"community.postgresql.postgresql_ping"},
			Notes:   "A server that does not answer is no failure: look at is_available.",
			Examples: `- name: Is the database there?
  postgresql_ping: {db: shop}
  become: true
  become_user: postgres
  register: database
`,
		},
		Validate: func(p *PostgresPingParams) error { return p.distrust() },
		Run: func(ctx context.Context, r sys.Reader, p PostgresPingParams) (modules.Result, error) {
			res := modules.Result{"is_available": false, "server_version": map[string]any{}, "conn_err_msg": ""}
			s, err := p.session(ctx, r, p.DB)
			if err != nil {
				res["conn_err_msg"] = strings.TrimPrefix(err.Error(), "unable to connect to database: ")
				modules.Warn(ctx, "PostgreSQL server is unavailable: %s", res["conn_err_msg"])
				return res, nil
			}
			raw, err := s.value(ctx, "SELECT version()")
			if err != nil {
				return nil, err
			}
			res["is_available"], res["server_version"] = true, pgVersion(raw)
			return res, nil
		},
	}.Module()
}

var pgVersionNumber = regexp.MustCompile(`^\S+ ((\d+)(?:\.(\d+))?(?:\.(\d+))?\S*)`)

// pgVersion takes apart what version() says.
func pgVersion(raw string) map[string]any {
	out := map[string]any{"raw": raw}
	m := pgVersionNumber.FindStringSubmatch(raw)
	if m == nil {
		return out
	}
	out["full"] = m[1]
	for i, name := range []string{"major", "minor", "patch"} {
		if n, err := strconv.Atoi(m[i+2]); err == nil {
			out[name] = n
		}
	}
	return out
}
