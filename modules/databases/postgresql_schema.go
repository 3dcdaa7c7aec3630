package databases

import (
	"context"
	"fmt"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresSchemaParams are the parameters of postgresql_schema.
type PostgresSchemaParams struct {
	Schema   string `param:"schema,required" alias:"name" doc:"The schema."`
	Database string `param:"database" alias:"db,login_db" default:"postgres" doc:"The database that it is in."`
	Owner    string `param:"owner" default:"" doc:"The role that owns it."`
	State    string `param:"state" default:"present" choices:"absent,present" doc:"Whether the schema exists."`
	Cascade  bool   `param:"cascade_drop" default:"false" doc:"Whether what is in the schema is dropped with it; otherwise it must be empty."`
	pgLogin
}

// PostgresSchemaState is a schema.
type PostgresSchemaState struct {
	Exists  bool      `json:"exists"`
	Owner   string    `json:"owner"` // "" where it is the server's choice
	Comment string    `json:"comment"`
	Grants  []pgGrant `json:"grants"` // where the schema goes away, or to another owner
}

// PostgresSchema manages schemas.
func PostgresSchema() modules.Module {
	return modules.State[PostgresSchemaParams, PostgresSchemaState]{
		Info: modules.Info{
			Name: "postgresql_schema", Summary: "Manage schemas of PostgreSQL databases.", Undo: modules.UndoPartial,
			Aliases: []string{"community.postgresql.postgresql_schema"},
			Notes: "Undo drops a new schema again unless something is in it, and makes one anew that was empty, with its owner, comment and\n" +
				"privileges. What cascade_drop took along is not brought back.",
			Examples: `- name: A place for the application's tables
  postgresql_schema: {name: app, db: shop, owner: app}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresSchemaParams) error { return p.distrust(&p.Schema, &p.Owner) },
		Read:     readSchema,
		Want: func(p PostgresSchemaParams, now PostgresSchemaState) (PostgresSchemaState, error) {
			if p.State == "absent" {
				return PostgresSchemaState{}, nil
			}
			want := now
			want.Exists = true
			if p.Owner != "" {
				want.Owner = p.Owner
			}
			return want, nil
		},
		Apply: applySchema,
		Equal: func(a, b PostgresSchemaState) bool {
			return a.Exists == b.Exists && (!a.Exists || a.Owner == b.Owner && a.Comment == b.Comment)
		},
		Settled: func(_ PostgresSchemaParams, want, got PostgresSchemaState) bool {
			return want.Exists == got.Exists && (!want.Exists || want.Owner == "" || want.Owner == got.Owner)
		},
		Whole: func(p PostgresSchemaParams, _, want PostgresSchemaState) bool { return want.Exists || !p.Cascade },
		Report: func(p PostgresSchemaParams, from, to PostgresSchemaState, _ bool) modules.Result {
			return modules.Result{"schema": p.Schema, "queries": pgShown(p.statements(from, to, p.Cascade))}
		},
	}.Module()
}

func readSchema(ctx context.Context, r sys.Reader, p PostgresSchemaParams) (PostgresSchemaState, error) {
	var st PostgresSchemaState
	s, err := p.session(ctx, r, p.Database)
	if err != nil {
		return st, err
	}
	rows, err := s.rows(ctx, `SELECT pg_get_userbyid(nspowner), coalesce(obj_description(oid, 'pg_namespace'), ''), oid
 FROM pg_catalog.pg_namespace WHERE nspname = $1`, p.Schema)
	if err != nil || len(rows) == 0 {
		return st, err
	}
	st.Exists, st.Owner, st.Comment = true, rows[0][0], rows[0][1]
	if p.State == "absent" || p.Owner != "" && p.Owner != st.Owner {
		st.Grants, err = pgCatalogs["schema"].everyone(ctx, s, pgObject{rows[0][2], pgName(p.Schema)})
	}
	return st, err
}

func applySchema(ctx context.Context, r sys.System, p PostgresSchemaParams, from, to PostgresSchemaState) error {
	s, err := p.session(ctx, r, p.Database)
	if err != nil {
		return err
	}
	undoing := modules.Undoing(ctx)
	if undoing && !from.Exists && to.Exists && p.Cascade {
		return fmt.Errorf("schema %s was dropped with what was in it: that is gone, and cannot be brought back", p.Schema)
	}
	if err := s.together(ctx, p.statements(from, to, p.Cascade && !undoing)); err != nil {
		return fmt.Errorf("Database query failed: %w", err) //nolint:staticcheck,revive // Ansible's words
	}
	if undoing && to.Exists && from.Owner != to.Owner {
		return pgCatalogs["schema"].regrant(ctx, s, p.Schema, to.Grants)
	}
	return nil
}

func (p PostgresSchemaParams) statements(from, to PostgresSchemaState, cascade bool) []pgStatement {
	name := pgName(p.Schema)
	switch {
	case from.Exists && !to.Exists && cascade:
		return []pgStatement{pgPlain("DROP SCHEMA " + name + " CASCADE")}
	case from.Exists && !to.Exists:
		return []pgStatement{pgPlain("DROP SCHEMA " + name)}
	case from.Exists && from.Owner != to.Owner:
		return []pgStatement{pgPlain("ALTER SCHEMA " + name + " OWNER TO " + pgName(to.Owner))}
	case from.Exists || !to.Exists:
		return nil
	}
	sql := "CREATE SCHEMA " + name
	if to.Owner != "" {
		sql += " AUTHORIZATION " + pgName(to.Owner)
	}
	out := []pgStatement{pgPlain(sql)}
	if to.Comment != "" {
		out = append(out, pgPlain("COMMENT ON SCHEMA "+name+" IS "+pgText(to.Comment)))
	}
	return out
}
