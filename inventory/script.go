package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// readScript runs an executable inventory with --list; without _meta.hostvars in its answer, once more with --host for
// each host. What it prints is trusted as inventory files are.
func (l *loader) readScript(s string) error {
	if !isScript(s) {
		return errDeclined
	}
	answer, err := l.run(s, "--list")
	if err != nil {
		return err
	}
	r := &scriptReader{l: l, file: s, named: map[string]bool{}}
	for key, data := range answer.All() {
		name := value.KeyText(key)
		if name == "_meta" {
			meta, _ := data.(*value.Dict)
			if vars, ok := meta.Get("hostvars"); ok {
				r.meta = vars
			}
			continue
		}
		if err := r.group(name, data); err != nil {
			return err
		}
	}
	return r.hostVars()
}

// isScript reports whether the file can be executed, or says by #! that it should be.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if info.Mode().Perm()&0o111 != 0 {
		return true
	}
	head := make([]byte, 2)
	n, _ := f.Read(head)
	return string(head[:n]) == "#!"
}

// maxScriptOutput bounds what a script may print.
const maxScriptOutput = 512 << 20

// run executes the script and reads the mapping that it prints.
func (l *loader) run(path string, args ...string) (*value.Dict, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.v.options.ScriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = l.v.options.Env
	cmd.WaitDelay = time.Second
	out, complaints := &capped{left: maxScriptOutput}, &capped{left: 1 << 20}
	cmd.Stdout, cmd.Stderr = out, complaints
	err := cmd.Run()
	talk := strings.TrimRight(complaints.String(), "\n")
	what := "the script with " + strings.Join(args, " ")
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && l.ctx.Err() == nil:
		return nil, fmt.Errorf("%s did not end within %v", what, l.v.options.ScriptTimeout)
	case errors.As(err, &exit):
		return nil, withTalk(diag.Errorf(diag.Pos{File: path}, "%s failed with exit code %d", what, exit.ExitCode()), talk)
	case err != nil:
		return nil, diag.Errorf(diag.Pos{File: path}, "%s cannot be run: %v", what, err).
			WithHint("make it executable if it is a script; chmod -x if it is not")
	}
	if talk != "" && !l.v.options.HideStderr && l.v.options.Stderr != nil {
		fmt.Fprintln(l.v.options.Stderr, talk)
	}
	if !utf8.Valid(out.Bytes()) {
		return nil, diag.Errorf(diag.Pos{File: path}, "%s printed text that is not UTF-8", what)
	}
	return scriptAnswer(path, what, out.String(), talk, args[0] == "--host")
}

func scriptAnswer(path, what, text, talk string, emptyIsFine bool) (*value.Dict, error) {
	if emptyIsFine && strings.TrimSpace(text) == "" {
		return value.NewDict(), nil
	}
	v, err := value.ParseJSON(text)
	if err != nil {
		return nil, withTalk(diag.Errorf(diag.Pos{File: path}, "%s did not print JSON: %v", what, err), talk)
	}
	d, ok := trusted(v, diag.Pos{File: path}).(*value.Dict)
	if !ok {
		return nil, withTalk(diag.Errorf(diag.Pos{File: path}, "%s must print a JSON mapping", what), talk)
	}
	return d, nil
}

func withTalk(d *diag.Diagnostic, talk string) *diag.Diagnostic {
	d.Detail = talk
	return d
}

// capped keeps output up to a limit.
type capped struct {
	bytes.Buffer
	left int
}

func (c *capped) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		return 0, errors.New("the output is too long")
	}
	return c.Buffer.Write(b)
}

// scriptReader turns the answer to --list into groups and hosts.
type scriptReader struct {
	l     *loader
	file  string
	meta  any
	named map[string]bool
	order []string
}

func (r *scriptReader) bad(format string, args ...any) error {
	return diag.Errorf(diag.Pos{File: r.file}, "the script's answer: "+format, args...)
}

// group reads {"hosts": [], "vars": {}, "children": []}, a list of hosts, or variables of a host named as the group.
func (r *scriptReader) group(name string, data any) error {
	if name == "" {
		return r.bad("a group has no name")
	}
	g := r.l.v.addGroup(name)
	d, ok := data.(*value.Dict)
	if !ok {
		d = value.DictOf("hosts", data)
	} else if !hasAny(d, "hosts", "vars", "children") {
		d = value.DictOf("hosts", value.NewList(g.Name), "vars", d)
	}
	if hosts, ok := d.Get("hosts"); ok {
		if err := r.hosts(g, hosts); err != nil {
			return err
		}
	}
	if vars, ok := d.Get("vars"); ok {
		m, isMap := vars.(*value.Dict)
		if !isMap {
			return r.bad("vars of group %q must be a mapping, but this is a %s", name, kindOf(vars))
		}
		for k, x := range m.All() {
			if err := r.l.v.setGroup(g, k, x); err != nil {
				return r.bad("%v", err)
			}
		}
	}
	children, _ := d.Get("children")
	return r.children(g, children)
}

func hasAny(d *value.Dict, keys ...string) bool {
	for _, k := range keys {
		if _, ok := d.Get(k); ok {
			return true
		}
	}
	return false
}

func (r *scriptReader) hosts(g *Group, data any) error {
	list, ok := data.(*value.List)
	if !ok {
		return r.bad("hosts of group %q must be a list, but this is a %s", g.Name, kindOf(data))
	}
	for _, item := range list.Items {
		name, ok := item.(string)
		if !ok || name == "" {
			return r.bad("group %q has a host that is a %s instead of a name", g.Name, kindOf(item))
		}
		if !r.named[name] {
			r.named[name] = true
			r.order = append(r.order, name)
		}
		g.join(r.l.v.addHost(name, 0))
	}
	return nil
}

func (r *scriptReader) children(g *Group, data any) error {
	if data == nil {
		return nil
	}
	var items []any
	switch x := data.(type) {
	case *value.List:
		items = x.Items
	case *value.Dict:
		items = x.Keys()
	default:
		return r.bad("children of group %q must be a list, but this is a %s", g.Name, kindOf(data))
	}
	for _, item := range items {
		name, ok := item.(string)
		if !ok || name == "" {
			return r.bad("group %q has a child that is a %s instead of a name", g.Name, kindOf(item))
		}
		if _, err := r.l.v.link(g, r.l.v.addGroup(name)); err != nil {
			return r.bad("%v", err)
		}
	}
	return nil
}

func (r *scriptReader) hostVars() error {
	meta, isMap := r.meta.(*value.Dict)
	if r.meta != nil && !isMap {
		return r.bad("_meta.hostvars must be a mapping, but this is a %s", kindOf(r.meta))
	}
	for _, name := range r.order {
		vars := value.NewDict()
		if r.meta == nil {
			answer, err := r.l.run(r.file, "--host", name)
			if err != nil {
				return err
			}
			vars = answer
		} else if x, ok := meta.Get(name); ok {
			if vars, ok = x.(*value.Dict); !ok {
				return r.bad("the variables of host %q must be a mapping, but this is a %s", name, kindOf(x))
			}
		}
		h := r.l.v.addHost(name, 0)
		for k, x := range vars.All() {
			if err := r.l.v.setHost(h, k, x); err != nil {
				return r.bad("%v", err)
			}
		}
	}
	return nil
}
