package sys

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// findInside looks a program up in the PATH folders of the throw-away machine.
func (r *rooted) findInside(name string) (string, error) {
	candidates := []string{name}
	if !strings.Contains(name, "/") {
		candidates = candidates[:0]
		for _, dir := range strings.Split(environValue(r.env, "PATH"), ":") {
			candidates = append(candidates, dir+"/"+name)
		}
	}
	for _, c := range candidates {
		if strings.HasPrefix(c, "/") && isProgram(r, c) {
			return c, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

func environValue(env []string, name string) string {
	for _, kv := range env {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v
		}
	}
	return ""
}

// runInside runs a program that lies inside the root. It is a process of the real machine, not in a chroot: its
// working folder is inside the root and MUSTER_ROOT names the root, its arguments are as given.
func (r *rooted) runInside(ctx context.Context, c Command) (Output, error) {
	return execute(ctx, r.prepared(&c), r.environ(), func(name string) (string, error) {
		seen, err := r.findInside(name)
		if err != nil {
			return "", fmt.Errorf("%w (this machine is a folder: only programs inside it run)", err)
		}
		return r.real(seen, true)
	})
}

func (r *rooted) prepared(c *Command) Command {
	dir := c.Dir
	if dir == "" {
		dir = "/"
	}
	if full, err := r.real(dir, true); err == nil {
		c.Dir = full
	}
	return *c
}

// environ puts the root's program folders before the real ones, so that what the root brings wins.
func (r *rooted) environ() []string {
	path := environValue(r.env, "PATH")
	var inside []string
	for _, dir := range strings.Split(path, ":") {
		inside = append(inside, filepath.Join(r.dir, dir))
	}
	out := []string{"MUSTER_ROOT=" + r.dir, "PATH=" + strings.Join(inside, ":") + ":" + path}
	for _, kv := range r.env {
		if !strings.HasPrefix(kv, "PATH=") {
			out = append(out, kv)
		}
	}
	return out
}

// WithRealPrograms lets commands that the root does not bring run as programs of the real machine, with the working
// folder inside the root, HOME there too and MUSTER_ROOT set. What such a program does to absolute paths happens on the
// real machine: it suits demonstrations by an unprivileged user whose tasks only echo, sleep and test.
func WithRealPrograms() RootedOption {
	return func(r *rooted) {
		r.find = func(name string) (string, error) {
			if p, err := r.findInside(name); err == nil {
				return p, nil
			}
			return real{}.LookPath(name)
		}
		r.run = func(ctx context.Context, c Command) (Output, error) {
			home := r.join([]string{"root"})
			if fi, err := os.Stat(home); err != nil || !fi.IsDir() {
				home = r.dir
			}
			env := append(r.environ(), "HOME="+home)
			return execute(ctx, r.prepared(&c), env, func(name string) (string, error) {
				if p, err := r.findInside(name); err == nil {
					return r.real(p, true)
				}
				return real{}.LookPath(name)
			})
		}
	}
}
