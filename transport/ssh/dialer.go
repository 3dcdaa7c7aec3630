package ssh

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/hostkeys"
	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// Limits on what goes on at once, unless Options say otherwise.
const (
	defaultMaxDials        = 64
	defaultMaxDialsPerHost = 8 // sshd turns away more than 10 strangers at once by default
)

// Options configure a Dialer. Nothing is taken from the process but what is named here.
type Options struct {
	Home       string   // the user's home; "" leaves out ~/.ssh and everything in it
	User       string   // the local user's name; "" asks the system, then Env
	Env        []string // as os.Environ gives it; agent, tokens and proxy commands use it
	SystemDir  string   // "" is /etc/ssh (on Windows %ProgramData%\ssh)
	Prompter   transport.Prompter
	Logf       func(format string, args ...any) // notices for -v; nil drops them
	MaxDials   int                              // handshakes at once; 0 is 64
	MaxPerHost int                              // handshakes at once with one server or through one proxy; 0 is 8
	// DialContext opens plain connections instead of the network, for servers that live in memory.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dialer connects to hosts. It shares between connections what can be shared: parsed configuration and keys, the
// agent, passphrases, connections to jump hosts, and the one open question. Its methods may be called concurrently.
type Dialer struct {
	options  Options
	loader   *sshconfig.Loader
	known    hostkeys.Store
	limits   *limiter
	keys     keyring
	agents   agents
	jumps    jumps
	question semaphore
	system   string
	noted    sync.Map // notices given already

	turnedAwayWait time.Duration // shorter in tests
}

var _ transport.Dialer = (*Dialer)(nil)

// NewDialer returns a dialer. It opens nothing yet.
func NewDialer(o Options) *Dialer {
	d := &Dialer{options: o, question: newSemaphore(1), system: systemDir(&o), turnedAwayWait: turnedAwayWait}
	if o.Logf == nil {
		d.options.Logf = func(string, ...any) {}
	}
	if o.User == "" {
		d.options.User = cmp.Or(systemUser(), d.env("USER"), d.env("LOGNAME"), d.env("USERNAME"))
	}
	d.limits = newLimiter(cmp.Or(o.MaxDials, defaultMaxDials), cmp.Or(o.MaxPerHost, defaultMaxDialsPerHost))
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	d.loader = &sshconfig.Loader{
		Home: o.Home, SystemFile: filepath.Join(d.system, "ssh_config"), LocalUser: d.options.User, LocalHost: hostname,
		LocalID: strconv.Itoa(os.Getuid()), LookupEnv: d.lookupEnv, ReadFile: os.ReadFile,
		Exec: d.succeeds, Canonical: canonicalName,
	}
	return d
}

// Close lets go of agents. Connections stay open; each is closed by whoever dialled it.
func (d *Dialer) Close() error { return d.agents.close() }

// Dial connects to a host and authenticates. Its errors are *transport.Error.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (transport.Conn, error) {
	s, err := d.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	link, err := d.connect(ctx, s)
	if err != nil {
		return nil, err
	}
	return newConn(s, link), nil
}

// systemUser returns the name of the user that this process runs as, or "".
func systemUser() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // Windows puts the domain before it
}

func systemDir(o *Options) string {
	if o.SystemDir != "" {
		return o.SystemDir
	}
	if runtime.GOOS == "windows" {
		for _, kv := range o.Env {
			if name, value, _ := strings.Cut(kv, "="); strings.EqualFold(name, "ProgramData") {
				return filepath.Join(value, "ssh")
			}
		}
	}
	return "/etc/ssh"
}

func (d *Dialer) lookupEnv(name string) (string, bool) {
	for i := len(d.options.Env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(d.options.Env[i], "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}

func (d *Dialer) env(name string) string {
	v, _ := d.lookupEnv(name)
	return v
}

// ask puts a question to the person. One question is open at a time, whatever the prompter does.
func (d *Dialer) ask(ctx context.Context, question string, secret bool) (string, error) {
	if d.options.Prompter == nil {
		return "", transport.ErrNoTerminal
	}
	return d.options.Prompter.Ask(ctx, question, secret)
}

// canonicalName asks the resolver for a name, for CanonicalizeHostname.
func canonicalName(ctx context.Context, name string) (string, bool) {
	if _, err := net.DefaultResolver.LookupHost(ctx, name+"."); err != nil {
		return "", false
	}
	canonical, err := net.DefaultResolver.LookupCNAME(ctx, name+".")
	if err != nil {
		return name, true
	}
	return strings.TrimSuffix(canonical, "."), true
}

// failure makes the error of a host, or passes on one that is already made.
func failure(host string, kind transport.Kind, what, hint string, err error) *transport.Error {
	var made *transport.Error
	if errors.As(err, &made) {
		return made
	}
	return &transport.Error{Host: host, Kind: kind, What: what, Hint: hint, Err: err}
}
