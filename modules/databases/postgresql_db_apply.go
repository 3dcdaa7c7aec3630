package databases

import (
	"context"
	"fmt"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

func wantPgDB(p PostgresDBParams, now PostgresDBState) (PostgresDBState, error) {
	want := now
	switch p.State {
	case "absent":
		want.Exists = false
	case "dump":
		want.Dumped = true
	case "restore":
		want.Restored = true
	case "rename":
		switch {
		case now.Exists && now.Renamed:
			return now, fmt.Errorf("Both the source and the target databases exist.") //nolint:staticcheck,revive // Ansible's words
		case !now.Exists && !now.Renamed:
			return now, fmt.Errorf("The source and the target databases do not exist.") //nolint:staticcheck,revive // Ansible's words
		}
		want.Exists, want.Renamed = false, true
	case "present":
		return p.present(now)
	}
	return want, nil
}

func (p PostgresDBParams) present(now PostgresDBState) (PostgresDBState, error) {
	want := now
	if !now.Exists {
		want = PostgresDBState{Exists: true, Owner: p.Owner, Encoding: p.Encoding, Collate: p.Collate, CType: p.CType, ConnLimit: p.ConnLimit, Tablespace: p.Tablespace}
		if want.ConnLimit == "" {
			want.ConnLimit = "-1"
		}
		return want, nil
	}
	switch {
	case !now.encodes:
		return now, fmt.Errorf("Changing database encoding is not supported. Current encoding: %s", now.Encoding) //nolint:staticcheck,revive // Ansible's words
	case p.Collate != "" && p.Collate != now.Collate:
		return now, fmt.Errorf("Changing LC_COLLATE is not supported. Current LC_COLLATE: %s", now.Collate) //nolint:staticcheck,revive // Ansible's words
	case p.CType != "" && p.CType != now.CType:
		return now, fmt.Errorf("Changing LC_CTYPE is not supported. Current LC_CTYPE: %s", now.CType) //nolint:staticcheck,revive // Ansible's words
	}
	for _, f := range []struct {
		given string
		want  *string
	}{{p.Owner, &want.Owner}, {p.ConnLimit, &want.ConnLimit}, {p.Tablespace, &want.Tablespace}} {
		if f.given != "" {
			*f.want = f.given
		}
	}
	return want, nil
}

func applyPgDB(ctx context.Context, r sys.System, p PostgresDBParams, from, to PostgresDBState) error {
	if p.raw() {
		return applyDump(ctx, r, p, from, to)
	}
	s, err := p.session(ctx, r, p.MaintenanceDB)
	if err != nil {
		return err
	}
	if modules.Undoing(ctx) && !from.Exists && to.Exists && !from.Renamed {
		return fmt.Errorf("database %s was dropped with all that was in it: it cannot be brought back, only be restored from a backup", p.DB)
	}
	for _, st := range p.statements(s.version, from, to) {
		if err := s.exec(ctx, st.sql); err != nil {
			return fmt.Errorf("Database query failed: %w", err) //nolint:staticcheck,revive // Ansible's words
		}
	}
	if modules.Undoing(ctx) && from.Exists && to.Exists && from.Owner != to.Owner {
		return pgCatalogs["database"].regrant(ctx, s, p.DB, to.Grants)
	}
	doneBy(ctx).created = !from.Exists && to.Exists
	return nil
}

// statements lead from one state of a database to another. They cannot run in a transaction.
func (p PostgresDBParams) statements(version int, from, to PostgresDBState) []pgStatement {
	name := pgName(p.DB)
	switch {
	case from.Renamed != to.Renamed && to.Renamed:
		return []pgStatement{pgPlain("ALTER DATABASE " + name + " RENAME TO " + pgName(p.Target))}
	case from.Renamed != to.Renamed:
		return []pgStatement{pgPlain("ALTER DATABASE " + pgName(p.Target) + " RENAME TO " + name)}
	case from.Exists && !to.Exists:
		return p.drop(version)
	case !from.Exists && to.Exists:
		return []pgStatement{pgPlain(p.create())}
	}
	var out []pgStatement
	if from.Owner != to.Owner {
		out = append(out, pgPlain("ALTER DATABASE "+name+" OWNER TO "+pgName(to.Owner)))
	}
	if from.ConnLimit != to.ConnLimit {
		out = append(out, pgPlain("ALTER DATABASE "+name+" CONNECTION LIMIT "+to.ConnLimit))
	}
	if from.Tablespace != to.Tablespace {
		out = append(out, pgPlain("ALTER DATABASE "+name+" SET TABLESPACE "+pgName(to.Tablespace)))
	}
	return out
}

// pgDropForce is the first version whose DROP DATABASE ends connections by itself.
const pgDropForce = 130000

func (p PostgresDBParams) drop(version int) []pgStatement {
	sql := "DROP DATABASE " + pgName(p.DB)
	switch {
	case !p.Force || p.State != "absent":
		return []pgStatement{pgPlain(sql)}
	case version == 0 || version >= pgDropForce:
		return []pgStatement{pgPlain(sql + " WITH (FORCE)")}
	}
	return []pgStatement{
		pgPlain("ALTER DATABASE " + pgName(p.DB) + " WITH ALLOW_CONNECTIONS false"),
		pgPlain("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = " + pgText(p.DB) + " AND pid <> pg_backend_pid()"),
		pgPlain(sql),
	}
}

func (p PostgresDBParams) create() string {
	sql := "CREATE DATABASE " + pgName(p.DB)
	for _, part := range []struct{ word, value string }{
		{"OWNER", pgName(p.Owner)}, {"TEMPLATE", pgName(p.Template)}, {"ENCODING", pgText(p.Encoding)}, {"LC_COLLATE", pgText(p.Collate)},
		{"LC_CTYPE", pgText(p.CType)}, {"TABLESPACE", pgName(p.Tablespace)}, {"CONNECTION LIMIT", p.ConnLimit},
	} {
		if part.value != `""` && part.value != "''" && part.value != "" {
			sql += " " + part.word + " " + part.value
		}
	}
	return sql
}

func reportPgDB(p PostgresDBParams, from, to PostgresDBState, _ bool) modules.Result {
	if p.raw() {
		return reportDump(p, to)
	}
	return modules.Result{"db": p.DB, "executed_commands": pgShown(p.statements(0, from, to))}
}
