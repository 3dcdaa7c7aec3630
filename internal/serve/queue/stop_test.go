package queue

import (
	"errors"
	"testing"
	"time"
)

// TestStop: a run that waits is skipped, one that runs keeps who asked, how often, and what its process was told.
func TestStop(t *testing.T) {
	q := open(t, file(t))
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	get := func(id string) Run {
		r, err := q.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := add(t, q, run("a", at(1)), WaitAll)
	if err := q.Stop(t.Context(), r.ID, "ops", at(2)); err != nil {
		t.Fatal(err)
	}
	if got := get(r.ID); got.State != Skipped || got.Note != "cancelled by ops" || got.Stopping() {
		t.Errorf("a run that waited: %+v", got)
	}
	r = add(t, q, run("a", at(3)), WaitAll)
	if _, err := q.Claim(t.Context(), "me", at(4), time.Minute, 1); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"ops", "admin"} {
		if err := q.Stop(t.Context(), r.ID, by, at(5)); err != nil {
			t.Fatal(err)
		}
	}
	got := get(r.ID)
	if !got.Stopping() || got.StopBy != "admin" || got.StopsAsked != 2 || got.StopsSent != 0 {
		t.Errorf("a run that runs: %+v", got)
	}
	if err := q.Told(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	if got = get(r.ID); got.StopsSent != 2 {
		t.Errorf("told: %+v", got)
	}
	if _, err := q.Finish(t.Context(), got, Done, 130, at(6), nil); err != nil {
		t.Fatal(err)
	}
	if err := q.Stop(t.Context(), r.ID, "ops", at(7)); !errors.Is(err, ErrOver) {
		t.Errorf("a run that is over: %v", err)
	}
	if err := q.Stop(t.Context(), "none", "ops", at(7)); !errors.Is(err, ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
}
