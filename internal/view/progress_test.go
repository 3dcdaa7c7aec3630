package view

import (
	"testing"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// TestProgress says what a run is at once that takes long, and nothing before.
func TestProgress(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	p := NewProgress(nil, func() time.Time { return now })
	says := func(after time.Duration, want string) {
		t.Helper()
		now = now.Add(after)
		if got := p.text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	says(time.Second, "")
	says(time.Second, "... working, 0:02")
	p.Handle(event.PlayStart{Name: "web", Hosts: []string{"a", "b", "c"}, Batch: 1, Of: 4})
	p.Handle(event.TaskStart{ID: 1, Name: "first"})
	p.Handle(event.TaskResult{Task: 1, Host: "a", Status: event.Failed})
	says(3*time.Second, "... batch 2/4, first, 1 of 3 hosts, 0:03")
	p.Handle(event.TaskStart{ID: 2, Name: "second"})
	says(time.Second, "")
	p.Handle(event.TaskResult{Task: 2, Host: "b", Status: event.OK})
	sent, over := p.Pushing(4_000_000)
	sent(1_000_000)
	says(69*time.Second, "... batch 2/4, second, 1 of 3 hosts, pushing to 1 host: 1.0 of 4.0 MB, 1:10")
	over()
	p.Handle(event.RollbackStart{Hosts: []string{"a"}})
	says(2*time.Second, "... batch 2/4, rolling back, 0:02")
	p.Handle(event.RunEnd{})
	says(2*time.Second, "")
}
