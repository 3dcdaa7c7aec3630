package executor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
)

// templateContext joins a scope with what templates may ask of the run.
func (x *Executor) templateContext(s *scope) *jinja.Context {
	c := &jinja.Context{Scope: s, Decrypt: x.o.Decrypt, Now: x.o.Now}
	c.Lookup = func(_ *jinja.Context, name string, terms []any, kw *value.Dict) (any, error) {
		items, err := x.lookupList(x.base, s, name, terms, kw)
		if err != nil {
			return nil, err
		}
		return &value.List{Items: items}, nil
	}
	c.Load = func(name string) (string, string, error) {
		path, err := s.findFile("templates", name)
		if err != nil {
			return "", "", err
		}
		src, err := os.ReadFile(path)
		return string(src), path, err
	}
	return c
}

// lookupList runs a lookup.
func (x *Executor) lookupList(ctx context.Context, s *scope, name string, terms []any, kw *value.Dict) ([]any, error) {
	f, ok := x.o.Lookups[playbook.ShortName(name)]
	if !ok {
		f, ok = x.o.Lookups[name]
	}
	if !ok {
		msg := fmt.Sprintf("lookup plugin (%s) not found", name)
		names := make([]string, 0, len(x.o.Lookups))
		for n := range x.o.Lookups {
			names = append(names, n)
		}
		if near := diag.Suggest(name, names); near != "" {
			msg += fmt.Sprintf(", did you mean %s?", near)
		}
		return nil, errors.New(msg)
	}
	found, err := f(ctx, lookupEnv{s}, terms, kw)
	if playbook.ShortName(name) == "password" {
		for _, item := range found {
			noteNamed(x.o.Secrets, item, true)
		}
	}
	return found, err
}

// lookupEnv is what lookups may ask of a scope.
type lookupEnv struct{ s *scope }

// Render evaluates the templates in v.
func (e lookupEnv) Render(v any) (any, error) { return e.s.render(v) }

// Var returns a variable, rendered.
func (e lookupEnv) Var(name string) (any, bool, error) { return e.s.variable(name) }

// VarNames returns the names of all variables.
func (e lookupEnv) VarNames() []string { return e.s.names() }

// SearchPaths returns the folders in which a name is sought.
func (e lookupEnv) SearchPaths(subdir string) []string { return e.s.fileDirs(subdir) }

// Subdir is the folder in which the task's kind of file lies: templates, vars or files.
func (e lookupEnv) Subdir() string {
	if e.s.task == nil {
		return "files"
	}
	switch playbook.ShortName(e.s.task.Action) {
	case "template":
		return "templates"
	case "include_vars":
		return "vars"
	case "include_tasks", "import_tasks", "include":
		return "tasks"
	default:
		return "files"
	}
}

// BaseDir is the playbook's folder.
func (e lookupEnv) BaseDir() string { return e.s.dir() }

// Decrypt decrypts an inline vault.
func (e lookupEnv) Decrypt(v value.Vault) (string, error) {
	if e.s.x.o.Decrypt == nil {
		return "", errors.New("no vault secret was given")
	}
	return e.s.x.o.Decrypt(v)
}

// DecryptFile decrypts a file's content when it is a vault.
func (e lookupEnv) DecryptFile(_ string, content []byte) ([]byte, error) {
	return e.s.x.plain(content)
}

// Hosts returns the hosts that match a pattern.
func (e lookupEnv) Hosts(pattern string) ([]string, error) {
	hosts, diags := e.s.x.o.Inventory.Match(pattern)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names, nil
}

// Setting returns a setting of ansible.cfg and where it came from.
func (e lookupEnv) Setting(name, pluginType, pluginName string) (any, string, bool, error) {
	if pluginType != "" {
		if v, origin, ok, err := e.s.pluginOption(pluginType + "/" + playbook.ShortName(pluginName) + "/" + name); ok || err != nil {
			return v, origin, ok, err
		}
	}
	return e.s.x.setting(name, pluginType, pluginName)
}

// File renders a template file for the lookup template.
func (e lookupEnv) File(name, src string, o lookup.TemplateOptions) (any, error) {
	s := e.s
	if o.Vars.Len() > 0 {
		s = s.withExtra(o.Vars)
	}
	return s.x.o.Engine.FileValue(s.context(), name, src, jinja.FileOptions{ConvertData: o.ConvertData, Syntax: jinja.Syntax{
		VariableStart: orElse(o.VariableStart, "{{"), VariableEnd: o.VariableEnd, BlockStart: o.BlockStart, BlockEnd: o.BlockEnd,
		CommentStart: o.CommentStart, CommentEnd: o.CommentEnd, TrimBlocks: o.TrimBlocks, LstripBlocks: o.LstripBlocks,
	}})
}

// plain returns a file's content, decrypted when it is a vault.
func (x *Executor) plain(content []byte) ([]byte, error) {
	if x.o.DecryptFile == nil {
		return content, nil
	}
	return x.o.DecryptFile(content)
}

// setting answers the lookup config.
func (x *Executor) setting(name, pluginType, pluginName string) (any, string, bool, error) {
	key := name
	if pluginType != "" {
		key = pluginType + "/" + pluginName + "/" + name
	}
	found, ok := x.o.Settings.Lookup(key)
	if !ok {
		return nil, "", false, nil
	}
	return value.From(found.Value), found.Origin.Text, true, nil
}

// fileDirs are the folders in which a task's files are looked for, in order: for each folder of the search path first
// its subfolder, then itself.
func (s *scope) fileDirs(subdir string) []string {
	var dirs []string
	for _, d := range s.searchPath() {
		if filepath.Base(d) == "tasks" && subdir != "" {
			dirs = append(dirs, filepath.Join(filepath.Dir(d), subdir))
		}
		dirs = append(dirs, filepath.Join(d, subdir), d)
	}
	return dirs
}

// findFile resolves the name of a controller file of a task: absolute, or in the folders of the task's search path.
func (s *scope) findFile(subdir, name string) (string, error) {
	expanded := name
	if len(name) > 1 && name[:2] == "~/" {
		if home, err := os.UserHomeDir(); err == nil {
			expanded = filepath.Join(home, name[2:])
		}
	}
	if filepath.IsAbs(expanded) {
		if _, err := os.Stat(expanded); err != nil {
			return "", notFound(name, []string{expanded})
		}
		return filepath.Clean(expanded), nil
	}
	var tried []string
	for _, d := range s.fileDirs(subdir) {
		p := filepath.Join(d, expanded)
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
		tried = append(tried, p)
	}
	return "", notFound(name, tried)
}

// notThere lets callers recognise a missing file without another text in the message.
type notThere struct{}

func (notThere) Error() string        { return "" }
func (notThere) Is(target error) bool { return target == fs.ErrNotExist }

func notFound(name string, tried []string) error {
	msg := fmt.Sprintf("Could not find or access '%s'\nSearched in:", name)
	for _, p := range tried {
		msg += "\n\t" + p
	}
	return fmt.Errorf("%s%w", msg+" on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option", notThere{})
}
