package playbook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/playbook"
)

// BenchmarkLoadRole loads a playbook with a role of 500 tasks in blocks, with conditions, loops and handlers.
func BenchmarkLoadRole(b *testing.B) {
	dir := b.TempDir()
	var tasks strings.Builder
	for i := range 250 {
		fmt.Fprintf(&tasks, `- name: Configure part %[1]d of {{ app }}
  template: {src: part%[1]d.j2, dest: "/etc/app/{{ item.name }}-%[1]d.conf", owner: root, mode: "0644"}
  loop: "{{ parts | selectattr('enabled') | list }}"
  when: app_enabled and ansible_os_family == 'Debian'
  notify: restart app
  tags: [config, part%[1]d]
- block:
    - name: Look at part %[1]d
      command: app check --part %[1]d
      register: checked_%[1]d
      changed_when: false
      failed_when: checked_%[1]d.rc not in [0, 2]
  when: app_checks | default(true)
`, i)
	}
	for name, text := range map[string]string{
		"site.yml": "- hosts: all\n  roles: [app]\n", "roles/app/tasks/main.yml": tasks.String(),
		"roles/app/handlers/main.yml": "- name: restart app\n  service: {name: app, state: restarted}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	l := playbook.NewLoader(playbook.Options{Actions: executor.Actions{Registry: all.All()}})
	for b.Loop() {
		if _, found := l.Load(filepath.Join(dir, "site.yml")); found.Err() != nil {
			b.Fatal(found)
		}
	}
}
