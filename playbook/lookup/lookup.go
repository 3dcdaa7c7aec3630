// Package lookup holds Ansible's lookups: what lookup(), query() and with_... ask the controller for.
package lookup

import (
	"context"
	"fmt"

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

// Error is a failure of a lookup, in Ansible's words.
type Error struct{ Message string }

// Error is the message.
func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// call is one use of a lookup.
type call struct {
	ctx   context.Context
	env   Env
	terms []any
	*value.Args
}

// define declares a lookup with its options, written as the parameters of a signature. As in Ansible, options that the
// lookup does not have are ignored.
func define(signature string, run func(c *call) ([]any, error)) Func {
	sig := value.MustSignature(signature)
	return func(ctx context.Context, env Env, terms []any, kw *value.Dict) ([]any, error) {
		a, err := sig.Bind(terms, kw)
		if err != nil {
			return nil, err
		}
		c := &call{ctx: ctx, env: env, terms: a.Rest, Args: a}
		out, err := run(c)
		if a.Err() != nil {
			return nil, a.Err()
		}
		return out, err
	}
}

// All returns every lookup under each of its names.
func All() map[string]Func {
	builtin := map[string]Func{
		"config":              define("config(*terms, on_missing='error', plugin_type=None, plugin_name=None, show_origin=False, **kw)", config),
		"csvfile":             define("csvfile(*terms, col='1', keycol=0, default=None, delimiter='TAB', file='ansible.csv', encoding='utf-8', **kw)", csvFile),
		"dict":                define("dict(*terms, **kw)", dict),
		"env":                 define("env(*terms, default='', **kw)", environment),
		"file":                define("file(*terms, lstrip=False, rstrip=True, **kw)", file),
		"fileglob":            define("fileglob(*terms, **kw)", fileGlob),
		"first_found":         define("first_found(*terms, files=[], paths=[], skip=False, **kw)", firstFound),
		"indexed_items":       define("indexed_items(*terms, **kw)", indexedItems),
		"ini":                 define("ini(*terms, file='ansible.ini', section='global', type='ini', re=False, default='', encoding='utf-8', case_sensitive=False, allow_no_value=False, allow_none=False, interpolation=True, **kw)", ini),
		"inventory_hostnames": define("inventory_hostnames(*terms, **kw)", inventoryHostnames),
		"items":               define("items(*terms, **kw)", items),
		"lines":               define("lines(*terms, **kw)", lines),
		"list":                define("list(*terms, **kw)", list),
		"nested":              define("nested(*terms, **kw)", nested),
		"password":            define("password(*terms, length=20, encrypt=None, ident=None, chars=['ascii_letters', 'digits', '.,:-_'], seed=None, **kw)", password),
		"pipe":                define("pipe(*terms, **kw)", pipe),
		"random_choice":       define("random_choice(*terms, **kw)", randomChoice),
		"sequence":            define("sequence(*terms, start=None, end=None, count=None, stride=None, format=None, **kw)", sequence),
		"subelements":         define("subelements(*terms, **kw)", subelements),
		"template":            define("template(*terms, convert_data=True, template_vars=None, jinja2_native=False, variable_start_string='{{', variable_end_string='}}', comment_start_string='{#', comment_end_string='#}', block_start_string='{%', block_end_string='%}', trim_blocks=True, lstrip_blocks=False, **kw)", template),
		"together":            define("together(*terms, **kw)", together),
		"unvault":             define("unvault(*terms, **kw)", unvault),
		"url":                 define(urlSignature, url),
		"varnames":            define("varnames(*terms, **kw)", varNames),
		"vars":                define("vars(*terms, default=None, **kw)", vars),
	}
	all := map[string]Func{}
	for name, fn := range builtin {
		all[name] = fn
		all["ansible.builtin."+name] = fn
		all["ansible.legacy."+name] = fn
	}
	addCommunity(all)
	return all
}
