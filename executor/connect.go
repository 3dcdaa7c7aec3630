package executor

import (
	"fmt"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// connVars reads connection variables of one target within a task: variables first, then keywords, then the settings.
type connVars struct {
	task  *playbook.Task
	scope *scope // of the target host
}

func (c *call) connVars() connVars {
	s := c.scope
	if c.delegated != "" {
		copied := *s
		copied.host, copied.ctx, copied.inv = c.target, nil, nil
		s = &copied
	}
	return connVars{task: c.t.task, scope: s}
}

// variable returns the last of the named variables that is set, as a rendered value. Names are in the order of the
// documentation of Ansible's plugins, where the last one wins, too.
func (v connVars) variable(names ...string) (any, bool, error) {
	for _, n := range slices.Backward(names) {
		raw, ok := v.scope.given(n)
		if !ok {
			continue
		}
		if hasTemplate(raw) {
			out, err := v.scope.render(raw)
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", n, err)
			}
			raw = out
		} else if vault, ok := raw.(value.Vault); ok {
			out, err := v.scope.render(vault)
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", n, err)
			}
			raw = out
		}
		if raw != nil {
			return raw, true, nil
		}
	}
	return nil, false, nil
}

func (v connVars) text(def string, names ...string) (string, error) {
	x, ok, err := v.variable(names...)
	if err != nil || !ok {
		return def, err
	}
	return value.Str(x), nil
}

// keyword returns an inherited keyword, rendered; nil when it is not given.
func (v connVars) keyword(name string) (any, error) {
	a, ok := v.task.Inherit(name)
	if !ok || a.Value == nil {
		return nil, nil
	}
	out, err := v.scope.render(a.Value)
	if err != nil {
		return nil, at(a.Pos, err)
	}
	return out, nil
}

func (v connVars) keywordText(name, def string) (string, error) {
	out, err := v.keyword(name)
	if err != nil || out == nil {
		return def, err
	}
	return value.Str(out), nil
}

// resolver collects texts and keeps the first error.
type resolver struct {
	v   connVars
	err error
}

func (r *resolver) text(keyword, def string, names ...string) string {
	if r.err != nil {
		return ""
	}
	if keyword != "" {
		if def, r.err = r.v.keywordText(keyword, def); r.err != nil {
			return ""
		}
	}
	var s string
	s, r.err = r.v.text(def, names...)
	return s
}

// target resolves how the call's target is reached.
func (c *call) connection() (transport.Target, error) {
	r := &resolver{v: c.connVars()}
	d := c.t.x.o.Defaults
	h := c.target
	t := transport.Target{Name: h.name}
	def := d.Connection
	if h.inv == nil && isLocalName(h.name) || h.inv != nil && h.inv.Implicit() {
		def = "local"
	}
	t.Connection = connectionKind(r.text("connection", def, "ansible_connection"))
	if t.Connection == "local" {
		t.Dir = c.localDir()
	}
	t.Host = r.text("", h.name, "ansible_host", "ansible_ssh_host")
	t.User = r.text("remote_user", d.User, "ansible_user", "ansible_ssh_user")
	t.Password = r.text("", d.Password, "ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
	t.KeyFile = r.text("", d.KeyFile, "ansible_private_key_file", "ansible_ssh_private_key_file")
	t.KeyPass = r.text("", "", "ansible_private_key_passphrase", "ansible_ssh_private_key_passphrase")
	port := r.text("port", d.Port, "ansible_port", "ansible_ssh_port")
	timeout := r.text("", "", "ansible_timeout", "ansible_ssh_timeout")
	checking := r.text("", "", "ansible_host_key_checking", "ansible_ssh_host_key_checking")
	first := r.text("", d.SSHArgs, "ansible_ssh_args")
	words := []string{
		r.text("", d.CommonArgs, "ansible_ssh_common_args"), r.text("", d.ExtraArgs, "ansible_ssh_extra_args"), retryArgs(r.text("", d.Retries, "ansible_ssh_retries")),
	}
	program := r.text("", d.SSHExecutable, "ansible_ssh_executable")
	t.Runner.RemoteTmp = r.text("", d.RemoteTmp, "ansible_remote_tmp")
	t.Runner.Shell = r.text("", "", "ansible_shell_executable")
	if r.err != nil {
		return t, r.err
	}
	c.t.x.o.Secrets.Add(t.Password, t.KeyPass)
	if program != "" && filepath.Base(program) != "ssh" {
		c.t.x.warnOnce("ssh_executable %s has no effect: connections are made by muster itself", program)
	}
	return t, c.finishTarget(&t, port, timeout, checking, first, words)
}

// localDir is where local commands work: the folder of the playbook whose play runs, or "" when it is not there.
func (c *call) localDir() string {
	dir, err := filepath.EvalSymlinks(absoluteDir(c.scope.dir()))
	if err != nil {
		return ""
	}
	return dir
}

func (c *call) finishTarget(t *transport.Target, port, timeout, checking, first string, words []string) (err error) {
	d := c.t.x.o.Defaults
	if port != "" {
		n, ok := toInt(port)
		if !ok || n < 1 || n > 65535 {
			return fmt.Errorf("%s: ansible_port must be a number between 1 and 65535, not %q", t.Name, port)
		}
		t.Port = n
	}
	t.Timeout = d.Timeout
	if timeout != "" {
		f, ok := toFloat(timeout)
		if !ok {
			return fmt.Errorf("%s: ansible_timeout must be a number of seconds, not %q", t.Name, timeout)
		}
		t.Timeout = time.Duration(f * float64(time.Second))
	}
	t.HostKeys = d.HostKeys
	if checking != "" && !toBool(checking) {
		t.HostKeys = transport.HostKeyOff
	}
	if t.FirstArgs, err = splitArgs(t.Name, first); err != nil {
		return err
	}
	if t.SSHArgs, err = splitArgs(t.Name, words...); err != nil {
		return err
	}
	switch t.Connection {
	case "ssh", "local":
		return nil
	default:
		return fmt.Errorf("%s: the connection %q is not supported (ssh and local are)", t.Name, t.Connection)
	}
}

// splitArgs splits ssh arguments into words.
func splitArgs(host string, args ...string) ([]string, error) {
	var words []string
	for _, a := range args {
		split, err := shlex.Split(a)
		if err != nil {
			return nil, fmt.Errorf("%s: the ssh arguments %q cannot be split: %w", host, a, err)
		}
		words = append(words, split...)
	}
	return words, nil
}

// retryArgs are the words by which ssh tries again to connect, as retries asks for.
func retryArgs(retries string) string {
	if n, ok := toInt(retries); ok && n > 0 {
		return fmt.Sprintf("-o ConnectionAttempts=%d", min(n+1, 100))
	}
	return ""
}

func isLocalName(name string) bool {
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// connectionKind maps the names of Ansible's connections to muster's.
func connectionKind(name string) string {
	switch strings.TrimPrefix(strings.TrimPrefix(name, "ansible.builtin."), "ansible.legacy.") {
	case "smart", "ssh", "paramiko", "paramiko_ssh", "", "mitogen_ssh":
		return "ssh"
	case "local", "mitogen_local":
		return "local"
	default:
		return name
	}
}

// become resolves which user does the work; nil is the connection's own.
func (c *call) become(t transport.Target) (*wire.Become, error) {
	if c.asIs {
		return nil, nil
	}
	v := c.connVars()
	d := c.t.x.o.Defaults
	wanted := d.Become
	if k, err := v.keyword("become"); err != nil {
		return nil, err
	} else if k != nil {
		wanted = toBool(k)
	}
	if b, ok, err := v.variable("ansible_become"); err != nil {
		return nil, err
	} else if ok {
		wanted = toBool(b)
	}
	if !wanted {
		return nil, nil
	}
	r := &resolver{v: v}
	b := &wire.Become{Method: r.text("become_method", d.BecomeMethod, "ansible_become_method")}
	m := b.Method
	if m != d.BecomeMethod { // the settings of another method are not this one's
		own := c.t.x.o.Settings.BecomeFor(m)
		d.BecomeUser, d.BecomeFlags, d.BecomeExe, d.BecomePassword = own.User, own.Flags, own.Exe, orElse(d.BecomePassword, own.Password)
	}
	b.User = r.text("become_user", orElse(d.BecomeUser, "root"), "ansible_become_user", "ansible_"+m+"_user")
	b.Password = r.text("", d.BecomePassword, "ansible_become_password", "ansible_become_pass", "ansible_"+m+"_password", "ansible_"+m+"_pass")
	b.Flags = r.text("become_flags", d.BecomeFlags, "ansible_become_flags", "ansible_"+m+"_flags")
	b.Exe = r.text("become_exe", d.BecomeExe, "ansible_become_exe", "ansible_"+m+"_exe")
	if r.err != nil {
		return nil, r.err
	}
	c.t.x.o.Secrets.Add(b.Password)
	if c.sameUser(t, b.User) {
		return nil, nil
	}
	switch m {
	case "sudo", "su", "doas":
		return b, nil
	default:
		return nil, fmt.Errorf("%s: the become method %q is not supported (sudo, su and doas are)", t.Name, m)
	}
}

// sameUser reports whether the connection's user is the wanted one already, so that nobody has to be become; with
// become_allow_same_user it is become all the same.
func (c *call) sameUser(t transport.Target, wanted string) bool {
	if c.t.x.o.Settings.BecomeAllowSameUser {
		return false
	}
	if t.Connection == "local" {
		u, err := user.Current()
		return err == nil && u.Username == wanted
	}
	return t.User != "" && t.User == wanted
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// knownEnvironment renders an environment for the gathering of facts, which is yet to learn ansible_env: what is made of that is
// left out.
func (s *scope) knownEnvironment(raw any) (any, error) {
	switch x := raw.(type) {
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			v, err := s.knownEnvironment(item)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, v)
		}
		return out, nil
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			v, err := s.render(item)
			if err != nil && jinja.IsUndefined(err) && (strings.Contains(err.Error(), "ansible_env") || strings.Contains(err.Error(), "env'")) {
				continue
			}
			if err != nil {
				return nil, err
			}
			out.Set(k, v)
		}
		return out, nil
	default:
		return s.render(raw)
	}
}

// environment merges the environment keywords around the task.
func (c *call) environment() (map[string]string, error) {
	found := c.t.task.InheritAll("environment")
	if len(found) == 0 {
		return nil, nil
	}
	env := map[string]string{}
	for _, a := range found {
		v, err := c.scope.render(a.Value)
		if err != nil && (c.action == "setup" || c.action == "gather_facts") {
			v, err = c.scope.knownEnvironment(a.Value)
		}
		if err != nil {
			return nil, at(a.Pos, err)
		}
		levels := []any{v}
		if l, ok := v.(*value.List); ok {
			levels = l.Items
		}
		for _, level := range levels {
			d, ok := level.(*value.Dict)
			if !ok {
				if level == nil || level == "" || level == jinja.Omit {
					continue
				}
				c.t.x.warn("%s: could not parse environment value, skipping: %s", a.Pos, value.Repr(level))
				continue
			}
			for k, item := range d.All() {
				env[value.KeyText(k)] = value.Str(item)
			}
		}
	}
	return env, nil
}
