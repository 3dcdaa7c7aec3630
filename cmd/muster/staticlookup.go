package main

import (
	"errors"
	"path/filepath"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
)

var errBeforeRun = errors.New("it cannot be answered before the run; use include_tasks or include_role")

// staticEnv is what lookups see in the names of imports, which are read before the run: variables that are known by then,
// the environment and files.
type staticEnv struct {
	w    *workbench
	ctx  *jinja.Context
	base string
}

// renderStatic renders something with what is known before a run.
func (w *workbench) renderStatic(v any, vars *value.Dict) (any, error) {
	env := &staticEnv{w: w, base: w.io.dir, ctx: &jinja.Context{Scope: staticScope{over: w.extra, vars: vars}, Decrypt: w.decryptValue}}
	if t, ok := v.(value.Template); ok && t.Pos.File != "" {
		env.base = filepath.Dir(t.Pos.File)
	}
	env.ctx.Lookup = func(_ *jinja.Context, name string, terms []any, kw *value.Dict) (any, error) {
		f, ok := w.lookups[playbook.ShortName(name)]
		if !ok {
			return nil, errBeforeRun
		}
		items, err := f(w.base, env, terms, kw)
		return &value.List{Items: items}, err
	}
	return w.engine.Render(env.ctx, v)
}

// Render evaluates the templates in v.
func (e *staticEnv) Render(v any) (any, error) { return e.w.engine.Render(e.ctx, v) }

// Var returns a variable that is known before the run.
func (e *staticEnv) Var(name string) (any, bool, error) {
	raw, ok := e.ctx.Scope.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	v, err := e.Render(raw)
	return v, err == nil, err
}

// VarNames is empty: which variables there will be is not known.
func (e *staticEnv) VarNames() []string { return nil }

// SearchPaths are beside the file that the import is written in.
func (e *staticEnv) SearchPaths(subdir string) []string {
	return []string{filepath.Join(e.base, subdir), e.base}
}

// BaseDir is the folder of the file that the import is written in.
func (e *staticEnv) BaseDir() string { return e.base }

// Decrypt returns the plain text of an inline vault value.
func (e *staticEnv) Decrypt(v value.Vault) (string, error) { return e.w.decryptValue(v) }

// DecryptFile returns the plain content of a file.
func (e *staticEnv) DecryptFile(_ string, content []byte) ([]byte, error) {
	return e.w.decryptFile(content)
}

// File refuses: templates need the variables of a host.
func (e *staticEnv) File(string, string, lookup.TemplateOptions) (any, error) {
	return nil, errBeforeRun
}

// Hosts refuses: there is no inventory yet.
func (e *staticEnv) Hosts(string) ([]string, error) { return nil, errBeforeRun }

// Setting knows none.
func (e *staticEnv) Setting(string, string, string) (any, string, bool, error) {
	return nil, "", false, nil
}
