package lint_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/lint"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// known are muster's modules.
type known struct{ executor.Actions }

func (k known) Module(name string) (modules.Module, bool) { return k.Registry.Get(k.Short(name)) }

// check writes the files of an archive to a folder and returns the findings there as "file:line rule: message".
func check(t *testing.T, tree string, strict bool) []string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(tree)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	engine := jinja.New(jinja.Options{})
	actions := known{executor.Actions{Registry: all.All()}}
	found, err := lint.Check(lint.Options{
		Loader: func(more []string) *playbook.Loader {
			return playbook.NewLoader(playbook.Options{Actions: actions, RolesPath: more,
				Render: func(v any, vars *value.Dict) (any, error) {
					return engine.Render(&jinja.Context{Scope: scope{vars}}, v)
				}})
		},
		Engine: engine, Modules: actions, Lookups: []string{"file", "env", "items", "vars"}, Strict: strict,
		Inventory: func(path string) diag.List {
			return diag.List{diag.Errorf(diag.Pos{File: path, Line: 1}, "cannot be read")}
		},
	}, paths(dir, tree))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		file := strings.TrimPrefix(f.Pos.File, dir+"/")
		out = append(out, file+":"+itoa(f.Pos.Line)+" "+f.Rule+": "+f.Summary)
	}
	return out
}

// paths are the folder, and an inventory where there is one: those are looked at when they are named.
func paths(dir, tree string) []string {
	if strings.Contains(tree, "-- hosts.ini --") {
		return []string{dir, filepath.Join(dir, "hosts.ini")}
	}
	return []string{dir}
}

func itoa(n int) string { return strings.TrimSpace(value.Str(n)) }

// scope is what is known before a run.
type scope struct{ vars *value.Dict }

func (s scope) Lookup(name string) (any, bool) { return s.vars.Get(name) }

// rule is a tree that trips a rule and one, nearly the same, that does not.
type rule struct {
	name, bad, finding, good string
	strict                   bool
}

const play = "-- site.yml --\n- hosts: all\n"

var table = []rule{
	{lint.RuleSyntax, play + "  tasks:\n    - ping:\n      whne: true\n", "site.yml:4 syntax: 'whne' is not a valid attribute for a Task",
		play + "  tasks:\n    - ping:\n      when: true\n", false},
	{lint.RuleSyntax, play + "  tasks:\n    - ping:\n      loop_control: {label: x}\n", "site.yml:3 syntax: loop_control is given and there is no loop: it is ignored",
		play + "  tasks:\n    - ping:\n      loop: [1]\n      loop_control: {label: x}\n", false},
	{lint.RuleParameters, play + "  tasks:\n    - file: {path: /x, stat: absent}\n", "site.yml:3 parameters: file has no parameter stat",
		play + "  tasks:\n    - file: {path: /x, state: absent}\n", false},
	{lint.RuleTemplate, play + "  tasks:\n    - debug: {msg: '{{ 1 +* 2 }}'}\n", "site.yml:3 template: expected an expression, found '*'",
		play + "  tasks:\n    - debug: {msg: '{{ 1 + 2 }}'}\n", false},
	{lint.RuleModule, play + "  tasks:\n    - copi: {src: a}\n", "site.yml:3 unknown-module: there is no module called 'copi'",
		play + "  tasks:\n    - ansible.builtin.ping:\n", false},
	{lint.RuleFilter, play + "  tasks:\n    - debug: {msg: '{{ 1 | strin }}'}\n", "site.yml:3 unknown-filter: there is no filter called 'strin'",
		play + "  tasks:\n    - debug: {msg: '{{ 1 | string }}'}\n", false},
	{lint.RuleLookup, play + "  tasks:\n    - debug: {msg: \"{{ lookup('fil', '/x') }}\"}\n", "site.yml:3 unknown-lookup: there is no lookup called 'fil'",
		play + "  tasks:\n    - debug: {msg: \"{{ lookup('file', '/x') }}\"}\n", false},
	{lint.RuleFile, play + "  tasks:\n    - template: {src: a.j2, dest: /x}\n", "site.yml:3 missing-file: a.j2 does not exist",
		play + "  tasks:\n    - template: {src: a.j2, dest: /x}\n-- templates/a.j2 --\nx\n", false},
	{lint.RuleHandler, play + "  tasks:\n    - ping:\n      notify: reload\n", "site.yml:4 handler: no handler is called 'reload'",
		play + "  tasks:\n    - ping:\n      notify: reload\n  handlers:\n    - name: other\n      listen: reload\n      ping:\n", false},
	{lint.RuleHandler, play + "  handlers:\n    - name: reload\n      ping:\n", "site.yml:3 handler: nothing notifies the handler 'reload'",
		play + "  tasks:\n    - ping:\n      notify: \"re{{ 'load' }}\"\n  handlers:\n    - name: reload\n      ping:\n", false},
	{lint.RuleDeprecated, play + "  tasks:\n    - ping:\n      when: \"{{ 1 == 1 }}\"\n", "site.yml:4 deprecated: when is an expression already: {{ }} in it is rendered twice",
		play + "  tasks:\n    - ping:\n      when: 1 == 1\n", false},
	{lint.RuleStyle, play + "  tasks:\n    - ping:\n      with_items: [1]\n", "site.yml:4 style: with_items is the older form of loop",
		play + "  tasks:\n    - ping:\n      loop: [1]\n", true},
	{lint.RuleDead, play + "  tasks:\n    - meta: end_play\n    - ping:\n", "site.yml:4 unreachable: this never runs: meta: end_play on line 3 ends the play before it",
		play + "  tasks:\n    - meta: end_play\n      when: 1 == 2\n    - ping:\n", false},
	{lint.RulePlugin, play + "  tasks:\n    - mine: {}\n-- library/mine.py --\n", "site.yml:3 python-plugin: the module 'mine' is a Python plugin of this tree (",
		play + "  tasks:\n    - ping:\n-- scripts/mine.py --\n", false},
	{lint.RuleInventory, play + "  tasks: []\n-- hosts.ini --\n[web\n", "hosts.ini:1 inventory: cannot be read", play + "  tasks: []\n", false},
	{lint.RuleVariable, play + "  vars: {listen_port: 80}\n  tasks:\n    - debug: {msg: '{{ listen_prot }}'}\n", "site.yml:4 variable: nothing in this tree defines the variable 'listen_prot'",
		play + "  vars: {listen_port: 80}\n  tasks:\n    - debug: {msg: '{{ listen_port }}'}\n", false},
}

// TestRules: every rule says what is wrong in a tree, with the place, and nothing in one that is right.
func TestRules(t *testing.T) {
	covered := map[string]bool{}
	for _, r := range table {
		covered[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			found := check(t, r.bad, r.strict)
			if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, r.finding) }) {
				t.Errorf("found %q, want %q", found, r.finding)
			}
			if found := check(t, r.good, r.strict); len(found) > 0 {
				t.Errorf("nothing is wrong, and it found %q", found)
			}
		})
	}
	for _, r := range lint.Rules() {
		if !covered[r[0]] {
			t.Errorf("the rule %s has no trees", r[0])
		}
	}
}

// TestVariables: a name that anything may define, or that may be missing, is left alone.
func TestVariables(t *testing.T) {
	use := "    - debug: {msg: '{{ gate }}'}\n"
	tasks := play + "  tasks:\n" + use
	for name, tree := range map[string]string{
		"block":             play + "  tasks:\n    - vars: {gate: 1}\n      block:\n    " + strings.ReplaceAll(use, "\n", "\n    ") + "\n",
		"register":          play + "  tasks:\n    - ping:\n      register: gate\n" + use,
		"set_fact":          play + "  tasks:\n    - set_fact: {gate: 1}\n" + use,
		"computed set_fact": play + "  tasks:\n    - set_fact: {\"ga{{ 'te' }}\": 1}\n" + use,
		"loop variable":     play + "  tasks:\n    - debug: {msg: '{{ gate }}{{ at }}'}\n      loop: [1]\n      loop_control: {loop_var: gate, index_var: at}\n",
		"prompt":            play + "  vars_prompt: [{name: gate}]\n  tasks:\n" + use,
		"vars file":         play + "  vars_files: [v.yml]\n  tasks:\n" + use + "-- v.yml --\ngate: 1\n",
		"group_vars":        tasks + "-- group_vars/all --\ngate: 1\n",
		"host_vars":         tasks + "-- host_vars/a.yml --\ngate: 1\n",
		"inventory":         tasks + "-- inventory --\na gate=1\n",
		"YAML inventory":    tasks + "-- inventory.yml --\nall: {hosts: {a: }}\nweb:\n  vars:\n    gate: 1\n",
		"asked after":       play + "  tasks:\n    - debug: {msg: '{{ gate }}'}\n      when: gate is defined\n",
		"default elsewhere": tasks + "    - debug: {msg: '{{ gate | default(80) }}'}\n",
		"documented":        tasks + "-- README.md --\nSet `gate` with -e.\n",
		"shown in comments": tasks + "-- group_vars/all.yml --\n# gate: 80\n",
		"by its name":       tasks + "    - debug: {msg: \"{{ vars['gate'] }}\"}\n",
		"set in a template": play + "  tasks:\n    - debug: {msg: '{% set gate = 1 %}{{ gate }}'}\n",
		"for in a template": play + "  tasks:\n    - debug: {msg: '{% for gate in [1] %}{{ gate }}{% endfor %}'}\n",
		"facts and magic":   play + "  tasks:\n    - debug: {msg: '{{ ansible_mounts }}{{ inventory_hostname }}{{ groups }}{{ getent_passwd }}'}\n",
		"locked file":       tasks + "-- group_vars/all.yml --\n$ANSIBLE_VAULT;1.1;AES256\n33\n",
		"role's defaults":   "-- roles/r/tasks/main.yml --\n- debug: {msg: '{{ gate }}'}\n-- roles/r/defaults/main.yml --\ngate: 1\n",
		"role's parameters": play + "  roles: [{role: r, gate: 1}]\n-- roles/r/tasks/main.yml --\n- debug: {msg: '{{ gate }}'}\n",
		"somebody's j2":     "-- docs/page.j2 --\n{{ gate }}\n",
		"role to install":   play + "  roles: [other]\n  tasks:\n" + use + "-- requirements.yml --\n- other\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range check(t, tree, false) {
				if strings.Contains(f, " variable: ") {
					t.Error(f)
				}
			}
		})
	}
	for name, tree := range map[string]string{
		"nowhere": tasks, "in a role": "-- roles/r/tasks/main.yml --\n- debug: {msg: '{{ gate }}'}\n",
		"in a condition": play + "  tasks:\n    - ping:\n      when: gate > 1\n", "in a template": play + "  tasks: []\n-- templates/a.j2 --\n{{ gate }}\n",
		"list of a for": play + "  tasks:\n    - debug: {msg: '{% for p in gate %}{{ p }}{% endfor %}'}\n",
	} {
		if found := check(t, tree, false); len(found) != 1 || !strings.HasSuffix(found[0], "variable: nothing in this tree defines the variable 'gate'") {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// TestOwnCollection: roles of the collection that the tree itself is need no installation.
func TestOwnCollection(t *testing.T) {
	tree := play + "  roles: [me.mine.r]\n-- galaxy.yml --\nnamespace: me\nname: mine\n-- roles/r/tasks/main.yml --\n- ping:\n"
	if found := check(t, tree, false); len(found) > 0 {
		t.Errorf("%q", found)
	}
	if found := check(t, strings.ReplaceAll(tree, "me.mine.r]", "me.mine.s]"), false); len(found) != 1 {
		t.Errorf("a role that is not there: %q", found)
	}
}

// TestLinkedFolder: a folder that is named by a link is looked into.
func TestLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real", "site.yml"), []byte("- hosts: all\n  taks: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	engine := jinja.New(jinja.Options{})
	actions := known{executor.Actions{Registry: all.All()}}
	found, err := lint.Check(lint.Options{Engine: engine, Modules: actions, Loader: func([]string) *playbook.Loader {
		return playbook.NewLoader(playbook.Options{Actions: actions})
	}}, []string{filepath.Join(dir, "link")})
	if err != nil || len(found) != 1 {
		t.Errorf("%v %v", found, err)
	}
}
