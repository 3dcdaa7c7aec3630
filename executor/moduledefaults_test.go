package executor_test

import "testing"

// TestModuleDefaultsByAnyName gives defaults under the full name of a module to tasks that use either.
func TestModuleDefaultsByAnyName(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.run(`
- hosts: a1
  gather_facts: false
  module_defaults:
    community.general.ini_file: {path: /etc/x.ini, section: one, value: v, no_extra_spaces: true}
  tasks:
    - ini_file: {option: short}
    - community.general.ini_file: {option: full}
`)
	if err != nil || code != 0 {
		t.Fatal(code, err, rec.story())
	}
	l.expect("a1", map[string]string{"/etc/x.ini": "\n[one]\nshort=v\nfull=v\n"})
}
