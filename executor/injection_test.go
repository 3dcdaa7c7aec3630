package executor_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
)

// What a host says in these tests: text that would ask the lookup pipe if it were ever a template, and one that would if it were ever
// an expression.
const (
	hostileText = "{{ lookup('pipe', 'evil') }}"
	hostileExpr = "lookup('pipe', 'evil') == 'asked'"
)

// hostileFiles are on every host, and hold the two texts in all the shapes in which a host can answer.
func hostileFiles() map[string]string {
	return map[string]string{
		"machines/a1/srv/text":                            hostileText,
		"machines/a1/srv/expr":                            hostileExpr,
		"machines/a1/srv/vars.yml":                        "evil: \"" + hostileText + "\"\nevils: [\"" + hostileText + "\"]\n",
		"machines/a1/srv/names/" + hostileText:            "x",
		"machines/a1/etc/ansible/facts.d/local.fact":      `{"evil": "` + hostileText + `", "deep": {"list": ["` + hostileText + `"]}, "` + hostileText + `": "key"}`,
		"machines/a1/srv/names/a {% if lookup('pipe') %}": "x",
		"files/" + hostileText:                            "a file of the controller that is named so",
		"t.j2":                                            "T{{ evil }}T",
		"more.yml":                                        "- {name: more, debug: {msg: \"{{ passed }}\"}}\n",
		"roles/r/tasks/main.yml":                          "- {name: of a role, debug: {msg: \"{{ passed }}\"}}\n",
		"roles/r/defaults/main.yml":                       "passed: \"{{ evil }}\"\n",
	}
}

// prelude learns the two texts from the host.
const prelude = `
- name: p
  hosts: a1
  gather_facts: false
  vars:
    evil: "{{ slurped.results[0].content | b64decode }}"
    expr: "{{ slurped.results[1].content | b64decode }}"
    indirect: "{{ evil }}"
  handlers: [{name: h, debug: {msg: handled}}]
  tasks:
    - {name: learn, slurp: {src: "/srv/{{ item }}"}, register: slurped, loop: [text, expr], no_log: true}
`

// TestWhatHostsSayIsNeverATemplate takes hostile text through every way in which a playbook uses what hosts say. The lookup must never be
// asked. Where shown is set, the text must come out as it was.
func TestWhatHostsSayIsNeverATemplate(t *testing.T) {
	for name, c := range map[string]struct {
		tasks string
		shown bool
	}{
		"a variable":                {`- debug: {msg: "{{ evil }}"}`, true},
		"a variable of a variable":  {`- debug: {msg: "x{{ indirect }}"}`, true},
		"vars of a task":            {`- {debug: {msg: "{{ v }}"}, vars: {v: "{{ evil }}"}}`, true},
		"vars of a block":           {`- {vars: {v: "{{ evil }}"}, block: [{debug: {msg: "{{ v }}"}}]}`, true},
		"lists and mappings":        {`- debug: {msg: "{{ [evil, {'a': evil}] }}"}`, true},
		"pieces joined":             {`- debug: {msg: "{{ '{' ~ evil[1:] }}"}`, true},
		"filters":                   {`- debug: {msg: "{{ evil | upper | lower | replace('x', 'y') | trim }}"}`, true},
		"text that JSON holds":      {`- debug: {msg: "{{ ('[' ~ (evil | to_json) ~ ']') | from_json }}"}`, true},
		"text that YAML holds":      {`- debug: {msg: "{{ ('- ' ~ (evil | to_json)) | from_yaml }}"}`, true},
		"register":                  {`- {debug: {msg: "{{ evil }}"}, register: r}` + "\n" + `- debug: {msg: "{{ r.msg }}"}`, true},
		"register of a loop":        {`- {debug: {msg: "{{ item }}"}, loop: ["{{ evil }}"], register: r}` + "\n" + `- debug: {msg: "{{ r.results | map(attribute='msg') | list }}"}`, true},
		"debug var":                 {`- {slurp: {src: /srv/text}, register: r}` + "\n" + `- debug: {var: evil}`, false},
		"debug var of its own":      {`- debug: {var: "{{ expr }}"}`, false},
		"set_fact":                  {`- set_fact: {f: "{{ evil }}"}` + "\n" + `- debug: {msg: "{{ f }}"}`, true},
		"set_fact within a text":    {`- set_fact: {f: "a {{ evil }} b"}` + "\n" + `- debug: {msg: "{{ f }}"}`, true},
		"set_fact of a set fact":    {`- set_fact: {f: "{{ evil }}"}` + "\n" + `- set_fact: {g: ["{{ f }}"]}` + "\n" + `- debug: {msg: "{{ g }}"}`, true},
		"set_fact, free form":       {`- set_fact: f={{ evil }}` + "\n" + `- debug: {msg: "{{ f }}"}`, true},
		"set_fact, one template":    {`- set_fact: "f={{ evil }}"` + "\n" + `- debug: {msg: "{{ f }}"}`, true},
		"set_fact, a mapping":       {`- set_fact: "{{ {'f': evil} }}"` + "\n" + `- debug: {msg: "{{ f }}"}`, true},
		"set_fact from hostvars":    {`- set_fact: {f: "{{ evil }}"}` + "\n" + `- set_fact: {g: "{{ hostvars.a1.f }}"}` + "\n" + `- debug: {msg: "{{ g }} {{ hostvars['a1']['g'] }}"}`, true},
		"the name of a fact":        {`- {set_fact: {"{{ evil }}": 1}, ignore_errors: true}`, false},
		"facts":                     {`- setup: {gather_subset: "!all,local"}` + "\n" + `- debug: {msg: "{{ ansible_local }} {{ ansible_facts.ansible_local.local.evil }}"}`, true},
		"parts of facts":            {`- setup: {gather_subset: "!all,local"}` + "\n" + `- debug: {msg: "{{ ansible_local.local.deep.list[0] }}"}` + "\n" + `- debug: {msg: "{{ item.key }}"}` + "\n" + `  loop: "{{ ansible_local.local | dict2items }}"`, true},
		"facts by hostvars":         {`- setup: {gather_subset: "!all,local"}` + "\n" + `- debug: {msg: "{{ hostvars.a1.ansible_local.local.evil }} {{ hostvars.a1 | string | length }}"}`, true},
		"a mapping as text":         {`- setup: {gather_subset: "!all,local"}` + "\n" + `- debug: {msg: "x {{ ansible_local }}"}`, true},
		"file names, find":          {`- {find: {paths: /srv/names}, register: r}` + "\n" + `- debug: {msg: "{{ item.path }}"}` + "\n" + `  loop: "{{ r.files }}"`, true},
		"file names, stat":          {`- {find: {paths: /srv/names}, register: r}` + "\n" + `- {stat: {path: "{{ item.path }}"}, loop: "{{ r.files }}", loop_control: {label: "{{ item.path }}"}, register: s}` + "\n" + `- debug: {msg: "{{ s.results | map(attribute='stat.path') | list }}"}`, true},
		"file names, fileglob":      {`- {debug: {msg: "{{ item }}"}, with_fileglob: "*"}`, true},
		"file names, q":             {`- debug: {msg: "{{ q('fileglob', '*') }}"}`, true},
		"contents, lookup file":     {`- {fetch: {src: /srv/text, dest: ./got, flat: true}}` + "\n" + `- debug: {msg: "{{ lookup('file', 'got') }}"}`, true},
		"contents, with_file":       {`- {fetch: {src: /srv/text, dest: ./got, flat: true}}` + "\n" + `- {debug: {msg: "{{ item }}"}, with_file: got}`, true},
		"include_vars of fetched":   {`- {fetch: {src: /srv/vars.yml, dest: ./got.yml, flat: true}}` + "\n" + `- include_vars: {file: got.yml, name: got}` + "\n" + `- debug: {msg: "{{ got.evil }} {{ got.evils }}"}`, true},
		"include_vars of a folder":  {`- {fetch: {src: /srv/vars.yml, dest: ./got/x.yml, flat: true}}` + "\n" + `- include_vars: {dir: got, name: got}` + "\n" + `- debug: {msg: "{{ got.evil }}"}`, true},
		"groups":                    {`- {group_by: {key: "{{ evil }}"}}` + "\n" + `- debug: {msg: "{{ group_names }} {{ groups.keys() | list }} {{ item }}"}` + "\n" + `  loop: "{{ groups | dict2items | map(attribute='key') | list }}"`, false},
		"add_host":                  {`- add_host: {name: new, groups: "{{ evil }}", own: "{{ evil }}"}` + "\n" + `- debug: {msg: "{{ hostvars.new.own }} {{ hostvars['new'] | string | length }}"}`, true},
		"add_host, free form":       {`- add_host: name=new own={{ evil }}` + "\n" + `- debug: {msg: "{{ hostvars.new.own }}"}`, true},
		"add_host, one template":    {`- {add_host: "{{ 'name=new own=' ~ (evil | to_json) }}", ignore_errors: true}` + "\n" + `- {debug: {msg: "{{ hostvars.new.own }}"}, ignore_errors: true}`, false},
		"add_host, its name":        {`- {add_host: {name: "{{ evil }}"}, ignore_errors: true}` + "\n" + `- debug: {msg: "{{ groups.all }}"}`, false},
		"loops":                     {`- {debug: {msg: "{{ item }} {{ i }}"}, loop: "{{ [evil, evil] }}", loop_control: {index_var: i, label: "{{ item }}", extended: true}}`, true},
		"a loop over text":          {`- {debug: {msg: "{{ item }}"}, loop: "{{ evil }}", ignore_errors: true}`, false},
		"with_items":                {`- {debug: {msg: "{{ item }}"}, with_items: ["{{ evil }}", ["{{ evil }}"]]}`, true},
		"with_dict":                 {`- {debug: {msg: "{{ item }}"}, with_dict: "{{ {evil: evil} }}"}`, true},
		"with_nested":               {`- {debug: {msg: "{{ item }}"}, with_nested: [["{{ evil }}"], [1]]}`, true},
		"with_subelements":          {`- {debug: {msg: "{{ item.1 }}"}, with_subelements: ["{{ [{'a': [evil]}] }}", a]}`, true},
		"with_first_found":          {`- {debug: {msg: "{{ item }}"}, with_first_found: [{files: ["{{ evil }}"], skip: true}]}`, false},
		"loop vars of a loop":       {`- {debug: {msg: "{{ v }}"}, loop: ["{{ evil }}"], vars: {v: "{{ item }}"}}`, true},
		"break_when":                {`- {debug: {msg: "{{ item }}"}, loop: ["{{ evil }}", 2], loop_control: {break_when: ["{{ expr }}"]}}`, true},
		"the name of a task":        {`- {name: "{{ evil }}", debug: {msg: x}}`, false},
		"when, a template":          {`- {debug: {msg: x}, when: "{{ expr }}", ignore_errors: true}`, false},
		"when, a variable":          {`- {debug: {msg: x}, when: expr, ignore_errors: true}`, false},
		"when, of a block":          {`- {when: "{{ expr }}", block: [{debug: {msg: x}}], rescue: [{debug: {msg: y}}]}`, false},
		"failed_when":               {`- {debug: {msg: x}, failed_when: "{{ expr }}", ignore_errors: true}`, false},
		"changed_when":              {`- {debug: {msg: x}, changed_when: "{{ expr }}", ignore_errors: true}`, false},
		"until":                     {`- {debug: {msg: x}, until: "{{ expr }}", retries: 1, delay: 0, ignore_errors: true}`, false},
		"assert":                    {`- {assert: {that: "{{ expr }}", fail_msg: "{{ evil }}"}, ignore_errors: true}`, false},
		"assert, a list":            {`- {assert: {that: ["{{ expr }}", expr], fail_msg: "{{ evil }}"}, ignore_errors: true}`, false},
		"fail":                      {`- {fail: {msg: "{{ evil }}"}, ignore_errors: true, register: r}` + "\n" + `- debug: {msg: "{{ r.msg }}"}`, true},
		"rescue":                    {`- {block: [{fail: {msg: "{{ evil }}"}}], rescue: [{debug: {msg: "{{ ansible_failed_result.msg }} {{ ansible_failed_task.args }}"}}]}`, true},
		"notify":                    {`- {command: "true", notify: "{{ evil }}", ignore_errors: true}`, false},
		"include_tasks":             {`- {include_tasks: more.yml, vars: {passed: "{{ evil }}"}}`, true},
		"include_tasks in a loop":   {`- {include_tasks: more.yml, vars: {passed: "{{ item }}"}, loop: ["{{ evil }}"]}`, true},
		"include_tasks, its loop":   {`- {include_tasks: more.yml, loop: ["{{ evil }}"], loop_control: {loop_var: passed}}`, true},
		"include_tasks, its file":   {`- {include_tasks: "{{ evil }}", ignore_errors: true}`, false},
		"include_role":              {`- {include_role: {name: r}, vars: {passed: "{{ evil }}"}}`, true},
		"include_role in a loop":    {`- {include_role: {name: r}, vars: {passed: "{{ item }}"}, loop: ["{{ evil }}"]}`, true},
		"include_role, its name":    {`- {include_role: {name: "{{ evil }}"}, ignore_errors: true}`, false},
		"import_role":               {`- {import_role: {name: r}, vars: {passed: "{{ evil }}"}}`, true},
		"defaults of a role":        {`- import_role: {name: r}`, true},
		"templates":                 {`- {template: {src: t.j2, dest: /srv/out}}` + "\n" + `- {slurp: {src: /srv/out}, register: r}` + "\n" + `- debug: {msg: "{{ r.content | b64decode }}"}`, true},
		"lookup template":           {`- debug: {msg: "{{ lookup('template', 't.j2') }}"}`, true},
		"copy content":              {`- {copy: {content: "{{ evil }}", dest: /srv/out}}` + "\n" + `- {slurp: {src: /srv/out}, register: r}` + "\n" + `- debug: {msg: "{{ r.content | b64decode }}"}`, true},
		"lookup vars":               {`- {debug: {msg: "{{ lookup('vars', evil, default='none') }}"}}`, false},
		"vars":                      {`- debug: {msg: "{{ vars['evil'] }} {{ vars[expr] | default('none') }}"}`, true},
		"module_defaults":           {`- {module_defaults: {debug: {msg: "{{ evil }}"}}, block: [{debug: }]}`, true},
		"environment":               {`- {ping: , environment: {A: "{{ evil }}"}, ignore_errors: true}`, false},
		"delegate_to":               {`- {debug: {msg: x}, delegate_to: "{{ evil }}", ignore_errors: true}`, false},
		"variables of a delegation": {`- set_fact: {f: "{{ evil }}"}` + "\n" + `- {debug: {msg: "{{ ansible_delegated_vars.a1.f }}"}, delegate_to: a1}`, true},
		"set_stats":                 {`- set_stats: {data: {x: "{{ evil }}"}}`, false},
		"action":                    {`- {action: "{{ {'module': 'debug', 'msg': evil} }}", ignore_errors: true}`, false},
		"args":                      {`- {debug: , args: "{{ {'msg': evil} }}", ignore_errors: true}`, false},
		"what a macro returns":      {`- debug: {msg: "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(evil) }}"}`, true},
		"set in a template":         {`- debug: {msg: "{% set x = evil %}{{ x }}"}`, true},
		"a test that is named so":   {`- debug: {msg: "{{ [evil] | select('equalto', evil) | list }}"}`, true},
		"json_query":                {`- debug: {msg: "{{ {'a': evil} | json_query('a') }}"}`, true},
		"a default":                 {`- debug: {msg: "{{ nosuch | default(evil) }}"}`, true},
		"ternary":                   {`- debug: {msg: "{{ true | ternary(evil, 1) }}"}`, true},
		"a fact that is cacheable":  {`- set_fact: {f: "{{ evil }}", cacheable: true}` + "\n" + `- debug: {msg: "{{ ansible_facts.f }} {{ f }}"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			story, asked := hostileRun(t, c.tasks)
			if asked > 0 {
				t.Errorf("what a host said was evaluated %d times:\n%s", asked, story)
			}
			if c.shown && !strings.Contains(story, "lookup(") {
				t.Errorf("the text does not come out as it was:\n%s", story)
			}
		})
	}
}

// TestPlaybooksAreTemplates makes sure that the tests above could fail: the same text in a playbook is a template.
func TestPlaybooksAreTemplates(t *testing.T) {
	for name, tasks := range map[string]string{
		"text":        `- debug: {msg: "` + hostileText + `"}`,
		"a variable":  `- {debug: {msg: "{{ v }}"}, vars: {v: "` + hostileText + `"}}`,
		"a condition": `- {debug: {msg: x}, when: "` + hostileExpr + `"}`,
		"a set fact":  `- set_fact: {f: "` + hostileText + `"}`,
	} {
		if story, asked := hostileRun(t, tasks); asked == 0 {
			t.Errorf("%s: a template of the playbook was not evaluated:\n%s", name, story)
		}
	}
}

// hostileRun runs tasks on a hostile host and returns what happened and how often the lookup was asked.
func hostileRun(t *testing.T, tasks string) (string, int) {
	t.Helper()
	l, asked := newLab(t, hostileFiles()), 0
	book := prelude + "    " + strings.ReplaceAll(tasks, "\n", "\n    ") + "\n"
	rec, _, err := l.run(book, func(o *executor.Options) { o.Lookups = asking(func() { asked++ }).around(o.Lookups) })
	if err != nil {
		t.Fatalf("%v\n%s", err, book)
	}
	return rec.story(), asked
}
