package executor_test

import (
	"slices"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// TestIncludesShowLabels is an include in a loop: what the label leaves out, and no_log hides, is told to nobody.
func TestIncludesShowLabels(t *testing.T) {
	l := newLab(t, map[string]string{"inner.yml": "- meta: noop\n"})
	rec, code, err := l.runWith(`- hosts: a1
  gather_facts: false
  tasks:
    - include_tasks: inner.yml
      loop: [{name: one, password: hidden}]
      loop_control: {label: '{{ item.name }}'}
    - include_tasks: inner.yml
      loop: [{name: two, password: hidden}]
      no_log: true
    - include_tasks: inner.yml
      loop: [three]
`, func(*executor.Executor, *record) {})
	if err != nil || code != 0 {
		t.Fatalf("exit code %d, %v\n%s", code, err, rec.story())
	}
	var got []any
	for _, e := range rec.events {
		if e, ok := e.(event.Included); ok {
			got = append(got, e.Item, e.Label)
		}
	}
	censored := "(censored due to no_log)"
	if want := []any{"one", "one", censored, censored, "three", "three"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}
