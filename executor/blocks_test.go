package executor_test

import "testing"

func TestBlocks(t *testing.T) {
	play(t, []scene{
		{
			name: "rescue and always",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - block:
        - {name: one, fail: {msg: bad}, when: inventory_hostname == 'a1'}
        - {name: two, debug: {msg: a2 only}}
      rescue:
        - {name: saved, debug: {msg: "{{ ansible_failed_task.name }} {{ ansible_failed_result.msg }}"}}
      always:
        - {name: always, debug: {msg: both}}
    - {name: goes on, debug: {msg: both}}
`,
			want: `
PLAY p: a1 a2
TASK one
  a1 failed: bad
  a2 skipped
TASK two
  a2 ok: a2 only
TASK saved
  a1 ok: one bad
TASK always
  a1 ok: both
  a2 ok: both
TASK goes on
  a1 ok: both
  a2 ok: both
= a1 ok=3 rescued=1
= a2 ok=3 skipped=1`,
		},
		{
			name: "a failing rescue is rescued further out",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - block:
        - block:
            - {name: one, fail: {msg: first}}
          rescue:
            - {name: inner, fail: {msg: second}}
          always:
            - {name: always, debug: {msg: inner always}}
      rescue:
        - {name: outer, debug: {msg: "{{ ansible_failed_task.name }}"}}
`,
			want: `
PLAY p: a1
TASK one
  a1 failed: first
TASK inner
  a1 failed: second
TASK always
  a1 ok: inner always
TASK outer
  a1 ok: inner
= a1 ok=2 rescued=2`,
		},
		{
			name: "always without rescue does not save",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - block:
        - {name: one, fail: {msg: bad}}
      always:
        - {name: always, debug: {msg: cleanup}}
    - {name: never, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY p: a1
TASK one
  a1 failed: bad
TASK always
  a1 ok: cleanup
= a1 ok=1 failed=1`,
		},
		{
			name:  "unreachable hosts are not rescued, and the others go on",
			files: map[string]string{"hosts.ini": "a1\ngone1\n"},
			book: `
- name: p
  hosts: all
  gather_facts: false
  tasks:
    - block:
        - {name: touch, file: {path: /tmp/x, state: touch}}
      rescue:
        - {name: no, debug: {msg: no}}
      always:
        - {name: after, debug: {msg: after}}
`,
			code: 4,
			want: `
PLAY p: a1 gone1
TASK touch
  a1 changed
  gone1 unreachable: gone1: connection refused
TASK after
  a1 ok: after
= a1 ok=2 changed=1
= gone1 unreachable=1`,
		},
		{
			name:  "ignore_unreachable goes on",
			files: map[string]string{"hosts.ini": "gone1\n"},
			book: `
- name: p
  hosts: all
  gather_facts: false
  tasks:
    - {name: touch, file: {path: /tmp/x, state: touch}, ignore_unreachable: true, register: r}
    - {name: told, debug: {msg: "{{ r is unreachable }}"}}
`,
			want: `
PLAY p: gone1
TASK touch
  gone1 unreachable: gone1: connection refused (ignored)
TASK told
  gone1 ok: true
= gone1 ok=2 ignored=1`,
		},
	})
}

func TestHandlers(t *testing.T) {
	handlers := `
  handlers:
    - {name: first, debug: {msg: first}}
    - {name: second, debug: {msg: second}, listen: topic}
`
	play(t, []scene{
		{
			name: "in the order of their definition, once",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: change, debug: {msg: x}, changed_when: true, notify: [topic, first]}
    - {name: again, debug: {msg: x}, changed_when: true, notify: first}
    - {name: same, debug: {msg: x}, notify: topic}
    - {meta: flush_handlers}
    - {name: end, debug: {msg: end}}
` + handlers,
			want: `
PLAY p: a1
TASK change
  a1 changed: x
TASK again
  a1 changed: x
TASK same
  a1 ok: x
TASK meta
HANDLER first
  a1 ok: first
HANDLER second
  a1 ok: second
TASK end
  a1 ok: end
= a1 ok=6 changed=2`,
		},
		{
			name: "not after a failure",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: change, debug: {msg: x}, changed_when: true, notify: first}
    - {name: bad, fail: {msg: bad}, when: inventory_hostname == 'a1'}
` + handlers,
			code: 2,
			want: `
PLAY p: a1 a2
TASK change
  a1 changed: x
  a2 changed: x
TASK bad
  a1 failed: bad
  a2 skipped
HANDLER first
  a2 ok: first
= a1 ok=1 changed=1 failed=1
= a2 ok=2 changed=1 skipped=1`,
		},
		{
			name: "after a failure when forced",
			book: `
- name: p
  hosts: a1
  force_handlers: true
  gather_facts: false
  tasks:
    - {name: change, debug: {msg: x}, changed_when: true, notify: first}
    - {name: bad, fail: {msg: bad}}
` + handlers,
			code: 2,
			want: `
PLAY p: a1
TASK change
  a1 changed: x
TASK bad
  a1 failed: bad
HANDLER first
  a1 ok: first
= a1 ok=2 changed=1 failed=1`,
		},
		{
			name: "a name that no handler has fails the task",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: change, debug: {msg: x}, changed_when: true, notify: nobody}
    - {name: never, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY p: a1
TASK change
  a1 changed: x
error: The requested handler 'nobody' was not found in either the main handlers list nor in the listening handlers list (notified at site.yml:6:7)
= a1 ok=1 changed=1 failed=1`,
		},
	})
}
