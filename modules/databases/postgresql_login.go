package databases

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// pgLogin is how a module reaches the server, and as whom.
type pgLogin struct {
	LoginUser     *string        `param:"login_user" alias:"login" doc:"The role to log in as: by default PGUSER of the environment, or postgres."`
	LoginPassword string         `param:"login_password,secret" default:"" doc:"Its password; PGPASSWORD and ~/.pgpass are looked at without one."`
	LoginHost     string         `param:"login_host" alias:"host" default:"" doc:"The server's host; without one, its socket on this host."`
	LoginSocket   string         `param:"login_unix_socket" alias:"unix_socket" default:"" doc:"The folder with the server's socket; it stands in for no login_host, and for localhost."`
	Port          *int           `param:"port" alias:"login_port" doc:"The server's port: by default PGPORT of the environment, or 5432."`
	SSLMode       string         `param:"ssl_mode" default:"prefer" choices:"allow,disable,prefer,require,verify-ca,verify-full" doc:"Whether TLS is used over TCP, and how the server's certificate is checked."`
	CACert        *string        `param:"ca_cert" alias:"ssl_rootcert" doc:"A file with the certificates of authorities that the server's certificate is checked against."`
	SSLCert       *string        `param:"ssl_cert" type:"path" doc:"A file with the client's certificate."`
	SSLKey        *string        `param:"ssl_key" type:"path" doc:"A file with the client certificate's key."`
	ConnectParams map[string]any `param:"connect_params" doc:"More of libpq's parameters for the connection; they win over the others."`
	SessionRole   *string        `param:"session_role" doc:"The role to switch to after the login."`
	TrustInput    bool           `param:"trust_input" default:"true" doc:"Set it to false to have values refused that look like an injection. Names and values are quoted in any case."`
}

// pgEnvironment are the variables that libpq reads, and the parameters that they stand for.
var pgEnvironment = map[string]string{
	"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user", "PGPASSWORD": "password", "PGPASSFILE": "passfile",
	"PGOPTIONS": "options", "PGSERVICE": "service", "PGSERVICEFILE": "servicefile", "PGCONNECT_TIMEOUT": "connect_timeout",
	"PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert", "PGSSLCERT": "sslcert", "PGSSLKEY": "sslkey", "PGTZ": "timezone",
	"PGTARGETSESSIONATTRS": "target_session_attrs",
}

// pgClientOnly are libpq's parameters that mean nothing here and that a server would refuse.
var pgClientOnly = []string{"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode",
	"gsslib", "sslcompression", "sslcrl", "sslcrldir", "requirepeer", "fallback_application_name", "hostaddr", "load_balance_hosts"}

// settings are the parameters of a connection to a database; "" is the default one.
func (l pgLogin) settings(r sys.Reader, database string) map[string]string {
	out := map[string]string{"user": "postgres", "sslmode": l.SSLMode}
	for _, kv := range r.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		if key, ok := pgEnvironment[name]; ok && value != "" && key != "sslmode" {
			out[key] = value
		}
	}
	set := func(key string, value *string) {
		if value != nil && *value != "" {
			out[key] = *value
		}
	}
	set("user", l.LoginUser)
	set("password", &l.LoginPassword)
	set("host", &l.LoginHost)
	set("sslrootcert", l.CACert)
	set("sslcert", l.SSLCert)
	set("sslkey", l.SSLKey)
	set("dbname", &database)
	if l.Port != nil {
		out["port"] = strconv.Itoa(*l.Port)
	}
	if l.LoginHost == "" || l.LoginHost == "localhost" {
		set("host", &l.LoginSocket)
	}
	for key, value := range l.ConnectParams {
		if !slices.Contains(pgClientOnly, key) && value != nil {
			out[key] = modules.PyStr(value)
		}
	}
	if file := out["sslrootcert"]; file != "" && !strings.HasPrefix(out["sslmode"], "verify-") {
		if _, err := r.Stat(file); errors.Is(err, fs.ErrNotExist) {
			delete(out, "sslrootcert")
		}
	}
	return out
}

// config is the configuration of a connection to a database.
func (l pgLogin) config(r sys.Reader, database string) (*pgconn.Config, error) {
	settings := l.settings(r, database)
	words := make([]string, 0, len(settings))
	for key, value := range settings {
		words = append(words, key+"='"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)+"'")
	}
	slices.Sort(words)
	config, err := pgconn.ParseConfig(strings.Join(words, " "))
	if err != nil {
		var parse *pgconn.ParseConfigError
		if errors.As(err, &parse) {
			err = errors.New(strings.TrimSpace(parse.Error()))
		}
		return nil, fmt.Errorf("unable to connect to database: %w", err)
	}
	return config, nil
}

// What a value looks like that smuggles SQL in.
var pgDangers = []*regexp.Regexp{
	regexp.MustCompile(`['"].*--`),
	regexp.MustCompile(`(?i)(UNION|INTERSECT|EXCEPT).*SELECT`),
	regexp.MustCompile(`(?i);.*(SELECT|UPDATE|INSERT|DELETE|DROP|TRUNCATE|ALTER)`),
}

// distrust refuses values that look like an injection, where the task says that its input is not to be trusted.
func (l pgLogin) distrust(values ...*string) error {
	if l.TrustInput {
		return nil
	}
	var bad []string
	for _, v := range append(values, l.SessionRole) {
		if v != nil && slices.ContainsFunc(pgDangers, func(re *regexp.Regexp) bool { return re.MatchString(*v) }) {
			bad = append(bad, *v)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("Passed input '%s' is potentially dangerous", strings.Join(bad, ", ")) //nolint:staticcheck,revive // Ansible's words
	}
	return nil
}
