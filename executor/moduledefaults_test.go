package executor_test

import (
	"strings"
	"testing"
)

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

// TestDefaultsOfTheManager gives package what module_defaults say of the package manager of the host, which a fact or the task names.
func TestDefaultsOfTheManager(t *testing.T) {
	l := newLab(t, nil)
	rec, code, err := l.run(`
- hosts: a1
  gather_facts: false
  module_defaults:
    ansible.builtin.apt: {no_such_parameter: 1}
    dnf: {another: 1}
  tasks:
    - {package: {name: x, use: apt}, ignore_errors: true}
    - {package: {name: x, use: apk}, ignore_errors: true}
    - set_fact: {pkg_mgr: dnf, cacheable: true}
    - file: {path: /usr/bin/dnf, state: touch}
    - {package: {name: x}, ignore_errors: true}
`)
	if err != nil || code != 0 {
		t.Fatal(code, err, rec.story())
	}
	story := rec.story()
	for _, want := range []string{"Unsupported parameters for (apt) module: no_such_parameter", "Unsupported parameters for (dnf) module: another"} {
		if strings.Count(story, want) != 1 {
			t.Errorf("not once: %s\n%s", want, story)
		}
	}
}
