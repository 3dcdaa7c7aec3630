package databases

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// mysqlLogin is how the modules for MySQL and MariaDB log in to the server.
type mysqlLogin struct {
	LoginUser     *string `param:"login_user" doc:"The user to log in as; else the one of config_file, else the user who runs the task."`
	LoginPassword *string `param:"login_password,secret" doc:"The password to log in with; else the one of config_file."`
	LoginHost     string  `param:"login_host" default:"localhost" doc:"The server's host."`
	LoginPort     int     `param:"login_port" default:"3306" doc:"The server's port."`
	LoginSocket   *string `param:"login_unix_socket" doc:"The server's Unix socket, instead of host and port."`
	ConfigFile    string  `param:"config_file" type:"path" default:"~/.my.cnf" doc:"An option file whose section client gives what the task does not; one that is not there is left out."`
	Timeout       int     `param:"connect_timeout" default:"30" doc:"Seconds until connecting is given up."`
	ClientCert    *string `param:"client_cert" alias:"ssl_cert" type:"path" doc:"The file of a client certificate."`
	ClientKey     *string `param:"client_key" alias:"ssl_key" type:"path" doc:"The file of the client certificate's key."`
	CACert        *string `param:"ca_cert" alias:"ssl_ca" type:"path" doc:"The file of the authority that the server's certificate must come from."`
	CheckHostname *bool   `param:"check_hostname" doc:"Whether the server's certificate must name its host."`
}

// defaultSocket is where servers of distributions listen.
const defaultSocket = "/run/mysqld/mysqld.sock"

// mysqlServer is one connection to a server, opened when it is first needed. It is used by one goroutine.
type mysqlServer struct {
	pool *sql.DB
	conn *sql.Conn
}

type mysqlKey struct{}

// withServer gives one item a connection that its readings and changes share.
func withServer(ctx context.Context, _ sys.System) (context.Context, func()) {
	s := &mysqlServer{}
	return context.WithValue(ctx, mysqlKey{}, s), s.close
}

func (s *mysqlServer) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		_ = s.pool.Close()
	}
	s.conn, s.pool = nil, nil
}

// session says what a connection is set up with.
type session struct {
	login    mysqlLogin
	implicit bool   // try root without a password first
	database string // "" is none
	setup    []string
	// missing is what to say of a login that failed where the option file is not there; "" says it as always.
	missing string
}

// connection returns the item's connection, opened and set up on first use.
func connection(ctx context.Context, r sys.Reader, s session) (*sql.Conn, error) {
	server, ok := ctx.Value(mysqlKey{}).(*mysqlServer)
	if !ok {
		return nil, errors.New("internal error: no place for a connection")
	}
	if server.conn != nil {
		return server.conn, nil
	}
	if err := server.open(ctx, r, s); err != nil {
		_, gone := r.Stat(s.login.ConfigFile)
		if gone != nil && s.missing != "" {
			return nil, modules.Fail(nil, s.missing, s.login.ConfigFile, err)
		}
		return nil, modules.Fail(nil, "unable to connect to database, check login_user and login_password are correct or %s has the credentials. Exception message: %v",
			s.login.ConfigFile, err)
	}
	for _, statement := range s.setup {
		if _, err := server.conn.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	return server.conn, nil
}

// open tries the ways to log in, and returns the error of the one that the task asked for.
func (s *mysqlServer) open(ctx context.Context, r sys.Reader, want session) error {
	config, err := want.login.config(ctx, r, want.database)
	if err != nil {
		return err
	}
	if want.implicit {
		root := config.Clone()
		root.User, root.Passwd = "root", ""
		if s.dial(ctx, root) == nil {
			return nil
		}
	}
	err = s.dial(ctx, config)
	if err == nil || config.Net != "tcp" || want.login.LoginHost != "localhost" {
		return err
	}
	// The usual clients take localhost for the socket, and a server that knows its administrator by it refuses the name over TCP.
	local := config.Clone()
	local.Net, local.Addr, local.TLS = "unix", filepath.Join(r.Root(), defaultSocket), nil
	if s.dial(ctx, local) == nil {
		return nil
	}
	return err
}

func (s *mysqlServer) dial(ctx context.Context, config *mysql.Config) error {
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(connector)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return errors.Join(err, pool.Close())
	}
	s.pool, s.conn = pool, conn
	return nil
}

// config joins what the task says with the option file.
func (l mysqlLogin) config(ctx context.Context, r sys.Reader, database string) (*mysql.Config, error) {
	options, err := clientOptions(r, l.ConfigFile)
	if err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.Logger = &mysql.NopLogger{}
	c.InterpolateParams, c.DBName, c.Timeout = true, database, time.Duration(l.Timeout)*time.Second
	c.User, c.Passwd = options["user"], options["password"]
	if c.User == "" {
		c.User = "root"
		if me, ok := sys.NewAccounts(ctx, r).UserByID(r.Getuid()); ok {
			c.User = me.Name
		}
	}
	if l.LoginUser != nil {
		c.User = *l.LoginUser
	}
	if l.LoginPassword != nil {
		c.Passwd = *l.LoginPassword
	}
	c.Net, c.Addr = "tcp", net.JoinHostPort(l.LoginHost, strconv.Itoa(l.LoginPort))
	socket := options["socket"]
	if l.LoginSocket != nil {
		socket = *l.LoginSocket
	}
	if socket != "" {
		c.Net, c.Addr = "unix", filepath.Join(r.Root(), socket)
	}
	c.TLS, err = l.tls(r)
	return c, err
}

// override takes host and port from the option file where it has them.
func (l *mysqlLogin) override(r sys.Reader) error {
	options, err := clientOptions(r, l.ConfigFile)
	if err != nil {
		return err
	}
	if host := options["host"]; host != "" {
		l.LoginHost = host
	}
	if port := options["port"]; port != "" {
		if l.LoginPort, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("%s: port: %q is no number", l.ConfigFile, port)
		}
	}
	return nil
}

// tls is nil where the task says nothing about it.
func (l mysqlLogin) tls(r sys.Reader) (*tls.Config, error) {
	if l.CACert == nil && l.ClientCert == nil && l.ClientKey == nil && l.CheckHostname == nil {
		return nil, nil
	}
	c := &tls.Config{ServerName: l.LoginHost, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // verified below, where there is something to verify with
	if l.ClientCert != nil {
		key := l.ClientCert
		if l.ClientKey != nil {
			key = l.ClientKey
		}
		pair, err := keyPair(r, *l.ClientCert, *key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if l.CACert == nil {
		return c, nil
	}
	pem, err := r.ReadFile(*l.CACert)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", *l.CACert)
	}
	name := l.LoginHost
	if l.CheckHostname != nil && !*l.CheckHostname {
		name = ""
	}
	c.VerifyConnection = func(state tls.ConnectionState) error {
		chain := x509.NewCertPool()
		for _, cert := range state.PeerCertificates[1:] {
			chain.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: chain, DNSName: name})
		return err
	}
	return c, nil
}

func keyPair(r sys.Reader, cert, key string) (tls.Certificate, error) {
	certPEM, err := r.ReadFile(cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := r.ReadFile(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}
