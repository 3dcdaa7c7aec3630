package executor_test

import "testing"

// TestArguments covers how arguments reach an action.
func TestArguments(t *testing.T) {
	play(t, []scene{
		{
			name: "a template that is all arguments, defaults, omit, malformed text",
			book: `
- name: p
  hosts: a1
  gather_facts: false
  vars: {all: {msg: from a mapping}, nothing: "{{ omit }}"}
  module_defaults: {debug: {msg: default}}
  tasks:
    - {name: mapping, debug: "{{ all }}"}
    - {name: default, debug: {}}
    - {name: omitted, debug: {msg: "{{ nothing }}"}}
    - {name: args, debug: {}, args: {msg: args}}
    - {name: malformed, debug: "{{ 'some' }} text", ignore_errors: true}
    - {name: unknown, debug: {message: x}, ignore_errors: true}
    - {name: template, debug: {msg: "{{ 1 + 1 }} {{ [1] }}"}}
    - {name: undefined, debug: {msg: "{{ nope }}"}, ignore_errors: true}
    - {name: no module, nowhere.special.module: {}, ignore_errors: true}
`,
			want: `
PLAY p: a1
TASK mapping
  a1 ok: from a mapping
TASK default
  a1 ok: default
TASK omitted
  a1 ok: Hello world!
TASK args
  a1 ok: args
TASK malformed
  a1 failed: invalid or malformed argument: 'some text'; debug takes parameters as key=value or as a mapping (ignored)
TASK unknown
  a1 failed: Unsupported parameters for (debug) module: message. Supported parameters include: msg, var, verbosity. (ignored)
TASK template
  a1 ok: 2 [1]
TASK undefined
  a1 failed: The task includes an option with an undefined variable. The error was: 'nope' is undefined (ignored)
TASK no module
  a1 failed: couldn't resolve module/action 'nowhere.special.module'. This often indicates a misspelling, missing collection, or incorrect module path. (ignored)
= a1 ok=9 ignored=4`,
		},
		{
			name: "templates of files: trim_blocks, other delimiters, their own variables",
			files: map[string]string{
				"t.j2": "{% if true %}\n{{ v }}\n{% endif %}\n", "o.j2": "[% if true %]<< v >>[% endif %]{{ v }}\n", "i.j2": "{{ template_path | basename }} {% include 't.j2' %}",
			},
			book: `
- name: p
  hosts: a1
  gather_facts: false
  vars: {v: x}
  tasks:
    - {name: one, template: {src: t.j2, dest: /tmp/one}}
    - {name: two, template: {src: t.j2, dest: /tmp/two, trim_blocks: false}}
    - {name: three, template: {src: o.j2, dest: /tmp/three, block_start_string: "[%", block_end_string: "%]", variable_start_string: "<<", variable_end_string: ">>"}}
    - {name: four, template: {src: i.j2, dest: /tmp/four}}
    - {name: read, slurp: {src: "/tmp/{{ item }}"}, loop: [one, two, three, four], register: r}
    - {name: told, debug: {msg: "{{ r.results | map(attribute='content') | map('b64decode') | map('replace', '\n', '/') | join(' ') }}"}}
    - {name: missing, template: {src: nowhere.j2, dest: /tmp/x}, ignore_errors: true}
`,
			want: `
PLAY p: a1
TASK one
  a1 changed
TASK two
  a1 changed
TASK three
  a1 changed
TASK four
  a1 changed
TASK read
  a1 (one) ok
  a1 (two) ok
  a1 (three) ok
  a1 (four) ok
TASK told
  a1 ok: x/ /x/ x{{ v }}/ i.j2 x/
TASK missing
  a1 failed: Could not find or access 'nowhere.j2' (ignored)
= a1 ok=7 changed=4 ignored=1`,
		},
	})
}
