package executor_test

import (
	"slices"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// TestMetaTasksSayWhatTheyDo compares with what ansible-playbook -vv prints of the same play.
func TestMetaTasksSayWhatTheyDo(t *testing.T) {
	const book = `
- name: p
  hosts: a1
  gather_facts: false
  tasks:
    - meta: flush_handlers
    - meta: clear_facts
    - meta: noop
      when: false
    - meta: end_batch
      when: false
    - meta: clear_host_errors
    - meta: end_host
`
	for verbosity, want := range map[int][]string{1: nil, 2: {
		"META: triggered running handlers for a1", "META: facts cleared", "META: noop",
		"META: end_batch conditional evaluated to False, continuing current batch", "META: cleared host errors", "META: ending play for a1",
	}} {
		rec, code, err := newLab(t, nil).run(book, func(o *executor.Options) { o.Verbosity = verbosity })
		if err != nil || code != 0 {
			t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
		}
		var got []string
		for _, e := range rec.events {
			if m, ok := e.(event.Message); ok && m.Level == "verbose" {
				got = append(got, m.Text)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("-v %d times:\n%q\nwant\n%q", verbosity, got, want)
		}
	}
}
