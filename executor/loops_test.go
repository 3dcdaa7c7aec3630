package executor_test

import "testing"

func TestLoops(t *testing.T) {
	play(t, []scene{
		{
			name: "items, conditions, labels, break_when",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - name: items
      debug: {msg: "{{ i }}:{{ item.n }}"}
      loop: [{n: 1}, {n: 2}, {n: 3}, {n: 4}]
      when: item.n != 2
      loop_control: {index_var: i, label: "n{{ item.n }}", break_when: item.n == 3}
`,
			want: `
PLAY p: a1
TASK items
  a1 (n1) ok: 0:1
  a1 (n2) skipped
  a1 (n3) ok: 2:3
= a1 ok=1`,
		},
		{
			name: "a list goes to the host in one request and comes back in order",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - name: files
      copy: {dest: "/tmp/{{ item }}", content: "{{ item }}"}
      loop: [x, y]
      register: r
    - name: again
      copy: {dest: "/tmp/{{ item }}", content: "{{ item }}"}
      loop: [x, z]
    - name: told
      debug: {msg: "{{ r.results | map(attribute='item') | join(',') }} {{ r.skipped }}"}
`,
			want: `
PLAY p: a1
TASK files
  a1 (x) changed
  a1 (y) changed
TASK again
  a1 (x) ok
  a1 (z) changed
TASK told
  a1 ok: x,y False
= a1 ok=3 changed=2`,
		},
		{
			name: "set_fact grows from item to item",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: grow, set_fact: {acc: "{{ acc | default([]) + [item] }}"}, loop: [1, 2, 3]}
    - {name: told, debug: {msg: "{{ acc | join('') }}"}}
`,
			want: `
PLAY p: a1
TASK grow
  a1 (1) ok
  a1 (2) ok
  a1 (3) ok
TASK told
  a1 ok: 123
= a1 ok=2`,
		},
		{
			name: "until tries again and gives up",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: try, debug: {msg: x}, register: r, until: r.attempts == 2, delay: 0}
    - {name: give up, debug: {msg: x}, register: r, until: false, retries: 1, delay: 0, ignore_errors: true}
    - {name: told, debug: {msg: "{{ r.attempts }} {{ r is failed }}"}}
`,
			want: `
PLAY p: a1
TASK try
  a1 retry 1, 2 left
  a1 ok: x
TASK give up
  a1 retry 1, 1 left
  a1 failed: x (ignored)
TASK told
  a1 ok: 1 True
= a1 ok=3 ignored=1`,
		},
		{
			name: "changed_when and failed_when judge, and say when they cannot",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: changed, debug: {msg: x}, register: r, changed_when: ["r.msg == 'x'", true]}
    - {name: not failed, fail: {msg: bad}, failed_when: false}
    - {name: broken, debug: {msg: x}, failed_when: nope, ignore_errors: true, register: r}
    - {name: told, debug: {msg: "{{ r.failed_when_result }}"}}
`,
			want: `
PLAY p: a1
TASK changed
  a1 changed: x
TASK not failed
  a1 ok: bad
TASK broken
  a1 failed: x (ignored)
TASK told
  a1 ok: The conditional check 'nope' failed. The error was: error while evaluating conditional (nope): 'nope' is undefined
= a1 ok=4 changed=1 ignored=1`,
		},
		{
			name: "a switch that is neither yes nor no",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: odd, debug: {msg: x}, diff: maybe}
`,
			code: 2,
			want: `
PLAY p: a1
TASK odd
  a1 failed: the field 'diff' has an invalid value (maybe), and could not be converted to an bool. The error was: The value 'maybe' is not a valid boolean. Write yes or no.
= a1 failed=1`,
		},
	})
}

func TestIncludes(t *testing.T) {
	files := map[string]string{
		"one.yml":                    "- {name: in one, debug: {msg: \"{{ item | default('-') }} {{ given | default('-') }}\"}}\n",
		"bad.yml":                    "- {name: in bad, fail: {msg: \"{{ item }}\"}, when: item == 'b'}\n",
		"roles/r/tasks/main.yml":     "- {name: in role, debug: {msg: \"{{ v }} {{ d }}\"}, changed_when: true, notify: h}\n",
		"roles/r/tasks/other.yml":    "- {name: in other, debug: {msg: \"{{ v }}\"}}\n",
		"roles/r/vars/main.yml":      "v: vars\n",
		"roles/r/defaults/main.yml":  "d: default\n",
		"roles/r/handlers/main.yml":  "- {name: h, debug: {msg: handled}}\n",
		"roles/dep/meta/main.yml":    "dependencies: [{role: r}]\n",
		"roles/dep/tasks/main.yml":   "- {name: in dep, debug: {msg: \"{{ v }}\"}}\n",
		"roles/quiet/tasks/main.yml": "- {name: skipped, debug: {msg: x}, when: go is defined}\n",
	}
	play(t, []scene{
		{
			name: "a loop of includes, in the order of the items, hosts together", files: files,
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: inc, include_tasks: one.yml, loop: [x, y], vars: {given: "g{{ item }}"}}
    - {name: once, include_tasks: one.yml, run_once: true}
`,
			want: `
PLAY p: a1 a2
TASK inc
  included one.yml: a1 a2
  included one.yml: a1 a2
TASK in one
  a1 ok: x gx
  a2 ok: x gx
TASK in one
  a1 ok: y gy
  a2 ok: y gy
TASK once
  a1 ok
  included one.yml: a1
TASK in one
  a1 ok: - -
= a1 ok=6
= a2 ok=4`,
		},
		{
			name: "a failure inside of an included file is rescued around it", files: files,
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - block:
        - {name: inc, include_tasks: bad.yml, loop: [a, b, c]}
      rescue:
        - {name: saved, debug: {msg: "{{ ansible_failed_result.msg }}"}}
`,
			want: `
PLAY p: a1
TASK inc
  included bad.yml: a1
  included bad.yml: a1
  included bad.yml: a1
TASK in bad
  a1 skipped
TASK in bad
  a1 failed: b
TASK saved
  a1 ok: b
= a1 ok=4 skipped=1 rescued=1`,
		},
		{
			name: "a role with dependencies runs once, and again when nothing of it ran", files: files,
			book: `
- name: p
  hosts: a1
  gather_facts: false
  roles: [dep, r, quiet, {role: quiet}]
  tasks:
    - {name: told, debug: {msg: "{{ v }} {{ d }}"}}
`,
			want: `
PLAY p: a1
TASK r : in role
  a1 changed: vars default
TASK dep : in dep
  a1 ok: vars
TASK quiet : skipped
  a1 skipped
TASK quiet : skipped
  a1 skipped
TASK told
  a1 ok: vars default
HANDLER r : h
  a1 ok: handled
= a1 ok=4 changed=1 skipped=2`,
		},
		{
			name: "include_role keeps its variables unless it is public; a missing one fails", files: files,
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - include_role: {name: r, tasks_from: other}
    - {name: hidden, debug: {msg: "{{ v | default('hidden') }}"}}
    - include_role: {name: r, tasks_from: other, public: true}
    - {name: seen, debug: {msg: "{{ v | default('hidden') }}"}}
    - include_tasks: nowhere.yml
`,
			code: 2,
			want: `
PLAY p: a1
TASK include_role : r
  a1 ok
TASK r : in other
  a1 ok: vars
TASK hidden
  a1 ok: hidden
TASK include_role : r
  a1 ok
TASK r : in other
  a1 ok: vars
TASK seen
  a1 ok: vars
TASK include_tasks
  a1 ok
  a1 failed: Could not find or access 'nowhere.yml' on the Ansible Controller.
= a1 ok=4 failed=1`,
		},
	})
}
