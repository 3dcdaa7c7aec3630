package playbook

import (
	"errors"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/internal/yaml11"
)

// Actions tells the loader about modules and controller-side actions.
type Actions interface {
	// Known reports whether the action exists under this name, short or fully qualified.
	Known(name string) bool
	// FreeForm reports whether `name: free text` is allowed.
	FreeForm(name string) bool
	// RawOptions returns the options that may stand as key=value among free text (creates=, chdir=), nil when the
	// text of the action is split into key=value pairs as a whole.
	RawOptions(name string) []string
	// Names lists all names, for suggestions.
	Names() []string
}

// Options configure a Loader.
type Options struct {
	Actions         Actions
	RolesPath       []string // folders searched for roles after the playbook's own
	CollectionsPath []string // folders that hold ansible_collections
	PrivateRoles    bool     // the play does not see the variables of its roles, unless import_role says public
	// Render renders the templated file name of an import with the variables known before the run.
	Render func(v any, vars *value.Dict) (any, error)
	// Decrypt reads a vault-encrypted file; the argument is the file's whole content.
	Decrypt func(ciphertext string) (string, error)
}

// Loader reads playbooks, task files and roles. It may be used concurrently once the playbooks are loaded.
type Loader struct {
	o      Options
	groups actionGroups
	vars   parsedVars
}

// NewLoader returns a loader.
func NewLoader(o Options) *Loader { return &Loader{o: o} }

// Load reads a playbook and everything it imports. All mistakes are returned together.
func (l *Loader) Load(file string) (*Playbook, diag.List) {
	r := &reader{Loader: l}
	plays := r.playbookFile(file, nil, 0)
	if _, wrong := Order(plays); len(wrong) > 0 {
		r.diags = append(r.diags, wrong...)
	}
	return &Playbook{File: file, Plays: plays}, r.diags
}

// TaskFile reads a file of tasks as the body of parent: what include_tasks does at run time.
func (l *Loader) TaskFile(file string, parent *Block, handlers bool) ([]Node, diag.List) {
	r := &reader{Loader: l}
	nodes := r.taskFile(file, parent, handlers, diag.Pos{}, 0)
	return nodes, r.diags
}

// IncludeRole reads a role for include_role. The block holds its tasks and has parent for a parent; the role's
// handlers are returned on its Role.
func (l *Loader) IncludeRole(ref RoleRef, parent *Block) (*Block, diag.List) {
	r := &reader{Loader: l}
	b := r.roleBlock(ref, parent, false, 0)
	return b, r.diags
}

// VarsFile reads a file of variables: a mapping, or nothing. A vault-encrypted file is decrypted.
func (l *Loader) VarsFile(file string) (*value.Dict, error) {
	v, err := l.yaml(file, yaml11.Trusted)
	if err != nil {
		return nil, err
	}
	return variables(file, v)
}

// IsVaultFile reports whether a file as a whole is a vault.
func IsVaultFile(file string) bool {
	src, err := os.ReadFile(file)
	return err == nil && vault.IsEncrypted(src)
}

// PlayVarsFile reads a file that vars_files names, which may also be a list of mappings; the last of them wins.
func (l *Loader) PlayVarsFile(file string) (*value.Dict, error) {
	v, err := l.yaml(file, yaml11.Trusted)
	if err != nil {
		return nil, err
	}
	list, ok := v.(*value.List)
	if !ok {
		return variables(file, v)
	}
	all := value.NewDict()
	for _, item := range list.Items {
		d, err := variables(file, item)
		if err != nil {
			return nil, err
		}
		all = overlay(all, d)
	}
	return all, nil
}

// DataFile reads a file of variables that came from a host: nothing in it is a template.
func (l *Loader) DataFile(file string) (*value.Dict, error) {
	v, err := l.yaml(file, yaml11.Untrusted)
	if err != nil {
		return nil, err
	}
	return variables(file, v)
}

func (l *Loader) yaml(file string, trust yaml11.Trust) (any, error) {
	src, err := l.read(file)
	if err != nil {
		return nil, err
	}
	return yaml11.Load(file, src, trust)
}

func variables(file string, v any) (*value.Dict, error) {
	switch d := v.(type) {
	case nil:
		return value.NewDict(), nil
	case *value.Dict:
		return d, nil
	default:
		return nil, diag.Errorf(diag.Pos{File: file, Line: 1, Col: 1}, "a file of variables must be a mapping of names to values")
	}
}

// read returns a file's content, decrypted when it is a vault.
func (l *Loader) read(file string) ([]byte, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(src) > 14 && string(src[:14]) == "$ANSIBLE_VAULT" {
		if l.o.Decrypt == nil {
			return nil, diag.Errorf(diag.Pos{File: file}, "the file is encrypted and no vault secret was given")
		}
		plain, err := l.o.Decrypt(string(src))
		if err != nil {
			return nil, diag.Errorf(diag.Pos{File: file}, "the file cannot be decrypted: %v", err)
		}
		return []byte(plain), nil
	}
	return src, nil
}

// maxIncludeDepth bounds imports inside imports, which can only be a circle beyond it.
const maxIncludeDepth = 60

// reader is one load: it collects the mistakes.
type reader struct {
	*Loader
	diags diag.List
}

func (r *reader) errorf(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, args...)
	r.diags.Add(d)
	return d
}

// fail records an error that may already know its place.
func (r *reader) fail(pos diag.Pos, err error) {
	var d *diag.Diagnostic
	var list diag.List
	switch {
	case errors.As(err, &list):
		r.diags = append(r.diags, list...)
	case errors.As(err, &d):
		r.diags.Add(d)
	default:
		r.errorf(pos, "%v", err)
	}
}

// document reads a file of one YAML document; nil for an empty file or after a mistake.
func (r *reader) document(file string, from diag.Pos) *yaml.Node {
	src, err := r.read(file)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			r.errorf(from, "%s does not exist", file)
		} else {
			r.fail(from, err)
		}
		return nil
	}
	docs, err := yaml11.Parse(file, src)
	if err != nil {
		r.fail(diag.Pos{File: file}, err)
		return nil
	}
	if len(docs) == 0 {
		return nil
	}
	return resolveAlias(docs[0].Root)
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// value converts a node to a trusted value.
func (r *reader) value(file string, n *yaml.Node) any {
	v, err := yaml11.Value(file, n, yaml11.Trusted)
	if err != nil {
		r.fail(yaml11.Pos(file, n), err)
	}
	return v
}

// entry is one key of a mapping with its nodes.
type entry struct {
	key  string
	kpos diag.Pos
	pos  diag.Pos // of the value
	node *yaml.Node
}

// entries lists a mapping's entries, merge keys put in; a later duplicate wins, as in Ansible.
func (r *reader) entries(file string, n *yaml.Node) []entry {
	var list []entry
	index := map[string]int{}
	add := func(e entry, replace bool) {
		if i, ok := index[e.key]; ok {
			if replace {
				list[i] = e
			}
			return
		}
		index[e.key] = len(list)
		list = append(list, e)
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := resolveAlias(n.Content[i]), resolveAlias(n.Content[i+1])
		if yaml11.IsMerge(k) {
			merged = append(merged, v)
			continue
		}
		if k.Kind != yaml.ScalarNode {
			r.errorf(yaml11.Pos(file, k), "a key must be plain text").Hint = "a value that starts with {{ needs quotes around it"
			continue
		}
		add(entry{key: k.Value, kpos: yaml11.Pos(file, k), pos: yaml11.Pos(file, v), node: v}, true)
	}
	for _, m := range merged {
		sources := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			sources = m.Content
		}
		for _, s := range sources {
			if s = resolveAlias(s); s.Kind == yaml.MappingNode {
				for _, e := range r.entries(file, s) {
					add(e, false)
				}
			}
		}
	}
	return list
}

// exists reports whether path is a file or folder.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isFile reports whether path is something other than a folder.
func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir()
}

// absolute makes a path absolute and clean.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}
