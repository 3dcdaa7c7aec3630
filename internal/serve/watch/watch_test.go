package watch

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// looks feeds a watcher its own states, at the times of a clock that the test moves.
type looks struct {
	t     *testing.T
	w     Watcher
	now   time.Time
	state []byte
}

func watchOf(t *testing.T, w Watcher) *looks { return &looks{t: t, w: w, now: noon} }

// after looks some time later; want is the event's data, "" for none.
func (l *looks) after(d time.Duration, about, want string) *Event {
	l.t.Helper()
	l.now = l.now.Add(d)
	f, err := l.w.Look(l.t.Context(), l.now, l.state)
	got := ""
	switch {
	case err != nil:
		got = "error: " + err.Error()
	case f.Event != nil:
		got = fmt.Sprint(f.Event.Data)
	}
	if got != want {
		l.t.Fatalf("%s: got %q, want %q", about, got, want)
	}
	if err == nil {
		l.state = f.State
	}
	return f.Event
}

// refused looks as after does, but the event is not taken.
func (l *looks) refused(d time.Duration, about, want string) {
	l.t.Helper()
	before := slices.Clone(l.state)
	l.after(d, about, want)
	l.state = before
}
