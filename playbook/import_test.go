package playbook_test

import "testing"

// TestKeywordsOfIncludes: a keyword that would not reach the included tasks is refused, with the place where it does.
func TestKeywordsOfIncludes(t *testing.T) {
	const hint = " [for the tasks that are included it stands under `apply:`, or on a block around this task]"
	for _, c := range []struct{ task, want string }{
		{"include_tasks: x.yml\n      become: true", "site.yml:4:7: 'become' is not a valid attribute for a TaskInclude" + hint},
		{"ansible.builtin.include_tasks: {file: x.yml}\n      notify: y", "site.yml:4:7: 'notify' is not a valid attribute for a TaskInclude" + hint},
		{"include_role: {name: x}\n      retries: 2", "site.yml:4:7: 'retries' is not a valid attribute for a IncludeRole"},
		{"action: include_tasks x.yml\n      delegate_to: y", "site.yml:4:7: 'delegate_to' is not a valid attribute for a TaskInclude" + hint},
		{"include_tasks: x.yml\n      with_items: [1]\n      loop_control: {loop_var: i}\n      when: true\n      register: r\n      tags: t\n      vars: {a: 1}\n      no_log: true\n      run_once: true", ""},
		{"include_tasks: {file: x.yml, apply: {become: true}}", ""},
	} {
		if _, got := load(t, "- hosts: all\n  tasks:\n    - "+c.task+"\n"); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.task, got, c.want)
		}
	}
}
