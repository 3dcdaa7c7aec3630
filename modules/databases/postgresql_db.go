package databases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PostgresDBParams are the parameters of postgresql_db.
type PostgresDBParams struct {
	DB            string  `param:"db,required" alias:"name" doc:"The database."`
	Owner         string  `param:"owner" default:"" doc:"The role that owns it."`
	Template      string  `param:"template" default:"" doc:"The database that a new one is a copy of."`
	Encoding      string  `param:"encoding" default:"" doc:"The encoding of a new database; of one that exists, it cannot be changed."`
	Collate       string  `param:"lc_collate" default:"" doc:"The order of texts in a new database; of one that exists, it cannot be changed."`
	CType         string  `param:"lc_ctype" default:"" doc:"The classes of characters in a new database; of one that exists, they cannot be changed."`
	State         string  `param:"state" default:"present" choices:"absent,dump,present,rename,restore" doc:"Whether the database exists; dump writes it to the target, restore reads it from there, rename gives it the target's name."`
	Force         bool    `param:"force" default:"false" doc:"With state=absent, end the connections to the database."`
	Target        string  `param:"target" type:"path" default:"" doc:"The file to dump to or to restore from: a plain dump, or by the name's end an archive (.tar, .pgc, .dir) or a compressed plain one (.gz, .bz2, .xz). With state=rename the new name."`
	TargetOpts    string  `param:"target_opts" default:"" doc:"More arguments for pg_dump, pg_restore or psql."`
	MaintenanceDB string  `param:"maintenance_db" default:"postgres" doc:"The database to connect to."`
	ConnLimit     string  `param:"conn_limit" default:"" doc:"How many connections the database takes at once; -1 is any number."`
	Tablespace    string  `param:"tablespace" default:"" doc:"The tablespace that it is in."`
	DumpExtraArgs *string `param:"dump_extra_args" doc:"More arguments for pg_dump."`
	pgLogin
}

// PostgresDBState is a database. What is unknown before it is made is "".
type PostgresDBState struct {
	Exists     bool      `json:"exists"`
	Owner      string    `json:"owner"`
	Encoding   string    `json:"encoding"`
	Collate    string    `json:"lc_collate"`
	CType      string    `json:"lc_ctype"`
	ConnLimit  string    `json:"conn_limit"`
	Tablespace string    `json:"tablespace"`
	Renamed    bool      `json:"renamed"`          // a database has the name that this one is to get
	Dump       string    `json:"dump"`             // tells the present file at the target from others; "" where there is none
	Dumped     bool      `json:"dumped"`           // the file is the one that a dump of this task made
	Restored   bool      `json:"restored"`         // a restore of this task went into it
	Objects    string    `json:"objects"`          // how much is in it, and a digest of that; only where it matters
	Grants     []pgGrant `json:"grants,omitempty"` // where it goes to another owner

	encodes bool    // the encoding is the one of the parameters
	done    *pgDone // what this item's change did
}

// PostgresDB manages databases.
func PostgresDB() modules.Module {
	return modules.State[PostgresDBParams, PostgresDBState]{
		Info: modules.Info{
			Name: "postgresql_db", Summary: "Manage databases of PostgreSQL.", Undo: modules.UndoPartial,
			Aliases: []string{"community.postgresql.postgresql_db"},
			Notes: "Undo drops a new database again unless something was put into it, and takes back names and settings. A database that was\n" +
				"dropped and what a restore did are not brought back, nor is the file that a dump replaced. Nothing but dump and restore needs\n" +
				"a client program (pg_dump, pg_restore, psql) on the host. In check mode a dump and a restore count as changes.",
			Examples: `- name: The shop's database
  postgresql_db: {name: shop, owner: app, encoding: UTF-8, lc_collate: C.UTF-8, lc_ctype: C.UTF-8, template: template0}
  become: true
  become_user: postgres
- name: A compressed copy
  postgresql_db: {name: shop, state: dump, target: /var/backups/shop.sql.gz}
  become: true
  become_user: postgres
`,
		},
		Validate: func(p *PostgresDBParams) error { return p.validate() },
		Read:     readPgDB,
		Want:     wantPgDB,
		Apply:    applyPgDB,
		Equal: func(a, b PostgresDBState) bool {
			return samePgDB(a, b) && a.Renamed == b.Renamed && a.Dumped == b.Dumped && a.Restored == b.Restored
		},
		Settled: settledPgDB,
		Same: func(a, b PostgresDBState) bool {
			return samePgDB(a, b) && a.Renamed == b.Renamed && a.Dump == b.Dump && a.Restored == b.Restored &&
				(a.Objects == b.Objects && a.Objects != unseen || a.Objects == "" || b.Objects == "")
		},
		Carry: func(_ context.Context, _ sys.Reader, known PostgresDBState, got *PostgresDBState) error {
			got.Restored = got.Restored || known.Restored
			got.Dumped = got.Dumped || known.Dumped && got.Dump != ""
			return nil
		},
		Whole: func(p PostgresDBParams, from, want PostgresDBState) bool {
			return p.State == "present" || p.State == "rename" || p.State == "dump" && from.Dump == ""
		},
		Report: reportPgDB,
	}.Module()
}

func (p *PostgresDBParams) validate() error {
	if p.State == "rename" {
		switch p.Target {
		case "":
			return fmt.Errorf(`The "target" option must be defined when the "rename" option is used.`) //nolint:staticcheck,revive // Ansible's words
		case p.DB:
			return fmt.Errorf(`The "name/db" option and the "target" option cannot be the same.`) //nolint:staticcheck,revive // Ansible's words
		}
		if p.MaintenanceDB == p.DB {
			return fmt.Errorf(`The "maintenance_db" option and the "name/db" option cannot be the same.`) //nolint:staticcheck,revive // Ansible's words
		}
	}
	if _, err := strconv.Atoi(p.ConnLimit); err != nil && p.ConnLimit != "" {
		return fmt.Errorf("conn_limit must be a number, not %q", p.ConnLimit)
	}
	return p.distrust(&p.Owner, &p.ConnLimit, &p.Encoding, &p.DB, &p.Template, &p.Tablespace)
}

// raw says that client programs do the work.
func (p PostgresDBParams) raw() bool { return p.State == "dump" || p.State == "restore" }

func samePgDB(a, b PostgresDBState) bool {
	if !a.Exists || !b.Exists {
		return a.Exists == b.Exists
	}
	return a.Owner == b.Owner && a.Encoding == b.Encoding && a.Collate == b.Collate && a.CType == b.CType &&
		a.ConnLimit == b.ConnLimit && a.Tablespace == b.Tablespace
}

// settledPgDB accepts what the server chose for a new database.
func settledPgDB(p PostgresDBParams, want, got PostgresDBState) bool {
	for _, f := range []struct{ want, got *string }{{&want.Owner, &got.Owner}, {&want.Encoding, &got.Encoding}, {&want.Collate, &got.Collate},
		{&want.CType, &got.CType}, {&want.Tablespace, &got.Tablespace}} {
		if *f.want == "" {
			*f.want = *f.got
		}
	}
	if p.State == "present" && p.Encoding != "" && got.encodes {
		want.Encoding = got.Encoding // the server has one name for it
	}
	return samePgDB(want, got) && want.Renamed == got.Renamed && (p.State != "dump" || got.Dump != "")
}

func readPgDB(ctx context.Context, r sys.Reader, p PostgresDBParams) (PostgresDBState, error) {
	if p.raw() {
		return readDump(ctx, r, p)
	}
	s, err := p.session(ctx, r, p.MaintenanceDB)
	if err != nil {
		return PostgresDBState{}, err
	}
	st, err := lookPgDB(ctx, s, p)
	if err != nil {
		return st, fmt.Errorf("Database query failed: %w", err) //nolint:staticcheck,revive // Ansible's words
	}
	if p.State == "present" && st.Exists && (modules.Undoing(ctx) || doneBy(ctx).created) {
		st.Objects = p.contents(ctx, r)
	}
	return st, nil
}

func lookPgDB(ctx context.Context, s *pgSession, p PostgresDBParams) (PostgresDBState, error) {
	var st PostgresDBState
	rows, err := s.rows(ctx, `SELECT d.oid, r.rolname, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, d.datconnlimit, t.spcname,
 $2 = '' OR pg_char_to_encoding($2) = d.encoding
 FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
 WHERE d.datname = $1`, p.DB, p.Encoding)
	if err != nil {
		return st, err
	}
	if len(rows) > 0 {
		oid, row := rows[0][0], rows[0][1:]
		st = PostgresDBState{Exists: true, Owner: row[0], Encoding: row[1], Collate: row[2], CType: row[3], ConnLimit: row[4], Tablespace: row[5], encodes: row[6] == "t"}
		if p.State == "present" && p.Owner != "" && p.Owner != st.Owner {
			if st.Grants, err = pgCatalogs["database"].everyone(ctx, s, pgObject{oid, pgName(p.DB)}); err != nil {
				return st, err
			}
		}
	}
	if p.State == "rename" {
		there, err := s.rows(ctx, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", p.Target)
		st.Renamed = len(there) > 0
		return st, err
	}
	return st, nil
}

// unseen stands for what is in a database that cannot be looked at: it is never the same.
const unseen = "unseen"

// contents is the number, with a digest, of the objects in the database beyond what every new one has: a database is not empty as
// soon as somebody made an object in it.
func (p PostgresDBParams) contents(ctx context.Context, r sys.Reader) string {
	s, err := p.connect(ctx, r, p.DB)
	if err != nil {
		return unseen
	}
	defer s.close()
	lines, err := column(s.rows(ctx, `SELECT 'class ' || oid || ' ' || relname FROM pg_catalog.pg_class
  WHERE oid >= 16384 AND relkind NOT IN ('i', 't') AND relnamespace NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')
 UNION ALL SELECT 'function ' || oid || ' ' || proname FROM pg_catalog.pg_proc WHERE oid >= 16384
 UNION ALL SELECT 'schema ' || oid || ' ' || nspname FROM pg_catalog.pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp_'
 UNION ALL SELECT 'extension ' || oid || ' ' || extname FROM pg_catalog.pg_extension WHERE oid >= 16384
 UNION ALL SELECT 'large object ' || oid FROM pg_catalog.pg_largeobject_metadata
 ORDER BY 1`))
	if err != nil {
		return unseen
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return fmt.Sprintf("%d objects (%s)", len(lines), hex.EncodeToString(sum[:8]))
}
