package sys

import (
	"context"
	"maps"
	"strings"
)

// WithEnv is the same machine with variables added to the environment: Environ shows them, programs are looked up in
// their PATH, and every command that does not set them itself gets them.
func WithEnv(s System, env map[string]string) System {
	if len(env) == 0 {
		return s
	}
	return &environment{System: s, env: env}
}

type environment struct {
	System
	env map[string]string
}

// Environ returns the merged environment.
func (e *environment) Environ() []string {
	base := e.System.Environ()
	out := make([]string, 0, len(base)+len(e.env))
	for _, kv := range base {
		if k, _, _ := strings.Cut(kv, "="); !has(e.env, k) {
			out = append(out, kv)
		}
	}
	for k, v := range e.env {
		out = append(out, k+"="+v)
	}
	return out
}

func has(m map[string]string, k string) bool { _, ok := m[k]; return ok }

// LookPath searches the environment's PATH first.
func (e *environment) LookPath(name string) (string, error) {
	if path, ok := e.env["PATH"]; ok && !strings.Contains(name, "/") {
		for _, dir := range strings.Split(path, ":") {
			if full := dir + "/" + name; strings.HasPrefix(dir, "/") && isProgram(e.System, full) {
				return full, nil
			}
		}
	}
	return e.System.LookPath(name)
}

func isProgram(r Reader, path string) bool {
	st, err := r.Stat(path)
	return err == nil && st.IsRegular() && r.Access(path, 1)
}

func (e *environment) merge(c Command) Command {
	env := maps.Clone(e.env)
	maps.Copy(env, c.Env)
	c.Env = env
	return c
}

// Query runs the command with the merged environment.
func (e *environment) Query(ctx context.Context, c Command) (Output, error) {
	return e.System.Query(ctx, e.merge(c))
}

// Run runs the command with the merged environment.
func (e *environment) Run(ctx context.Context, c Command) (Output, error) {
	return e.System.Run(ctx, e.merge(c))
}
