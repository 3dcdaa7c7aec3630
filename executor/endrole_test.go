package executor_test

import (
	"strings"
	"testing"
)

func TestEndRole(t *testing.T) {
	files := map[string]string{
		"roles/r/tasks/main.yml":     "- {name: before, debug: {msg: b}, changed_when: true, notify: h}\n- include_tasks: inner.yml\n- {name: after, debug: {msg: a}}\n",
		"roles/r/tasks/inner.yml":    "- meta: end_role\n  when: inventory_hostname == 'a1'\n- {name: rest, debug: {msg: r}}\n",
		"roles/r/handlers/main.yml":  "- {name: h, debug: {msg: handled}}\n",
		"roles/outer/tasks/main.yml": "- include_role: {name: r}\n- {name: outside, debug: {msg: o}}\n",
	}
	play(t, []scene{{
		name: "a host leaves the role it is in, not those around it, and its handlers run", files: files,
		book: `
- name: p
  hosts: web
  gather_facts: false
  roles: [outer]
`,
		want: `
PLAY p: a1 a2
TASK include_role : r
  a1 ok
  a2 ok
TASK r : before
  a1 changed: b
  a2 changed: b
TASK r : include_tasks
  a1 ok
  a2 ok
  included inner.yml: a1 a2
TASK r : meta
TASK r : meta
  a2 skipped
TASK r : rest
  a2 ok: r
TASK r : after
  a2 ok: a
TASK outer : outside
  a1 ok: o
  a2 ok: o
HANDLER r : h
  a1 ok: handled
  a2 ok: handled
= a1 ok=4 changed=1
= a2 ok=6 changed=1`,
	}})
}

func TestEndRoleOutsideOfRoles(t *testing.T) {
	for book, want := range map[string]string{
		"- hosts: a1\n  gather_facts: false\n  tasks: [{meta: end_role}]\n":                                                                    "from outside of a role",
		"- hosts: a1\n  gather_facts: false\n  tasks: [{debug: {}, changed_when: true, notify: h}]\n  handlers: [{name: h, meta: end_role}]\n": "from a handler",
	} {
		if _, _, err := newLab(t, nil).run(book); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
