package databases

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// mysqlDBParams are the parameters of mysql_db.
type mysqlDBParams struct {
	Name            []string `param:"name,required" alias:"db" elements:"str" doc:"The databases; all stands for every one of them where they are dumped or imported."`
	State           string   `param:"state" choices:"absent,dump,import,present" default:"present" doc:"What becomes of them."`
	Encoding        string   `param:"encoding" default:"" doc:"The character set of a new database, and of a dump."`
	Collation       string   `param:"collation" default:"" doc:"The collation of a new database."`
	Target          *string  `param:"target" type:"path" doc:"The file to dump to or import from; gz, bz2 and xz are packed and unpacked."`
	SingleTrans     bool     `param:"single_transaction" default:"false" doc:"Whether a dump is made in one transaction."`
	Quick           bool     `param:"quick" default:"true" doc:"Whether a dump is written row by row."`
	IgnoreTables    []string `param:"ignore_tables" elements:"str" doc:"Tables that are left out of a dump, as database.table."`
	HexBlob         bool     `param:"hex_blob" default:"false" doc:"Whether a dump has binary columns in hexadecimal."`
	Force           bool     `param:"force" default:"false" doc:"Whether a dump or an import goes on after errors."`
	MasterData      int      `param:"master_data" choices:"0,1,2" default:"0" doc:"Whether a dump says where the binary log stood, and whether as a comment."`
	SkipLock        bool     `param:"skip_lock_tables" default:"false" doc:"Whether a dump locks no tables."`
	DumpExtraArgs   *string  `param:"dump_extra_args" doc:"More arguments of mysqldump."`
	UseShell        bool     `param:"use_shell" default:"false" doc:"Accepted; a shell is never needed here."`
	UnsafePassword  bool     `param:"unsafe_login_password" default:"false" doc:"Accepted; the password is never part of a command line here."`
	RestrictConfig  bool     `param:"restrict_config_file" default:"false" doc:"Whether config_file is the only option file that dumps and imports read."`
	ImplicitAdmin   bool     `param:"check_implicit_admin" default:"false" doc:"Whether root without a password is tried first."`
	ConfigOverrides bool     `param:"config_overrides_defaults" default:"false" doc:"Whether host and port of config_file go before the defaults."`
	Chdir           *string  `param:"chdir" type:"path" doc:"The folder that dumps and imports start in."`
	Pipefail        bool     `param:"pipefail" default:"false" doc:"Accepted; a program that fails is always noticed here."`
	mysqlLogin
}

// mysqlSchemas are databases by name, as far as a task names them.
type mysqlSchemas struct {
	Found map[string]mysqlSchema `json:"found"`
}

// mysqlSchema is one database.
type mysqlSchema struct {
	Charset   string `json:"charset"`
	Collation string `json:"collation"`
	Objects   int    `json:"objects"` // tables, views, routines and events in it
}

// MySQLDB manages the databases of a MySQL or MariaDB server.
func MySQLDB() modules.Module {
	state := modules.State[mysqlDBParams, mysqlSchemas]{
		Info:     mysqlDBInfo(),
		Validate: validateMySQLDB,
		Within:   withServer,
		Skip: func(_ context.Context, _ sys.Reader, p mysqlDBParams) (modules.Result, error) {
			if len(p.Name) == 0 {
				return modules.Result{"changed": false, "db": p.Name, "db_list": []any{}}, nil
			}
			return nil, nil
		},
		Read:  readSchemas,
		Want:  wantSchemas,
		Apply: applySchemas,
		Equal: func(a, b mysqlSchemas) bool { return sameNames(a, b) },
		Same:  func(a, b mysqlSchemas) bool { return maps.Equal(a.Found, b.Found) },
		Whole: func(_ mysqlDBParams, from, want mysqlSchemas) bool {
			for name, schema := range from.Found {
				if _, stays := want.Found[name]; !stays && schema.Objects > 0 {
					return false
				}
			}
			return true
		},
		Report: reportSchemas,
	}
	return newTransferring(state.Module())
}

func mysqlDBInfo() modules.Info {
	return modules.Info{
		Name: "mysql_db", Summary: "Makes, removes, dumps and imports databases of MySQL and MariaDB.", Undo: modules.UndoPartial,
		Aliases: []string{"community.mysql.mysql_db", "ansible.mysql.mysql_db"},
		Notes: "A rollback drops a database that the task made, as long as nothing is in it, and makes an empty one again that it dropped; what was in a " +
			"dropped database is lost. It logs in with config_file or through the socket, since no password is kept. " +
			"Only dumps and imports need programs of the server's: mysqldump and mysql.",
		Examples: `- name: A database
  mysql_db:
    name: shop
    encoding: utf8mb4
    login_unix_socket: /run/mysqld/mysqld.sock
- name: A copy of it
  mysql_db:
    name: shop
    state: dump
    target: /var/backups/shop.sql.gz
`,
	}
}

func validateMySQLDB(p *mysqlDBParams) error {
	for i, name := range p.Name {
		p.Name[i] = strings.TrimSpace(name)
	}
	moves := p.State == "dump" || p.State == "import"
	switch {
	case p.LoginPort < 0 || p.LoginPort > 65535:
		return fmt.Errorf("login_port must be a valid unix port number (0-65535)")
	case slices.Contains(p.IgnoreTables, ""):
		return fmt.Errorf("Name of ignored table cannot be empty")
	case moves && p.Target == nil:
		return fmt.Errorf("with state=%s target is required", p.State)
	case p.State == "import" && len(p.Name) > 1:
		return fmt.Errorf("Multiple databases are not supported with state=import")
	case !moves && slices.Equal(p.Name, []string{"all"}):
		return fmt.Errorf("name is not allowed to equal 'all' unless state equals import, or dump.")
	}
	return nil
}

func (p mysqlDBParams) connect(ctx context.Context, r sys.Reader) (*sql.Conn, error) {
	login := p.mysqlLogin
	if p.ConfigOverrides {
		if err := login.override(r); err != nil {
			return nil, err
		}
	}
	return connection(ctx, r, session{login: login, implicit: p.ImplicitAdmin, missing: "unable to find %s. Exception message: %v"})
}

func readSchemas(ctx context.Context, r sys.Reader, p mysqlDBParams) (mysqlSchemas, error) {
	s := mysqlSchemas{Found: map[string]mysqlSchema{}}
	conn, err := p.connect(ctx, r)
	if err != nil {
		return s, err
	}
	for _, name := range p.Name {
		var schema mysqlSchema
		var stored string
		err := conn.QueryRowContext(ctx, `SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME,
			(SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = SCHEMA_NAME) +
			(SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = SCHEMA_NAME) +
			(SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = SCHEMA_NAME)
			FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`, name).Scan(&stored, &schema.Charset, &schema.Collation, &schema.Objects)
		switch {
		case err == nil:
			s.Found[name] = schema
		case err != sql.ErrNoRows: //nolint:errorlint // Scan returns it as it is
			return s, fmt.Errorf("look for database %s: %w", name, err)
		}
	}
	return s, nil
}

func wantSchemas(p mysqlDBParams, now mysqlSchemas) (mysqlSchemas, error) {
	want := mysqlSchemas{Found: maps.Clone(now.Found)}
	for _, name := range p.Name {
		_, there := want.Found[name]
		switch {
		case p.State == "absent":
			delete(want.Found, name)
		case !there:
			want.Found[name] = mysqlSchema{Charset: p.Encoding, Collation: p.Collation}
		}
	}
	return want, nil
}

func sameNames(a, b mysqlSchemas) bool {
	return slices.Equal(slices.Sorted(maps.Keys(a.Found)), slices.Sorted(maps.Keys(b.Found)))
}

func applySchemas(ctx context.Context, s sys.System, p mysqlDBParams, from, to mysqlSchemas) error {
	conn, err := p.connect(ctx, s)
	if err != nil {
		return err
	}
	undoing := modules.Undoing(ctx)
	for _, name := range p.Name {
		_, there := from.Found[name]
		wanted, stays := to.Found[name]
		switch {
		case there && !stays:
			if _, err := conn.ExecContext(ctx, dropSchema(name)); err != nil {
				return fmt.Errorf("error deleting database: %w", err)
			}
		case !there && stays && undoing && wanted.Objects > 0:
			return fmt.Errorf("database %s cannot be brought back: nobody kept what was in it", name)
		case !there && stays:
			if _, err := conn.ExecContext(ctx, createSchema(name, wanted)); err != nil {
				return fmt.Errorf("error creating database: %w", err)
			}
		}
	}
	return nil
}

func dropSchema(name string) string { return "DROP DATABASE " + quoteName(name) }

func createSchema(name string, s mysqlSchema) string {
	statement := "CREATE DATABASE " + quoteName(name)
	if s.Charset != "" {
		statement += " CHARACTER SET " + quoteText(s.Charset)
	}
	if s.Collation != "" {
		statement += " COLLATE " + quoteText(s.Collation)
	}
	return statement
}

func reportSchemas(p mysqlDBParams, from, to mysqlSchemas, changed bool) modules.Result {
	res := modules.Result{"db": strings.Join(p.Name, " "), "db_list": p.Name}
	commands := []string{}
	for _, name := range p.Name {
		_, was := from.Found[name]
		_, is := to.Found[name]
		switch {
		case was && !is:
			commands = append(commands, dropSchema(name))
		case !was && is:
			commands = append(commands, createSchema(name, mysqlSchema{Charset: p.Encoding, Collation: p.Collation}))
		}
	}
	res["executed_commands"] = commands
	return res
}
