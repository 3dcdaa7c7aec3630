package executor_test

import "testing"

// Items of a loop travel in one request only where they run in the same manner.
func TestManners(t *testing.T) {
	play(t, []scene{
		{
			name: "environment of each item",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - name: facts
      setup: {gather_subset: ["!all", "!min", env]}
      environment: {MARK: "{{ item }}"}
      loop: [x, x, y]
      register: r
    - name: told
      debug: {msg: "{{ r.results | map(attribute='ansible_facts.ansible_env.MARK') | join(',') }}"}
`,
			want: `
PLAY p: a1
TASK facts
  a1 (x) ok
  a1 (x) ok
  a1 (y) ok
TASK told
  a1 ok: x,x,y
= a1 ok=2`,
		},
		{
			name: "one environment for all items",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  vars: {mark: z}
  tasks:
    - name: facts
      setup: {gather_subset: ["!all", "!min", env]}
      environment: {MARK: "{{ mark }}"}
      loop: [x, y]
      register: r
    - name: told
      debug: {msg: "{{ r.results | map(attribute='ansible_facts.ansible_env.MARK') | join(',') }}"}
`,
			want: `
PLAY p: a1
TASK facts
  a1 (x) ok
  a1 (y) ok
TASK told
  a1 ok: z,z
= a1 ok=2`,
		},
		{
			name: "an environment that cannot be rendered ends the loop, as in Ansible",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - name: facts
      setup: {gather_subset: ["!all", "!min", env]}
      environment: {MARK: "{{ item.mark }}"}
      loop: [{mark: x}, {other: y}]
      loop_control: {label: "{{ item.mark | default('none') }}"}
      ignore_errors: true
`,
			want: `
PLAY p: a1
TASK facts
  a1 (x) ok
  a1 failed: site.yml:8:20: 'dict object' has no attribute 'mark' (ignored)
= a1 ok=1 ignored=1`,
		},
	})
}
