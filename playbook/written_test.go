package playbook_test

import (
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// TestWrittenReadsBack writes tasks down, reads them back and writes them again: the same text.
func TestWrittenReadsBack(t *testing.T) {
	book, wrong := load(t, `- hosts: all
  become: true
  environment: {TOP: "{{ top }}"}
  vars: {secret_less: 1}
  tasks:
    - name: "undo {{ item }}"
      shell: "migrate down {{ version }}"
      args: {chdir: /srv, warn: no}
      environment: {LOW: 'yes'}
      when: [x is changed, "y == 'z'"]
      register: out
      until: out.rc == 0
      retries: 3
      changed_when: false
      loop: "{{ list }}"
      loop_control: {loop_var: one, break_when: one == 2}
    - block:
        - copy: {dest: /a, content: !unsafe "{{ raw }}", mode: "0644", force: yes}
        - debug: {msg: 0.5}
          with_items: [1, "2", 3.5, null]
      rescue:
        - fail:
      vars: {n: 010, d: {a: [b]}}
      when: on
`)
	if wrong != "" {
		t.Fatal(wrong)
	}
	first, err := playbook.Written(book.Plays[0].Tasks)
	if err != nil {
		t.Fatal(err)
	}
	root := &playbook.Block{Attrs: playbook.Attrs{}, Vars: value.NewDict(), Play: &playbook.Play{}}
	again, found := playbook.NewLoader(playbook.Options{}).ReadTasks(first, "/p/site.yml", root)
	if err := found.Err(); err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	second, err := playbook.Written(again[0].(*playbook.Block).Body)
	if err != nil {
		t.Fatal(err)
	}
	if second != first {
		t.Errorf("first:\n%s\nsecond:\n%s", first, second)
	}
	copied := again[0].(*playbook.Block).Body[1].(*playbook.Block).Body[0].(*playbook.Task)
	if v, _ := copied.Args.Get("content"); v != "{{ raw }}" {
		t.Errorf("text with markers became %#v", v)
	}
}
