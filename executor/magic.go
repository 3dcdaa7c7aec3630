package executor

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// AnsibleVersion is the version of Ansible whose language muster speaks; playbooks ask for it.
const AnsibleVersion = "2.14.18"

// magicNames lists the variables that magic knows, for `vars` and for lookups of names.
var magicNames = []string{
	"inventory_hostname", "inventory_hostname_short", "inventory_file", "inventory_dir", "group_names", "groups",
	"hostvars", "ansible_facts", "play_hosts", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch",
	"ansible_play_name", "ansible_check_mode", "ansible_diff_mode", "ansible_forks", "ansible_verbosity", "ansible_version",
	"ansible_limit", "ansible_run_tags", "ansible_skip_tags", "ansible_inventory_sources", "ansible_config_file",
	"ansible_playbook_python", "playbook_dir", "role_name", "role_path", "role_names", "ansible_role_names",
	"ansible_play_role_names", "ansible_dependent_role_names", "ansible_role_name", "ansible_parent_role_names",
	"ansible_parent_role_paths", "ansible_collection_name", "ansible_search_path", "omit", "environment",
}

// magic returns the special variables.
func (s *scope) magic(name string) (any, bool) {
	if s.host != nil {
		if v, ok := s.hostMagic(name); ok {
			return v, true
		}
	}
	switch name {
	case "omit":
		return jinja.Omit, true
	case "hostvars":
		return s.hostVars(), s.play != nil
	case "groups":
		return s.x.o.Inventory.GroupsDict(), true
	case "ansible_version":
		return versionDict(), true
	case "ansible_forks":
		return s.x.o.Forks, true
	case "ansible_verbosity":
		return s.x.o.Verbosity, true
	case "ansible_run_tags":
		if len(s.x.o.Tags) == 0 {
			return textList([]string{"all"}), true
		}
		return textList(s.x.o.Tags), true
	case "ansible_skip_tags":
		return textList(s.x.o.SkipTags), true
	case "ansible_limit":
		return s.x.o.Limit, s.x.o.Limit != ""
	case "ansible_inventory_sources":
		return textList(s.x.o.Sources), true
	case "ansible_config_file":
		if s.x.o.Settings.ConfigFile == "" {
			return nil, true
		}
		return s.x.o.Settings.ConfigFile, true
	case "ansible_check_mode":
		return s.x.o.Check, true
	case "ansible_diff_mode":
		return s.x.o.Diff, true
	case "ansible_playbook_python":
		return "/usr/bin/python3", true
	}
	switch {
	case name == "ansible_delegated_vars":
		return s.delegatedVars()
	case name == "environment" && s.task != nil:
		return environments(s.task), true
	}
	if s.play != nil {
		return s.playMagic(name)
	}
	if name == "playbook_dir" && s.base != "" {
		return absoluteDir(s.base), true
	}
	return nil, false
}

// environments lists the values of the environment keywords around a task, the play's first.
func environments(t *playbook.Task) *value.List {
	all := value.NewList()
	for _, a := range t.InheritAll("environment") {
		if l, ok := a.Value.(*value.List); ok {
			all.Items = append(all.Items, l.Items...)
		} else if a.Value != nil {
			all.Items = append(all.Items, a.Value)
		}
	}
	return all
}

func (s *scope) hostMagic(name string) (any, bool) {
	h := s.host
	switch name {
	case "inventory_hostname":
		return h.name, true
	case "inventory_hostname_short":
		short, _, _ := strings.Cut(h.name, ".")
		return short, true
	case "group_names":
		if h.inv == nil {
			return value.NewList(), true
		}
		return textList(h.inv.Groups()), true
	case "inventory_file":
		if h.inv == nil || h.inv.File() == "" {
			return nil, false
		}
		return h.inv.File(), true
	case "inventory_dir":
		if h.inv == nil || h.inv.Dir() == "" {
			return nil, false
		}
		return h.inv.Dir(), true
	case "ansible_facts":
		return h.factsNamespace(), true
	}
	return nil, false
}

func (s *scope) playMagic(name string) (any, bool) {
	p := s.play
	switch name {
	case "playbook_dir":
		return absoluteDir(p.play.Dir), true
	case "ansible_play_name":
		return p.name, true
	case "play_hosts", "ansible_play_batch":
		return textList(p.batchNames()), true
	case "ansible_play_hosts":
		return textList(p.liveNames()), true
	case "ansible_play_hosts_all":
		return textList(p.allNames()), true
	case "role_names", "ansible_play_role_names", "ansible_role_names", "ansible_dependent_role_names":
		return textList(p.roleNames(name)), true
	case "ansible_search_path":
		return textList(s.searchPath()), true
	}
	if role := s.role(); role != nil {
		return roleMagic(role, name)
	}
	return nil, false
}

// including lists the roles whose tasks included the role, the nearest first.
func including(role *playbook.Role) []*playbook.Role {
	var found []*playbook.Role
	for role.Block != nil && role.Block.Include {
		outer := role.Block.Parent
		if outer == nil || outer.Role == nil || outer.Role == role {
			break
		}
		role = outer.Role
		found = append(found, role)
	}
	return found
}

func (s *scope) role() *playbook.Role {
	if s.block == nil {
		return nil
	}
	return s.block.Role
}

func roleMagic(role *playbook.Role, name string) (any, bool) {
	switch name {
	case "role_name", "ansible_role_name":
		if name == "role_name" {
			return shortRole(role), true
		}
		return role.Name, true
	case "role_path":
		return role.Path, true
	case "ansible_parent_role_names":
		var names []string
		for _, r := range including(role) {
			names = append(names, r.Name)
		}
		return textList(names), len(names) > 0
	case "ansible_parent_role_paths":
		var paths []string
		for _, r := range including(role) {
			paths = append(paths, r.Path)
		}
		return textList(paths), len(paths) > 0
	case "ansible_collection_name":
		if role.Collection != "" {
			return role.Collection, true
		}
		return nil, true
	}
	return nil, false
}

// shortRole is a role's name without the folders or the collection before it.
func shortRole(role *playbook.Role) string {
	if role.Collection != "" {
		return strings.TrimPrefix(role.Name, role.Collection+".")
	}
	return filepath.Base(role.Name)
}

func versionDict() *value.Dict {
	return value.DictOf("full", AnsibleVersion, "major", 2, "minor", 14, "revision", 18, "string", AnsibleVersion)
}

func textList(items []string) *value.List {
	l := &value.List{Items: make([]any, len(items))}
	for i, s := range items {
		l.Items[i] = s
	}
	return l
}

// searchPath are the folders in which files of a task are looked for: its role, the roles that depend on it, the
// folder of its file, the play.
func (s *scope) searchPath() []string {
	var dirs []string
	add := func(d string) {
		for _, have := range dirs {
			if have == d {
				return
			}
		}
		if d != "" {
			dirs = append(dirs, d)
		}
	}
	if role := s.role(); role != nil {
		add(role.Path)
		for _, r := range role.Parents {
			add(r.Path)
		}
	}
	for b := s.block; b != nil; b = b.Parent {
		if b.Role != nil {
			add(b.Role.Path)
		}
	}
	if s.task != nil {
		add(filepath.Dir(s.task.File))
	}
	add(s.dir())
	return dirs
}

// hostVars is the variable hostvars: the variables of every host, looked up when asked for.
func (s *scope) hostVars() *jinja.HostVars {
	x := s.x
	return &jinja.HostVars{
		Names: func() []string {
			var names []string
			for _, h := range x.o.Inventory.Hosts() {
				names = append(names, h.Name)
			}
			if !slices.Contains(names, "localhost") {
				names = append(names, "localhost") // as in ansible-core 2.14, which every inventory gives a localhost
			}
			return names
		},
		Scope: func(name string) (jinja.Scope, bool) {
			if x.o.Inventory.Host(name) == nil && !isLocalName(name) {
				return nil, false
			}
			other := x.newScope(nil, x.hosts.get(name), nil)
			other.base = s.dir()
			return other, true
		},
	}
}
