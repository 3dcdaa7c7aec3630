package executor_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/value"
)

// memory is a cache that outlives runs.
type memory struct {
	mu    sync.Mutex
	facts map[string]*value.Dict
}

func (m *memory) Load(host string) (*value.Dict, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.facts[host]
	return d, ok, nil
}

func (m *memory) Save(host string, facts *value.Dict) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts[host] = facts
	return nil
}

func (m *memory) Remove(host string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.facts, host)
	return nil
}

func TestFactCache(t *testing.T) {
	cache := &memory{facts: map[string]*value.Dict{"b1": value.DictOf("ansible_distribution", "{{ 1 + 1 }}", "ansible_user", "intruder")}}
	l := newLab(t, nil)
	with := func(o *executor.Options) { o.FactCache = cache }
	run := func(book string) string {
		rec, _, err := l.run(book, with)
		if err != nil {
			t.Fatal(err)
		}
		return rec.story()
	}
	run(`
- hosts: web
  gather_facts: true
  tasks:
    - set_fact: {kept: "{{ inventory_hostname }}!", cacheable: true}
    - set_fact: {lost: 1}
`)
	if mark, _ := cache.facts["a1"].Get("_ansible_facts_gathered"); mark != true {
		t.Error("the cache does not say that facts were gathered")
	}
	const ask = `
- name: p
  hosts: web:db
  gather_facts: false
  tasks:
    - {name: told, debug: {msg: "{{ kept | default('-') }} {{ lost | default('-') }} {{ ansible_facts._ansible_facts_gathered is defined }} {{ ansible_distribution }}{{ ansible_user | default('') }}"}}
`
	story := run(ask)
	for _, want := range []string{"a1 ok: a1! - False ", "a2 ok: a2! - False ", "b1 ok: - - False {{ 1 + 1 }}\n"} {
		if !strings.Contains(story, want) {
			t.Errorf("%q is missing in\n%s", want, story)
		}
	}
	run("- hosts: a1\n  gather_facts: false\n  tasks: [{meta: clear_facts}]\n")
	if _, ok := cache.facts["a1"]; ok {
		t.Error("clear_facts left cached facts")
	}
}
