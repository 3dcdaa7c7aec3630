package databases

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresExtParams are the parameters of postgresql_ext.
type PostgresExtParams struct {
	Ext     string  `param:"ext,required" alias:"name" doc:"The extension."`
	DB      string  `param:"db,required" alias:"login_db" doc:"The database that it is for."`
	Schema  *string `param:"schema" doc:"The schema of a new extension's objects."`
	State   string  `param:"state" default:"present" choices:"absent,present" doc:"Whether the database has the extension."`
	Cascade bool    `param:"cascade" default:"false" doc:"Whether extensions that it needs are made too, or what needs it is dropped too."`
	Version *string `param:"version" doc:"The version to install or to update to; latest is the newest one that the server offers."`
	pgLogin
}

// PostgresExtState is an extension in a database.
type PostgresExtState struct {
	Exists  bool     `json:"exists"`
	Version string   `json:"version"` // "" where it is the server's choice
	Schema  string   `json:"schema"`  // likewise
	Data    bool     `json:"data"`    // it has tables of its own
	Others  []string `json:"others"`  // with cascade: the other extensions of the database

	offered []string // versions
	newest  string   // the version that the server prefers
	paths   []string // versions that the present one can be updated to
}

// PostgresExt manages extensions of databases.
func PostgresExt() modules.Module {
	return modules.State[PostgresExtParams, PostgresExtState]{
		Info: modules.Info{
			Name: "postgresql_ext", Summary: "Manage extensions of PostgreSQL databases.", Undo: modules.UndoPartial,
			Aliases: []string{"community.postgresql.postgresql_ext"},
			Notes: "Undo drops a new extension again, unless other objects use it by then, and makes a dropped one anew; one that had tables\n" +
				"of its own, or that was dropped with cascade, is not brought back. An update is taken back where the extension has a way back.\n" +
				"With version=latest the versions are compared, so that a second run changes nothing.",
			Examples: `- name: Trigrams
  postgresql_ext: {name: pg_trgm, db: shop}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresExtParams) error { return p.distrust(&p.Ext, p.Schema, p.Version) },
		Read:     readExtension,
		Want:     wantExtension,
		Apply:    applyExtension,
		Equal:    sameExtension,
		Settled: func(_ PostgresExtParams, want, got PostgresExtState) bool {
			return want.Exists == got.Exists && (!want.Exists || want.Version == "" || want.Version == got.Version)
		},
		Same: func(a, b PostgresExtState) bool {
			return sameExtension(a, b) && slices.Equal(a.Others, b.Others)
		},
		Whole: func(p PostgresExtParams, from, want PostgresExtState) bool { return want.Exists || !from.lost(p) },
		Report: func(p PostgresExtParams, from, to PostgresExtState, _ bool) modules.Result {
			return modules.Result{"db": p.DB, "ext": p.Ext, "queries": pgShown(p.statements(from, to))}
		},
	}.Module()
}

func sameExtension(a, b PostgresExtState) bool {
	return a.Exists == b.Exists && (!a.Exists || a.Version == b.Version && a.Schema == b.Schema)
}

// lost says whether dropping the extension takes things along that an undo cannot make anew.
func (st PostgresExtState) lost(p PostgresExtParams) bool { return st.Data || p.Cascade }

func readExtension(ctx context.Context, r sys.Reader, p PostgresExtParams) (PostgresExtState, error) {
	var st PostgresExtState
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return st, err
	}
	if p.Version != nil && p.State == "absent" {
		modules.Warn(ctx, "Parameter version is ignored when state=absent")
	}
	rows, err := s.rows(ctx, `SELECT e.extversion, n.nspname,
 EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
  WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND c.relkind IN ('r', 'S'))
 FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1`, p.Ext)
	if err != nil {
		return st, managing(err)
	}
	if len(rows) > 0 {
		st.Exists, st.Version, st.Schema, st.Data = true, rows[0][0], rows[0][1], rows[0][2] == "t"
	}
	if p.Cascade {
		if st.Others, err = column(s.rows(ctx, "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> $1 ORDER BY 1", p.Ext)); err != nil {
			return st, managing(err)
		}
	}
	if p.State == "absent" || st.Exists && p.Version == nil {
		return st, nil
	}
	return st, managing(st.look(ctx, s, p.Ext))
}

// look finds out what the server offers.
func (st *PostgresExtState) look(ctx context.Context, s *pgSession, name string) error {
	var err error
	if st.offered, err = column(s.rows(ctx, "SELECT version FROM pg_catalog.pg_available_extension_versions WHERE name = $1", name)); err != nil {
		return err
	}
	if st.newest, err = s.value(ctx, "SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = $1", name); err != nil {
		return err
	}
	if st.Exists {
		st.paths, err = column(s.rows(ctx, "SELECT target FROM pg_catalog.pg_extension_update_paths($1) WHERE source = $2 AND path IS NOT NULL", name, st.Version))
	}
	return err
}

func managing(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("Management of PostgreSQL extension failed: %w", err) //nolint:staticcheck,revive // Ansible's words
}

// column is the first column of rows.
func column(rows [][]string, err error) ([]string, error) {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row[0]
	}
	return out, err
}

func wantExtension(p PostgresExtParams, now PostgresExtState) (PostgresExtState, error) {
	want := now
	if p.State == "absent" {
		want.Exists = false
		return want, nil
	}
	version := ""
	if p.Version != nil {
		if version = *p.Version; version == "latest" && now.newest != "" {
			version = now.newest
		}
	}
	switch {
	case now.Exists && (version == "" || version == now.Version):
		return want, nil
	case now.Exists && !slices.Contains(now.paths, version):
		return now, fmt.Errorf("Passed version '%s' has no valid update path from the currently installed version '%s' or the passed version is not available", version, now.Version) //nolint:staticcheck,revive // Ansible's words
	case now.Exists:
		want.Version = version
		return want, nil
	case len(now.offered) == 0:
		return now, fmt.Errorf("Extension %s is not available", p.Ext) //nolint:staticcheck,revive // Ansible's words
	case version != "" && !slices.Contains(now.offered, version):
		return now, fmt.Errorf("Passed version '%s' is not available", version) //nolint:staticcheck,revive // Ansible's words
	}
	want.Exists, want.Version, want.Schema = true, version, ""
	if p.Schema != nil {
		want.Schema = *p.Schema
	}
	return want, nil
}

func applyExtension(ctx context.Context, r sys.System, p PostgresExtParams, from, to PostgresExtState) error {
	s, err := p.session(ctx, r, p.DB)
	if err != nil {
		return err
	}
	statements := p.statements(from, to)
	if modules.Undoing(ctx) {
		if !from.Exists && to.Exists && to.lost(p) {
			return fmt.Errorf("extension %s had tables of its own, or was dropped with what depended on it: that is gone, and cannot be brought back", p.Ext)
		}
		statements = p.undoing(from, to)
	}
	return managing(s.together(ctx, statements))
}

func (p PostgresExtParams) statements(from, to PostgresExtState) []pgStatement {
	name, cascade := pgName(p.Ext), ""
	if p.Cascade {
		cascade = " CASCADE"
	}
	switch {
	case from.Exists && !to.Exists:
		return []pgStatement{pgPlain("DROP EXTENSION " + name + cascade)}
	case !from.Exists && to.Exists:
		sql := "CREATE EXTENSION " + name
		if p.Schema != nil && *p.Schema != "" {
			sql += " WITH SCHEMA " + pgName(*p.Schema)
		}
		if p.Version != nil && *p.Version != "latest" {
			sql += " VERSION " + pgText(*p.Version)
		}
		return []pgStatement{pgPlain(sql + cascade)}
	case from.Exists && from.Version != to.Version:
		return []pgStatement{pgPlain("ALTER EXTENSION " + name + " UPDATE TO " + pgText(to.Version))}
	}
	return nil
}

// undoing are the statements of an undo: nothing is dropped that something uses, and what came along goes along.
func (p PostgresExtParams) undoing(from, to PostgresExtState) []pgStatement {
	name := pgName(p.Ext)
	switch {
	case from.Exists && !to.Exists:
		gone := []string{p.Ext}
		for _, other := range from.Others {
			if !slices.Contains(to.Others, other) {
				gone = append(gone, other)
			}
		}
		return []pgStatement{pgPlain("DROP EXTENSION " + pgNames(gone))}
	case !from.Exists && to.Exists:
		return []pgStatement{pgPlain("CREATE EXTENSION " + name + " WITH SCHEMA " + pgName(to.Schema) + " VERSION " + pgText(to.Version))}
	}
	return p.statements(from, to)
}
