package executor_test

import (
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/value"
)

// TestPrecedence has every source of a variable in one run, from the lowest to the highest.
func TestPrecedence(t *testing.T) {
	files := map[string]string{
		"hosts.ini":                  "[web]\na1 v=host\n[web:vars]\nv=group\ng=group\n",
		"roles/r/defaults/main.yml":  "{v: default, g: default, d: default}\n",
		"roles/r/vars/main.yml":      "{rv: role vars, u: role vars}\n",
		"roles/r/tasks/main.yml":     "- {name: role, debug: {msg: \"{{ v }} {{ g }} {{ d }} {{ rv }} {{ u }} {{ p }}\"}}\n",
		"roles/par/meta/main.yml":    "dependencies: [{role: kid, vars: {w: \"{{ par_w }}\"}}]\n",
		"roles/par/vars/main.yml":    "{who: parent}\n",
		"roles/kid/tasks/main.yml":   "- {name: kid, debug: {msg: \"{{ w }} {{ who }}\"}}\n",
		"roles/kid/meta/main.yml":    "{allow_duplicates: true, dependencies: [leaf]}\n",
		"roles/leaf/vars/main.yml":   "{who: leaf}\n",
		"roles/leaf/tasks/main.yml":  "[]\n",
		"inc.yml":                    "- {name: inc, debug: {msg: \"{{ x }}\"}}\n",
		"f1.yml":                     "{x: f1, y: f1}\n",
		"f2.yml":                     "{y: f2}\n",
		"roles/r/tasks/untagged.yml": "[]\n",
	}
	play(t, []scene{
		{
			name: "roles", files: files,
			book: `
- name: p
  hosts: a1
  gather_facts: false
  roles:
    - {role: r, vars: {u: usage, rv: usage}, p: param}
    - {role: par, vars: {par_w: one}}
    - {role: par, vars: {par_w: two}}
`,
			want: `
PLAY p: a1
TASK r : role
  a1 ok: host group default role vars role vars param
TASK kid : kid
  a1 ok: one leaf
TASK kid : kid
  a1 ok: two leaf
= a1 ok=3`,
		},
		{
			name: "play, files, block, task, include, facts, extra", files: files,
			with: func(o *executor.Options) { o.ExtraVars = value.DictOf("e", "extra") },
			book: `
- name: p
  hosts: a1
  gather_facts: false
  vars: {v: play, x: play, y: play, e: play, reg: play}
  vars_files: [f1.yml, [nowhere.yml, f2.yml]]
  tasks:
    - {name: play, debug: {msg: "{{ v }} {{ x }} {{ y }} {{ e }}"}}
    - block:
        - {name: block, debug: {msg: "{{ v }} {{ x }}"}, vars: {x: task}}
      vars: {v: block, x: block}
    - {name: set, set_fact: {x: fact}}
    - {name: fact, debug: {msg: "{{ x }}"}, vars: {x: task}}
    - {include_tasks: inc.yml, vars: {x: include}}
    - {import_tasks: inc.yml, vars: {x: import}}
    - {name: read, include_vars: f2.yml}
    - {name: included, debug: {msg: "{{ y }}"}, vars: {y: task}}
`,
			want: `
PLAY p: a1
TASK play
  a1 ok: play f1 f2 extra
TASK block
  a1 ok: block task
TASK set
  a1 ok
TASK fact
  a1 ok: fact
TASK include_tasks
  a1 ok
  included inc.yml: a1
TASK inc
  a1 ok: include
TASK inc
  a1 ok: fact
TASK read
  a1 ok
TASK included
  a1 ok: f2
= a1 ok=9`,
		},
		{
			name: "hash_behaviour merge joins all sources", files: map[string]string{
				"hosts.ini": "a1\n", "host_vars/a1.yml": "h: {a: 1, in: {x: 1, y: 1}}\n",
			},
			with: func(o *executor.Options) { o.Settings.HashBehaviour = "merge" },
			book: `
- name: p
  hosts: a1
  gather_facts: false
  vars: {h: {b: 2, in: {y: 2}}}
  tasks:
    - {name: merged, debug: {msg: "{{ h }}"}}
`,
			want: `
PLAY p: a1
TASK merged
  a1 ok: map[a:1 b:2 in:map[x:1 y:2]]
= a1 ok=1`,
		},
	})
}

func TestDelegation(t *testing.T) {
	play(t, []scene{
		{
			name: "results and facts stay with the host unless told",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: there, copy: {dest: "/tmp/{{ inventory_hostname }}", content: x}, delegate_to: b1, register: r}
    - {name: mine, set_fact: {m: "{{ inventory_hostname }}"}, delegate_to: b1}
    - {name: theirs, set_fact: {o: "{{ inventory_hostname }}"}, delegate_to: b1, delegate_facts: true}
    - {name: told, debug: {msg: "{{ r.dest }} {{ m }} {{ o | default('-') }} {{ hostvars.b1.o }} {{ hostvars.b1.m | default('-') }}"}}
`,
			want: `
PLAY p: a1 a2
TASK there
  a1->b1 changed
  a2->b1 changed
TASK mine
  a1->b1 ok
  a2->b1 ok
TASK theirs
  a1->b1 ok
  a2->b1 ok
TASK told
  a1 ok: /tmp/a1 a1 - a2 -
  a2 ok: /tmp/a2 a2 - a2 -
= a1 ok=4 changed=1
= a2 ok=4 changed=1`,
		},
		{
			name: "run_once: one host works, all have the result",
			book: `
- name: p
  hosts: all
  gather_facts: false
  tasks:
    - {name: once, set_fact: {f: "{{ inventory_hostname }}"}, run_once: true, register: r}
    - {name: told, debug: {msg: "{{ f }} {{ r is success }}"}}
    - {name: skipped, debug: {msg: x}, run_once: true, when: inventory_hostname == 'b1'}
`,
			want: `
PLAY p: a1 a2 b1
TASK once
  a1 ok
TASK told
  a1 ok: a1 True
  a2 ok: a1 True
  b1 ok: a1 True
TASK skipped
  a1 skipped
= a1 ok=2 skipped=1
= a2 ok=1
= b1 ok=1`,
		},
		{
			name: "add_host and group_by change the inventory of the run",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: add, add_host: {name: new, groups: fresh, n: 1}}
    - {name: group, group_by: {key: "is_{{ inventory_hostname }}"}}
- {name: q, hosts: "fresh:is_a2", gather_facts: false, tasks: [{name: told, debug: {msg: "{{ n | default('-') }} {{ group_names | join(' ') }}"}}]}
`,
			want: `
PLAY p: a1 a2
TASK add
  a1 changed
TASK group
  a1 changed
  a2 changed
PLAY q: new a2
TASK told
  new ok: 1 fresh
  a2 ok: - is_a2 web
= a1 ok=2 changed=2
= a2 ok=2 changed=1
= new ok=1`,
		},
	})
}
