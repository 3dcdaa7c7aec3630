package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
)

// BenchmarkHostVars renders, on each of 500 hosts, a loop over the hostvars of all of them.
func BenchmarkHostVars(b *testing.B) {
	var hosts strings.Builder
	for i := range 500 {
		fmt.Fprintf(&hosts, "h%d address=10.0.%d.%d\n", i, i/250, i%250)
	}
	l := newLab(b, map[string]string{"hosts.ini": hosts.String() + "[all:vars]\nurl=http://{{ address }}/\n"})
	const book = `
- hosts: all
  gather_facts: false
  tasks:
    - name: fact
      set_fact: {mine: "{{ inventory_hostname }}"}
    - name: all
      debug: {msg: "{% for h in groups['all'] %}{{ hostvars[h].url }} {{ hostvars[h].mine }} {% endfor %}"}
`
	for b.Loop() {
		if _, code, err := l.run(book, func(o *executor.Options) { o.Forks = 20 }); err != nil || code != 0 {
			b.Fatal(code, err)
		}
	}
}
