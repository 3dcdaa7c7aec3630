package playbook

import (
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// playbookFile reads the plays of a file; vars are those of the import_playbook around it.
func (r *reader) playbookFile(file string, vars *value.Dict, depth int) []*Play {
	file = absolute(file)
	root := r.document(file, diag.Pos{File: file})
	if root == nil {
		if len(r.diags) == 0 {
			r.errorf(diag.Pos{File: file}, "the playbook is empty").Hint = "a playbook is a list of plays, each with hosts: and tasks:"
		}
		return nil
	}
	if root.Kind != yaml.SequenceNode {
		r.errorf(yaml11.Pos(file, root), "a playbook must be a list of plays").Hint = "start each play with `- hosts: …`"
		return nil
	}
	if len(root.Content) == 0 {
		r.errorf(yaml11.Pos(file, root), "A playbook must contain at least one play").Hint = "start a play with `- hosts: …`"
		return nil
	}
	var plays []*Play
	for _, n := range root.Content {
		n = resolveAlias(n)
		if n.Kind != yaml.MappingNode {
			r.errorf(yaml11.Pos(file, n), "playbook entries must be either valid plays or 'import_playbook' statements")
			continue
		}
		plays = append(plays, r.playbookEntry(file, n, vars, depth)...)
	}
	return plays
}

// importNames are the spellings that bring in another playbook.
var importNames = []string{"import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook", "include"}

func (r *reader) playbookEntry(file string, n *yaml.Node, vars *value.Dict, depth int) []*Play {
	entries := r.entries(file, n)
	for _, e := range entries {
		for _, name := range importNames {
			if e.key == name {
				return r.importPlaybook(file, e, entries, vars, depth)
			}
		}
	}
	return []*Play{r.play(file, n, entries, vars)}
}

// overlay returns base with the entries of over put on top.
func overlay(base, over *value.Dict) *value.Dict {
	merged := base.Clone()
	for k, v := range over.All() {
		merged.Set(k, v)
	}
	return merged
}

func (r *reader) importPlaybook(file string, e entry, entries []entry, outer *value.Dict, depth int) []*Play {
	if depth > maxIncludeDepth {
		r.errorf(e.kpos, "playbooks import each other without end")
		return nil
	}
	vars := value.NewDict()
	if outer != nil {
		vars = outer.Clone()
	}
	var when []Cond
	var tags []Attr
	for _, x := range entries {
		switch x.key {
		case e.key, "name":
		case "vars":
			vars = overlay(vars, r.varsOf(file, x))
		case "when":
			when = r.conditions(file, x)
		case "tags":
			tags = r.tagList(file, x)
		default:
			r.errorf(x.kpos, "'%s' is not a valid attribute for an import_playbook", x.key)
		}
	}
	name := r.fileName(r.value(file, e.node), e.pos, vars)
	if name == "" {
		return nil
	}
	name, extra := splitImport(name)
	vars = overlay(vars, extra)
	target := r.playbookPath(name, filepath.Dir(file))
	plays := r.playbookFile(target, vars, depth+1)
	for _, p := range plays {
		p.When = append(p.When, when...)
		p.Root.Tags = append(p.Root.Tags, tags...)
		p.Root.When = append(p.Root.When, when...)
	}
	return plays
}

// splitImport takes the old form `import_playbook: file.yml key=value` apart.
func splitImport(text string) (string, *value.Dict) {
	words := SplitWords(text)
	if len(words) < 2 {
		return text, value.NewDict()
	}
	return words[0], KeyValues(strings.Join(words[1:], " "), diag.Pos{})
}

// playbookPath resolves the name of an imported playbook: a path, or namespace.collection.playbook.
func (r *reader) playbookPath(name, dir string) string {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, name)
	}
	if !exists(path) {
		if parts := strings.Split(name, "."); len(parts) >= 3 {
			rest := strings.TrimSuffix(strings.TrimSuffix(strings.Join(parts[2:], "."), ".yml"), ".yaml")
			if root, ok := r.collectionRoot(parts[0], parts[1], dir); ok {
				for _, ext := range []string{".yml", ".yaml"} {
					if p := filepath.Join(root, "playbooks", rest+ext); exists(p) {
						return p
					}
				}
			}
		}
	}
	return path
}

// fileName renders the name of an imported file with what is known before the run; "" after a mistake.
func (r *reader) fileName(v any, pos diag.Pos, vars *value.Dict) string {
	if t, ok := v.(value.Template); ok {
		if r.o.Render == nil {
			r.errorf(pos, "the name of an imported file cannot be a template here")
			return ""
		}
		out, err := r.o.Render(t, vars)
		if err != nil {
			r.errorf(pos, "the name of an imported file cannot be rendered: %v", err).
				Hint = "imports are read before the run and know extra vars and play vars only; use include_tasks for the rest"
			return ""
		}
		v = out
	}
	s, ok := v.(string)
	if !ok || strings.TrimSpace(s) == "" {
		r.errorf(pos, "a file name is missing")
		return ""
	}
	return strings.TrimSpace(s)
}

// play reads one play; outer are the vars of the import_playbook around it.
func (r *reader) play(file string, n *yaml.Node, entries []entry, outer *value.Dict) *Play {
	p := &Play{Attrs: Attrs{}, Pos: yaml11.Pos(file, n), File: file, Dir: filepath.Dir(file)}
	p.Root = &Block{Attrs: p.Attrs, Pos: p.Pos, Play: p, Vars: value.NewDict(), Static: true, File: file}
	sections := map[string]entry{}
	for _, e := range entries {
		switch e.key {
		case "tasks", "pre_tasks", "post_tasks", "handlers", "roles", "gate", "restore", "rollback":
			sections[e.key] = e
		default:
			r.playKeyword(p, e)
		}
	}
	if outer.Len() > 0 {
		p.Root.Vars = overlay(outer, p.Root.Vars)
	}
	if user, ok := find(entries, "user"); ok {
		if _, both := find(entries, "remote_user"); both {
			r.errorf(user.kpos, "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should be removed")
		}
	}
	if p.Hosts == nil {
		r.errorf(p.Pos, "the field 'hosts' is required but was not set").Hint = "say which hosts the play is for, such as `hosts: all`"
	}
	for _, name := range []string{"roles", "pre_tasks", "tasks", "post_tasks", "handlers", "gate", "restore", "rollback"} {
		if e, ok := sections[name]; ok {
			r.playSection(p, e)
		}
	}
	return p
}

// find returns the entry of a key.
func find(entries []entry, key string) (entry, bool) {
	for _, e := range entries {
		if e.key == key {
			return e, true
		}
	}
	return entry{}, false
}

func (r *reader) playSection(p *Play, e entry) {
	switch e.key {
	case "roles":
		p.Roles = r.playRoles(p, e)
		return
	case "gate":
		p.Gate = r.gate(p, e)
		return
	case "restore":
		p.Restore = r.section(p, e)
		return
	case "rollback":
		p.Rollback = r.rollbackPolicy(p, e)
		return
	}
	if n := resolveAlias(e.node); n.Kind == yaml.ScalarNode && n.Tag != "!!null" && n.Value != "" {
		r.errorf(e.pos, "A malformed block was encountered while loading %s: %s should be a list or None", e.key, n.Value).Hint = "start each task with `- name: …`"
		return
	}
	nodes := r.taskList(p.File, e.node, p.Root, e.key == "handlers", 0)
	switch e.key {
	case "pre_tasks":
		p.PreTasks = nodes
	case "tasks":
		p.Tasks = nodes
	case "post_tasks":
		p.PostTasks = nodes
	default:
		p.Handlers = nodes
	}
}

func (r *reader) playKeyword(p *Play, e entry) {
	switch e.key {
	case "hosts":
		p.Hosts = r.value(p.File, e.node)
		r.checkHosts(p.Hosts, e.pos)
	case "vars":
		p.Root.Vars = r.varsOf(p.File, e)
	case "vars_files":
		p.VarsFiles = r.attrList(p.File, e)
	case "vars_prompt":
		p.VarsPrompt = r.prompts(p.File, e)
	case "tags":
		p.Root.Tags = r.tagList(p.File, e)
	case "needs":
		p.Needs = r.needs(p, e)
	case "user":
		p.Attrs["remote_user"] = Attr{Value: r.value(p.File, e.node), Pos: e.pos}
	default:
		if !isKeyword(e.key, onPlay) {
			r.unknownKeyword(e, "Play", onPlay)
			return
		}
		p.Attrs[e.key] = Attr{Value: r.value(p.File, e.node), Pos: e.pos}
	}
}

func (r *reader) checkHosts(v any, pos diag.Pos) {
	switch x := v.(type) {
	case string:
		if x == "" {
			r.errorf(pos, "Hosts list cannot be empty. Please check your playbook")
		}
	case value.Template:
	case *value.List:
		if len(x.Items) == 0 {
			r.errorf(pos, "Hosts list cannot be empty. Please check your playbook")
		}
		for _, item := range x.Items {
			switch item.(type) {
			case string, value.Template, int:
			case nil:
				r.errorf(pos, "Hosts list cannot contain values of 'None'. Please check your playbook")
			default:
				r.errorf(pos, "Hosts list contains an invalid host value")
			}
		}
	case nil:
		r.errorf(pos, "Hosts list cannot be empty. Please check your playbook")
	case int:
	default:
		r.errorf(pos, "Hosts list must be a sequence or string. Please check your playbook.")
	}
}

func (r *reader) unknownKeyword(e entry, what string, at level) {
	d := r.errorf(e.kpos, "'%s' is not a valid attribute for a %s", e.key, what)
	if s := diag.Suggest(e.key, keywordNames(at)); s != "" {
		d.Hint = "did you mean " + s + "?"
	}
}

// varsOf reads vars: a mapping or a list of mappings.
func (r *reader) varsOf(file string, e entry) *value.Dict {
	switch v := r.value(file, e.node).(type) {
	case nil:
		return value.NewDict()
	case *value.Dict:
		r.checkNames(v, e.pos)
		return v
	case *value.List:
		merged := value.NewDict()
		for _, item := range v.Items {
			d, ok := item.(*value.Dict)
			if !ok {
				r.errorf(e.pos, "vars must be specified as a dictionary, or a list of dictionaries")
				return merged
			}
			r.checkNames(d, e.pos)
			merged = overlay(merged, d)
		}
		return merged
	default:
		r.errorf(e.pos, "vars must be specified as a dictionary, or a list of dictionaries")
		return value.NewDict()
	}
}

func (r *reader) checkNames(d *value.Dict, pos diag.Pos) {
	for k := range d.All() {
		if name, ok := k.(string); !ok || !ValidName(name) {
			r.errorf(pos, "Invalid variable name in vars specified for Play: '%s' is not a valid variable name", value.KeyText(k))
		}
	}
}

func (r *reader) attrList(file string, e entry) []Attr {
	v := r.value(file, e.node)
	if l, ok := v.(*value.List); ok {
		out := make([]Attr, len(l.Items))
		for i, item := range l.Items {
			out[i] = Attr{Value: item, Pos: yaml11.Pos(file, resolveAlias(e.node.Content[i]))}
		}
		return out
	}
	if v == nil {
		return nil
	}
	return []Attr{{Value: v, Pos: e.pos}}
}

func (r *reader) prompts(file string, e entry) []Prompt {
	var out []Prompt
	for _, a := range r.attrList(file, e) {
		d, ok := a.Value.(*value.Dict)
		if !ok {
			r.errorf(a.Pos, "vars_prompt must be a list of mappings with name: and prompt:")
			continue
		}
		out = append(out, r.prompt(d, a.Pos))
	}
	return out
}

func (r *reader) prompt(d *value.Dict, pos diag.Pos) Prompt {
	p := Prompt{Private: true, Pos: pos}
	if _, ok := d.Get("name"); !ok {
		r.errorf(pos, "Invalid vars_prompt data structure, missing 'name' key")
		return p
	}
	for k, v := range d.All() {
		switch k {
		case "name":
			p.Name = text(v)
		case "prompt":
			p.Text, p.HasPrompt = text(v), true
		case "default":
			p.Default = v
		case "private":
			p.Private = truthy(v)
		case "confirm":
			p.Confirm = truthy(v)
		case "encrypt":
			p.Encrypt = text(v)
		case "salt":
			p.Salt = text(v)
		case "salt_size":
			p.SaltSize, _ = v.(int)
		case "unsafe":
			p.Unsafe = truthy(v)
		default:
			r.errorf(pos, "Invalid vars_prompt data structure, found unsupported key '%s'", value.KeyText(k))
		}
	}
	return p
}

func text(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case value.Template:
		return x.Src
	default:
		return value.KeyText(v)
	}
}

func truthy(v any) bool {
	switch x := v.(type) {
	case bool:
		return x
	case string:
		switch strings.ToLower(x) {
		case "yes", "true", "on", "1", "y", "t":
			return true
		}
		return false
	case int:
		return x != 0
	default:
		return v != nil
	}
}
