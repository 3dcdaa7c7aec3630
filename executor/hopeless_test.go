package executor_test

import "testing"

// TestMissingModulesAreNotRescued: a playbook with a module that is not there would not have begun in Ansible, so that what is written for
// failures must not run.
func TestMissingModulesAreNotRescued(t *testing.T) {
	play(t, []scene{{
		name:  "neither rescue nor always follow",
		files: map[string]string{"more.yml": "- {name: missing, nowhere.special.module: {a: b}}\n"},
		book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - block:
        - {name: more, include_tasks: more.yml}
      rescue:
        - {name: never, debug: {msg: never}}
      always:
        - {name: never, debug: {msg: never}}
    - {name: never, debug: {msg: never}}
`,
		code: 2,
		want: `
PLAY p: a1
TASK more
  a1 ok
  included more.yml: a1
TASK missing
  a1 failed: couldn't resolve module/action 'nowhere.special.module'. This often indicates a misspelling, missing collection, or incorrect module path.
= a1 ok=1 failed=1`,
	}})
}
