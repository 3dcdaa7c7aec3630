package executor_test

import (
	"testing"
	"time"

	"github.com/musterhq/muster/executor"
)

// TestSettingsOfPlays covers the settings that stand in for a keyword that nobody wrote.
func TestSettingsOfPlays(t *testing.T) {
	play(t, []scene{
		{
			name: "any_errors_fatal holds for plays that do not say otherwise",
			with: func(o *executor.Options) { o.Settings.AnyErrorsFatal = true },
			book: `
- name: mild
  hosts: a1 a2
  gather_facts: false
  any_errors_fatal: false
  tasks:
    - {name: one, fail: {msg: bad}, when: inventory_hostname == 'a1'}
    - {name: goes on, debug: {msg: going}}
- name: strict
  hosts: a2 b1
  gather_facts: false
  tasks:
    - {name: two, fail: {msg: bad}, when: inventory_hostname == 'b1'}
    - {name: never, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY mild: a1 a2
TASK one
  a1 failed: bad
  a2 skipped
TASK goes on
  a2 ok: going
PLAY strict: a2 b1
TASK two
  a2 skipped
  b1 failed: bad
NO MORE HOSTS
= a1 failed=1
= a2 ok=1 skipped=2
= b1 failed=1`,
		},
		{
			name: "task_timeout holds for tasks without a timeout of their own",
			with: func(o *executor.Options) { o.Settings.TaskTimeout = time.Nanosecond },
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: own, debug: {msg: fine}, timeout: 600}
    - {name: none, debug: {msg: fine}, timeout: 0}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: [1], timeout: 600}
    - {name: late, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY p: a1
TASK own
  a1 ok: fine
TASK none
  a1 ok: fine
TASK loop
  a1 (1) ok: 1
TASK late
  a1 failed: The debug action failed to execute in the expected time frame (0) and was terminated
= a1 ok=3 failed=1`,
		},
		{
			name: "a handler that is missing is only warned of",
			with: func(o *executor.Options) { o.Settings.ErrorOnMissingHandler = false },
			book: `
- name: p
  hosts: a1 a2
  gather_facts: false
  tasks:
    - {name: change, debug: {msg: x}, changed_when: true, notify: nobody}
    - {name: after, debug: {msg: after}}
`,
			want: `
PLAY p: a1 a2
TASK change
  a1 changed: x
  a2 changed: x
warning: The requested handler 'nobody' was not found in either the main handlers list nor in the listening handlers list (notified at site.yml:6:7)
TASK after
  a1 ok: after
  a2 ok: after
= a1 ok=2 changed=1
= a2 ok=2 changed=1`,
		},
		{
			name: "facts are no variables unless they are injected", files: map[string]string{"hosts.ini": "a1\n"},
			with: func(o *executor.Options) { o.Settings.InjectFacts = false },
			book: `
- name: p
  hosts: a1
  tasks:
    - {name: facts, debug: {msg: "{{ ansible_os_family | default('none') }} {{ hostvars.a1.ansible_os_family | default('none') }} {{ ansible_facts.os_family }}"}}
    - {name: set, set_fact: {mine: 1, cacheable: true}}
    - {name: own, debug: {msg: "{{ mine }} {{ ansible_facts.mine }}"}}
`,
			want: `
PLAY p: a1
TASK Gathering Facts
  a1 ok
TASK facts
  a1 ok: none none Debian
TASK set
  a1 ok
TASK own
  a1 ok: 1 1
= a1 ok=4`,
		},
	})
}

// TestBecomeSameUser covers become_allow_same_user: who is there already is become only when that is asked for.
func TestBecomeSameUser(t *testing.T) {
	book := `
- name: p
  hosts: a1
  gather_facts: false
  remote_user: deploy
  become: true
  become_user: deploy
  become_method: other
  tasks:
    - {name: look, stat: {path: /tmp}}
`
	play(t, []scene{
		{
			name: "not by default", book: book,
			want: `
PLAY p: a1
TASK look
  a1 ok
= a1 ok=1`,
		},
		{
			name: "allowed", book: book, code: 2,
			with: func(o *executor.Options) { o.Settings.BecomeAllowSameUser = true },
			want: `
PLAY p: a1
TASK look
  a1 failed: a1: the become method "other" is not supported (sudo, su and doas are)
= a1 failed=1`,
		},
	})
}

// TestJobFolder covers where background jobs are looked for.
func TestJobFolder(t *testing.T) {
	given := func(o *executor.Options) {
		if err := o.Settings.Override("shell/sh/async_dir", "/srv/jobs", "test"); err != nil {
			t.Fatal(err)
		}
	}
	play(t, []scene{
		{
			name: "async_dir, the variable over it, the environment over both", with: given,
			book: `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: setting, async_status: {jid: "1.2"}, register: r, ignore_errors: true}
    - {name: told, debug: {msg: "{{ r.results_file | default(r) }}"}}
    - {name: variable, async_status: {jid: "1.2"}, register: r, ignore_errors: true, vars: {ansible_async_dir: /srv/mine}}
    - {name: told, debug: {msg: "{{ r.results_file | default(r) }}"}}
    - {name: environment, async_status: {jid: "1.2"}, register: r, ignore_errors: true, vars: {ansible_async_dir: /srv/mine}, environment: {ANSIBLE_ASYNC_DIR: /srv/own}}
    - {name: told, debug: {msg: "{{ r.results_file | default(r) }}"}}
`,
			want: `
PLAY p: a1
TASK setting
  a1 failed: could not find job (ignored)
TASK told
  a1 ok: /srv/jobs/1.2
TASK variable
  a1 failed: could not find job (ignored)
TASK told
  a1 ok: /srv/mine/1.2
TASK environment
  a1 failed: could not find job (ignored)
TASK told
  a1 ok: /srv/own/1.2
= a1 ok=6 ignored=3`,
		},
	})
}

// TestShells covers which program reads the lines of shell.
func TestShells(t *testing.T) {
	bash := func(o *executor.Options) {
		if err := o.Settings.Override("DEFAULT_EXECUTABLE", "/nosuch/bash", "test"); err != nil {
			t.Fatal(err)
		}
	}
	book := `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: setting, shell: "true", ignore_errors: true}
    - {name: own, shell: "true", args: {executable: /nosuch/own}, ignore_errors: true}
    - {name: variable, shell: "true", vars: {ansible_shell_executable: /nosuch/variable}, ignore_errors: true}
    - {name: command, command: /nosuch/command, ignore_errors: true}
`
	play(t, []scene{{name: "executable", with: bash, book: book, want: `
PLAY p: a1
TASK setting
  a1 failed: [Errno 2] No such file or directory: b'/nosuch/bash' (ignored)
TASK own
  a1 failed: [Errno 2] No such file or directory: b'/nosuch/own' (ignored)
TASK variable
  a1 failed: [Errno 2] No such file or directory: b'/nosuch/variable' (ignored)
TASK command
  a1 failed: [Errno 2] No such file or directory: b'/nosuch/command' (ignored)
= a1 ok=4 ignored=4`}})
}
