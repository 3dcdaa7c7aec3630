package executor_test

import (
	"testing"

	"github.com/musterhq/muster/executor"
)

// TestSpreadingFailures covers what one host's failure does to the others.
func TestSpreadingFailures(t *testing.T) {
	play(t, []scene{
		{
			name: "serial: a batch that fails altogether ends the run",
			book: `
- name: p
  hosts: all
  gather_facts: false
  serial: [1, 1]
  tasks:
    - {name: one, fail: {msg: bad}, when: inventory_hostname == 'a2'}
- {name: next, hosts: all, gather_facts: false, tasks: [{name: never, debug: {msg: never}}]}
`,
			code: 2,
			want: `
PLAY p: a1
TASK one
  a1 skipped
PLAY p: a2
TASK one
  a2 failed: bad
= a1 skipped=1
= a2 failed=1`,
		},
		{
			name: "any_errors_fatal fails every host, also in later plays",
			book: `
- name: p
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - {name: one, fail: {msg: bad}, when: inventory_hostname == 'b1'}
    - {name: never, debug: {msg: never}}
- {name: next, hosts: all, gather_facts: false, tasks: [{name: never, debug: {msg: never}}]}
`,
			code: 2,
			want: `
PLAY p: a1 a2 b1
TASK one
  a1 skipped
  a2 skipped
  b1 failed: bad
NO MORE HOSTS
= a1 skipped=1
= a2 skipped=1
= b1 failed=1`,
		},
		{
			name: "any_errors_fatal leaves a failure to its rescue",
			book: `
- name: p
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - block:
        - {name: one, fail: {msg: bad}, when: inventory_hostname == 'b1'}
        - {name: body, debug: {msg: body}}
      rescue:
        - {name: saved, debug: {msg: saved}}
    - {name: goes on, debug: {msg: end}}
`,
			want: `
PLAY p: a1 a2 b1
TASK one
  a1 skipped
  a2 skipped
  b1 failed: bad
TASK body
  a1 ok: body
  a2 ok: body
TASK saved
  b1 ok: saved
TASK goes on
  a1 ok: end
  a2 ok: end
  b1 ok: end
= a1 ok=2 skipped=1
= a2 ok=2 skipped=1
= b1 ok=2 rescued=1`,
		},
		{
			name: "any_errors_fatal, free: the host that failed goes through its always section, and on after clear_host_errors",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  strategy: free
  tasks:
    - block:
        - block:
            - {name: one, fail: {msg: bad}}
          any_errors_fatal: true
      always:
        - {name: tidy, debug: {msg: tidy}}
        - {meta: clear_host_errors}
    - {name: goes on, debug: {msg: end}}
- {name: next, hosts: a1, gather_facts: false, tasks: [{name: too, debug: {msg: too}}]}
`,
			want: `
PLAY p: a1
TASK one
  a1 failed: bad
TASK tidy
  a1 ok: tidy
TASK meta
TASK goes on
  a1 ok: end
PLAY next: a1
TASK too
  a1 ok: too
= a1 ok=3 failed=1`,
		},
		{
			name: "any_errors_fatal, free: an always section does not end the failure",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  strategy: free
  any_errors_fatal: true
  tasks:
    - block:
        - block:
            - {name: one, fail: {msg: bad}}
      always:
        - {name: tidy, debug: {msg: tidy}}
    - {name: never, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY p: a1
TASK one
  a1 failed: bad
TASK tidy
  a1 ok: tidy
NO MORE HOSTS
= a1 ok=1 failed=1`,
		},
		{
			name: "hosts that fail by themselves under free go without saying",
			book: `
- {name: p, hosts: a1, gather_facts: false, strategy: free, tasks: [{name: one, fail: {msg: bad}}]}
`,
			code: 2,
			want: `
PLAY p: a1
TASK one
  a1 failed: bad
= a1 failed=1`,
		},
		{
			name:  "unreachable hosts count for any_errors_fatal",
			files: map[string]string{"hosts.ini": "a1\ngone1\n"},
			book: `
- name: p
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - {name: touch, file: {path: /tmp/x, state: touch}}
    - {name: never, debug: {msg: never}}
`,
			code: 4,
			want: `
PLAY p: a1 gone1
TASK touch
  a1 changed
  gone1 unreachable: gone1: connection refused
NO MORE HOSTS
= a1 ok=1 changed=1
= gone1 unreachable=1`,
		},
		{
			name: "max_fail_percentage at the limit goes on",
			book: `
- name: p
  hosts: web
  gather_facts: false
  max_fail_percentage: 50
  tasks:
    - {name: one, fail: {msg: bad}, when: inventory_hostname == 'a1'}
    - {name: two, debug: {msg: goes on}}
`,
			code: 2,
			want: `
PLAY p: a1 a2
TASK one
  a1 failed: bad
  a2 skipped
TASK two
  a2 ok: goes on
= a1 failed=1
= a2 ok=1 skipped=1`,
		},
		{
			name:  "max_fail_percentage above it ends the run, unreachable hosts count",
			files: map[string]string{"hosts.ini": "a1\na2\ngone1\n"},
			book: `
- name: p
  hosts: all
  gather_facts: false
  max_fail_percentage: 30
  tasks:
    - {name: touch, file: {path: /tmp/x, state: touch}}
    - {name: never, debug: {msg: never}}
- {name: next, hosts: all, gather_facts: false, tasks: [{name: never, debug: {msg: never}}]}
`,
			code: 4,
			want: `
PLAY p: a1 a2 gone1
TASK touch
  a1 changed
  a2 changed
  gone1 unreachable: gone1: connection refused
NO MORE HOSTS
= a1 ok=1 changed=1
= a2 ok=1 changed=1
= gone1 unreachable=1`,
		},
		{
			name: "a failing run_once fails every host",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: one, fail: {msg: bad}, run_once: true}
    - {name: never, debug: {msg: never}}
`,
			code: 2,
			want: `
PLAY p: a1 a2
TASK one
  a1 failed: bad
NO MORE HOSTS
= a1 failed=1`,
		},
		{
			name: "clear_host_errors brings hosts back",
			book: `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: one, fail: {msg: bad}, when: inventory_hostname == 'a1'}
    - {name: two, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}
    - meta: clear_host_errors
- {name: next, hosts: web, gather_facts: false, tasks: [{name: three, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}]}
`,
			want: `
PLAY p: a1 a2
TASK one
  a1 failed: bad
  a2 skipped
TASK two
  a2 ok: a2
TASK meta
PLAY next: a1 a2
TASK three
  a1 ok: a1 a2
  a2 ok: a1 a2
= a1 ok=1 failed=1
= a2 ok=2 skipped=1`,
		},
	})
}

// TestEnds covers meta tasks that end something.
func TestEnds(t *testing.T) {
	play(t, []scene{
		{
			name: "end_host and end_batch",
			book: `
- name: p
  hosts: all
  gather_facts: false
  serial: 2
  tasks:
    - {meta: end_host, when: inventory_hostname == 'a1'}
    - {name: left, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}
    - {meta: end_batch, when: inventory_hostname == 'a2'}
    - {name: last, debug: {msg: last}}
`,
			want: `
PLAY p: a1 a2
TASK meta
TASK meta
  a2 skipped
TASK left
  a2 ok: a2 b1
TASK meta
PLAY p: b1
TASK meta
  b1 skipped
TASK left
  b1 ok: a2 b1
TASK meta
  b1 skipped
TASK last
  b1 ok: last
= a2 ok=1
= b1 ok=2`,
		},
		{
			name: "end_play ends all batches, the next play runs",
			book: `
- name: p
  hosts: all
  gather_facts: false
  serial: 1
  tasks:
    - meta: end_play
    - {name: never, debug: {msg: never}}
- {name: next, hosts: a1, gather_facts: false, tasks: [{name: runs, debug: {msg: runs}}]}
`,
			want: `
PLAY p: a1
TASK meta
PLAY next: a1
TASK runs
  a1 ok: runs
= a1 ok=1`,
		},
	})
}

func TestStartAtTaskAndTags(t *testing.T) {
	book := `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: one, debug: {msg: 1}, tags: t1}
    - block:
        - {name: two, debug: {msg: 2}, tags: t2}
        - {name: three, debug: {msg: 3}}
      tags: blk
    - {name: four, debug: {msg: 4}, tags: always}
    - {name: five, debug: {msg: 5}, tags: [never, t5]}
`
	lines := map[string]string{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
	want := func(names ...string) string {
		out := "PLAY p: a1\n"
		for _, n := range names {
			out += "TASK " + n + "\n  a1 ok: " + lines[n] + "\n"
		}
		return out + "= a1 ok=" + string(rune('0'+len(names)))
	}
	tagged := func(only, skip []string) func(*executor.Options) {
		return func(o *executor.Options) { o.Tags, o.SkipTags = only, skip }
	}
	play(t, []scene{
		{name: "all", book: book, want: want("one", "two", "three", "four")},
		{name: "tag", book: book, with: tagged([]string{"t1"}, nil), want: want("one", "four")},
		{name: "block", book: book, with: tagged([]string{"blk"}, nil), want: want("two", "three", "four")},
		{name: "skip", book: book, with: tagged(nil, []string{"t2"}), want: want("one", "three", "four")},
		{name: "never", book: book, with: tagged([]string{"t5"}, nil), want: want("four", "five")},
		{name: "skip always", book: book, with: tagged([]string{"tagged"}, []string{"always"}), want: want("one", "two", "three")},
		{name: "start", book: book, with: func(o *executor.Options) { o.StartAt = "three" }, want: want("three", "four")},
		{name: "start by pattern", book: book, with: func(o *executor.Options) { o.StartAt = "t*" }, want: want("two", "three", "four")},
	})
}
