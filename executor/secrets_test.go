package executor_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/value"
)

// TestNoLogKeepsSecretsOutOfEvents has a secret in every place that a result can carry it; with no_log none of the events
// of the run holds it.
func TestNoLogKeepsSecretsOutOfEvents(t *testing.T) {
	const secret = "s3cr3t-value"
	rec, code, err := newLab(t, nil).run(`
- name: p
  hosts: web
  gather_facts: false
  no_log: true
  tasks:
    - {name: message, debug: {msg: "{{ secret }}"}}
    - {name: variable, debug: {var: secret}}
    - {name: fact, set_fact: {kept: "{{ secret }}"}}
    - {name: content, copy: {dest: /tmp/f, content: "{{ secret }}"}, diff: true}
    - {name: loop, debug: {msg: "{{ item }}"}, loop: ["{{ secret }}", other], register: r}
    - {name: label, debug: {msg: x}, loop: ["{{ secret }}"], loop_control: {label: "{{ item }}"}}
    - {name: failure, fail: {msg: "{{ secret }}"}, ignore_errors: true}
    - {name: item failure, fail: {msg: "{{ item }}"}, loop: ["{{ secret }}"], ignore_errors: true}
    - {name: retried, debug: {msg: "{{ secret }}"}, until: false, retries: 1, delay: 0, ignore_errors: true}
    - {name: skipped, debug: {msg: x}, when: secret == 'other'}
    - {name: assertion, assert: {that: kept == secret}}
    - block:
        - {name: in a block, fail: {msg: "{{ secret }}"}}
      rescue:
        - {name: saved, debug: {msg: "{{ ansible_failed_result.msg }}"}}
    - {name: usable, assert: {that: "r.results[0].msg | length == 12"}, no_log: false}
`, func(o *executor.Options) { o.ExtraVars, o.Diff, o.Verbosity = value.DictOf("secret", secret), true, 5 })
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	for _, e := range rec.events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s holds the secret: %s", e.Kind(), text)
		}
	}
}

// TestHostAnswersAreData: what a host returns is never a template and never a condition.
func TestHostAnswersAreData(t *testing.T) {
	l := newLab(t, map[string]string{"machines/a1/etc/evil": "{{ 1 + 1 }}"})
	rec, code, err := l.run(`
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - {name: read, slurp: {src: /etc/evil}, register: r}
    - {name: keep, set_fact: {e: "{{ r.content | b64decode }}"}}
    - {name: told, debug: {msg: "{{ e }} {{ hostvars.a1.e }}"}}
    - {name: in a file, copy: {dest: /tmp/x, content: "{{ e }}"}}
    - {name: condition, debug: {msg: never}, when: "{{ e }}", ignore_errors: true}
`)
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v", code, err)
	}
	story := rec.story()
	if !strings.Contains(story, "a1 ok: {{ 1 + 1 }} {{ 1 + 1 }}") || !strings.Contains(story, "unsafe") {
		t.Error(story)
	}
}
