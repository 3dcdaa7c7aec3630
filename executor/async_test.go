package executor_test

import (
	"testing"

	"github.com/musterhq/muster/executor"
)

// TestAsyncKeywords covers what the controller decides of background jobs; the jobs themselves are the runner's.
func TestAsyncKeywords(t *testing.T) {
	play(t, []scene{
		{
			name: "in check mode a job runs in the foreground, and changes nothing",
			with: func(o *executor.Options) { o.Check = true },
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: job, file: {path: /tmp/x, state: touch}, async: 10, poll: 0}
    - {name: look, stat: {path: /tmp/x}, register: s}
    - {name: told, debug: {msg: "{{ s.stat.exists }}"}}
`,
			want: `
PLAY p: a1
TASK job
  a1 changed
TASK look
  a1 ok
TASK told
  a1 ok: false
= a1 ok=3 changed=1`,
		},
		{
			name: "async that is no number",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: job, file: {path: /tmp/x, state: touch}, async: soon}
`,
			code: 2,
			want: `
PLAY p: a1
TASK job
  a1 failed: site.yml:6:62: async must be a number of seconds, not 'soon'
= a1 failed=1`,
		},
		{
			name: "an action that needs the controller meanwhile",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: job, ansible.builtin.copy: {dest: /tmp/x, content: x}, async: 10}
`,
			code: 2,
			want: `
PLAY p: a1
TASK job
  a1 failed: This action (ansible.builtin.copy) does not support async.
= a1 failed=1`,
		},
		{
			name: "a runner that cannot start jobs says so",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: job, file: {path: /tmp/x, state: touch}, async: 10, poll: 0}
`,
			code: 2,
			want: `
PLAY p: a1
TASK job
  a1 failed: this runner cannot start itself for an async job
= a1 failed=1`,
		},
	})
}
