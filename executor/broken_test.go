package executor_test

import "testing"

func TestItemsThatCannotBeEvaluated(t *testing.T) {
	play(t, []scene{
		{
			name: "one that is undefined ends the loop and stands for it",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: local, debug: {msg: "{{ item.x }}"}, loop: [{x: 1}, {y: 2}, {x: 3}], register: r, ignore_errors: true}
    - {name: remote, copy: {dest: "/tmp/{{ item.x }}", content: c}, loop: [{x: 1}, {y: 2}, {x: 3}], register: s, ignore_errors: true}
    - {name: told, debug: {msg: "{{ r.results is defined }} {{ s.results is defined }} {{ 'has no attribute' in r.msg }}"}}
    - {name: only the first, stat: {path: "/tmp/{{ item }}"}, register: f, loop: [1, 3]}
    - {name: files, debug: {msg: "{{ f.results | map(attribute='stat.exists') | list }}"}}
`,
			want: `
PLAY p: a1
TASK local
  a1 ({'x': 1}) ok: 1
  a1 failed: The task includes an option with an undefined variable. The error was: 'dict object' has no attribute 'x' (ignored)
TASK remote
  a1 ({'x': 1}) changed
  a1 failed: The task includes an option with an undefined variable. The error was: 'dict object' has no attribute 'x' (ignored)
TASK told
  a1 ok: False False True
TASK only the first
  a1 (1) ok
  a1 (3) ok
TASK files
  a1 ok: [true false]
= a1 ok=5 ignored=2`,
		},
		{
			name: "a division by zero is the item's own",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: divide, debug: {msg: "{{ 4 / item }}"}, loop: [2, 0, 4], register: r, ignore_errors: true}
    - {name: told, debug: {msg: "{{ r.results | map(attribute='failed') | list }} {{ r.results[1].exception is defined }}"}}
`,
			want: `
PLAY p: a1
TASK divide
  a1 (2) ok: 2.0
  a1 (0) failed: division by zero (ignored)
  a1 (4) ok: 1.0
TASK told
  a1 ok: [False, True, False] True
= a1 ok=2 ignored=1`,
		},
		{
			name: "a label may use the item's result; one that cannot be had fails the item",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - name: labelled
      copy: {dest: "/tmp/{{ item }}", content: c}
      loop: [x, y]
      when: item == 'x'
      register: r
      ignore_errors: true
      loop_control: {label: "{{ r.dest }}"}
    - {name: told, debug: {msg: "{{ r.results[1].msg }}"}}
`,
			want: `
PLAY p: a1
TASK labelled
  a1 (/tmp/x) changed
  a1 (y) failed: Failed to template loop_control.label: 'dict object' has no attribute 'dest' (ignored)
TASK told
  a1 ok: Failed to template loop_control.label: 'dict object' has no attribute 'dest'
= a1 ok=2 changed=1 ignored=1`,
		},
	})
}
