// Package lookup holds Ansible's lookups: what lookup() and query() ask the controller for.
package lookup

import (
	"context"

	"github.com/musterhq/muster/internal/value"
)

// Env is what lookups may ask of the engine that calls them.
type Env interface {
	// Render evaluates the templates in v.
	Render(v any) (any, error)
	// Var returns a variable, rendered; false when there is none.
	Var(name string) (any, bool, error)
	// VarNames returns the names of all variables.
	VarNames() []string
	// SearchPaths returns the folders in which a relative name is sought, in order: for each folder of the search
	// (role, play) first its subdir (files, templates, vars), then itself.
	SearchPaths(subdir string) []string
	// BaseDir is the folder of the playbook.
	BaseDir() string
	// Decrypt returns the plain text of an inline vault value.
	Decrypt(value.Vault) (string, error)
	// DecryptFile returns the plain content of a file; content that is not encrypted is returned as it is.
	DecryptFile(path string, content []byte) ([]byte, error)
	// File renders the text of a template file.
	File(name, src string, o TemplateOptions) (any, error)
	// Hosts returns the names of the hosts that match an inventory pattern.
	Hosts(pattern string) ([]string, error)
	// Setting returns a setting of ansible.cfg by its name (DEFAULT_ROLES_PATH) and where it came from; plugin settings
	// name the plugin's type and name.
	Setting(name, pluginType, pluginName string) (v any, origin string, found bool, err error)
}

// TemplateOptions are the arguments of the template lookup that change how the file is rendered.
type TemplateOptions struct {
	Vars                       *value.Dict // template_vars
	VariableStart, VariableEnd string
	CommentStart, CommentEnd   string
	BlockStart, BlockEnd       string
	TrimBlocks, LstripBlocks   bool
	ConvertData, Native        bool
}

// Func is a lookup: it answers the terms with a list of values.
type Func func(ctx context.Context, env Env, terms []any, kw *value.Dict) ([]any, error)

// All returns every lookup under each of its names.
func All() map[string]Func { return map[string]Func{} }
