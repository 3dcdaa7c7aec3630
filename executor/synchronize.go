package executor

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/transport"
)

// controllerName is the host that actions run programs of the controller on.
const controllerName = "localhost"

// synchronize has rsync copy trees. It starts on the controller, or on the host of delegate_to, and makes its own way to the
// task's host from there: nobody is become where it starts, but where it arrives.
func synchronize(ctx context.Context, c *call) *itemResult {
	way, err := c.rsyncWay()
	if err != nil {
		return failedResult("%s", err)
	}
	src, dest := c.text("src"), c.text("dest")
	if src == "" || dest == "" {
		return failedResult("synchronize requires both src and dest parameters are set")
	}
	args := c.args.Clone()
	near, far := &src, &dest
	if c.text("mode") == "pull" {
		near, far = far, near
	}
	*near = c.rsyncPath(*near)
	if way.same {
		*far = c.rsyncPath(*far)
	} else {
		*far = way.address(*far)
		way.arguments(c, args)
	}
	args.Set("src", src)
	args.Set("dest", dest)
	if program, ok, err := c.connVars().variable("ansible_rsync_path"); err != nil {
		return failedResult("%s", err)
	} else if ok {
		args.Set("_local_rsync_path", value.Str(program))
	}
	sub := *c
	sub.spec, sub.args, sub.asIs = nil, args, true
	if c.delegated == "" {
		sub.delegated, sub.target = controllerName, c.t.x.hosts.get(controllerName)
	}
	return c.t.remote(ctx, []*call{&sub}, nil)[0]
}

// rsyncWay is how rsync gets from where it starts to the task's host.
type rsyncWay struct {
	target  transport.Target
	same    bool   // both sides are one machine
	user    string // "" leaves it to ssh
	become  string // how rsync is started there as somebody else; "" is as nobody else
	sshArgs string // those of the connection
}

func (c *call) rsyncWay() (w rsyncWay, err error) {
	own := *c
	own.delegated, own.target = "", c.t.host
	if w.target, err = own.connection(); err != nil {
		return w, err
	}
	w.same = c.delegated == "" && w.target.Connection == "local" || c.delegated != "" && (c.delegated == c.t.host.name || c.delegated == w.target.Host)
	if c.bool("set_remote_user", true) {
		w.user = w.target.User
	}
	become, err := own.become(w.target)
	if become != nil {
		w.become = own.becomesRsync(become.Method, become.User)
	}
	if err == nil && c.bool("use_ssh_args", false) {
		r := &resolver{v: own.connVars()}
		d := c.t.x.o.Defaults
		args := []string{r.text("", d.SSHArgs, "ansible_ssh_args"), r.text("", d.CommonArgs, "ansible_ssh_common_args"), r.text("", d.ExtraArgs, "ansible_ssh_extra_args")}
		w.sshArgs, err = strings.Join(slices.DeleteFunc(args, func(a string) bool { return a == "" }), " "), r.err
	}
	return w, err
}

// becomesRsync is how rsync is started as another user on the task's host. With a method that gives it no clean way to talk it
// stays the user of the connection, as Ansible has it for every method but sudo; the run says so.
func (c *call) becomesRsync(method, user string) string {
	if method == "sudo" || method == "doas" {
		return method + " -u " + user + " rsync"
	}
	if c.text("rsync_path") == "" {
		c.t.x.warnOnce("synchronize: rsync does not become %s through %s, it stays the user of the connection; become_method sudo or doas, or rsync_path, has it run as another", user, method)
	}
	return ""
}

// address is a path on the task's host as rsync names it.
func (w rsyncWay) address(path string) string {
	if strings.HasPrefix(path, "rsync://") {
		return path
	}
	host := w.target.Host
	if w.user != "" {
		host = w.user + "@" + host
	}
	if strings.Contains(w.target.Host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + path
}

// arguments are what rsync must know of the connection, where the task does not say otherwise.
func (w rsyncWay) arguments(c *call, args *value.Dict) {
	set := func(name string, v any) {
		if had, given := args.Get(name); !given || had == nil {
			args.Set(name, v)
		}
	}
	if w.target.Port != 0 {
		set("dest_port", w.target.Port)
	}
	if w.target.KeyFile != "" {
		set("private_key", w.target.KeyFile)
	}
	if w.target.HostKeys == transport.HostKeyOff || slices.ContainsFunc(w.target.SSHArgs, checksNoKeys) || slices.ContainsFunc(w.target.FirstArgs, checksNoKeys) {
		set("verify_host", false)
	}
	if w.become != "" {
		set("rsync_path", w.become)
	}
	if w.sshArgs != "" {
		args.Set("ssh_args", w.sshArgs)
	}
	if w.target.Password != "" {
		args.Set("_local_rsync_password", w.target.Password)
	}
}

// checksNoKeys says of a word for ssh that it turns the check of host keys off.
func checksNoKeys(word string) bool {
	name, v, _ := strings.Cut(strings.TrimPrefix(word, "-o"), "=")
	return strings.EqualFold(name, "StrictHostKeyChecking") && (v == "no" || v == "off")
}

// rsyncPath is a path where rsync starts: relative ones are looked for as those of copy are, and need not be there.
func (c *call) rsyncPath(path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, "~") || strings.Contains(path, "://") {
		return path
	}
	found, err := c.scope.findFile("files", path)
	if err != nil {
		found = filepath.Join(c.scope.dir(), path)
	}
	if strings.HasSuffix(path, "/") && !strings.HasSuffix(found, "/") {
		found += "/" // rsync copies what is in it
	}
	return found
}
