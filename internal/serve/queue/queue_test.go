package queue

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, location string) *Queue {
	t.Helper()
	db, err := database.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	q, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "m.db") }

func run(job string, at time.Time) Run {
	return Run{ID: NewID(at), Job: job, Slot: fmt.Sprintf("%s@%d", job, at.Unix()), Cause: "schedule", Mode: "detect", Attempt: 1, Due: at, NotBefore: at}
}

func add(t *testing.T, q *Queue, r Run, p Patience) Run {
	t.Helper()
	got, ok, err := q.Add(t.Context(), r, p)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	return got
}

func TestOverlap(t *testing.T) {
	q := open(t, file(t))
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	add(t, q, run("a", at(0)), WaitNone)
	if _, ok, err := q.Add(t.Context(), run("a", at(0)), WaitNone); ok || err != nil {
		t.Errorf("the same slot twice: %v, %v", ok, err)
	}
	claimed, err := q.Claim(t.Context(), "me", at(0), time.Minute, 5)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("%v, %v", claimed, err)
	}
	if r := add(t, q, run("a", at(1)), WaitNone); r.State != Skipped || r.Note == "" {
		t.Errorf("%+v", r)
	}
	if r := add(t, q, run("a", at(2)), WaitOne); r.State != Waiting {
		t.Errorf("%+v", r)
	}
	if r := add(t, q, run("a", at(3)), WaitOne); r.State != Skipped {
		t.Errorf("%+v", r)
	}
	if r := add(t, q, run("a", at(4)), WaitAll); r.State != Waiting {
		t.Errorf("%+v", r)
	}
	if again, err := q.Claim(t.Context(), "me", at(9), time.Minute, 5); err != nil || len(again) != 0 {
		t.Errorf("a second run of a job starts beside the first: %v", again)
	}
	if ok, err := q.Finish(t.Context(), claimed[0], Done, 0, at(9), nil); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if ok, _ := q.Finish(t.Context(), claimed[0], Done, 0, at(9), nil); ok {
		t.Error("a run ended twice")
	}
	if next, err := q.Claim(t.Context(), "me", at(9), time.Minute, 5); err != nil || len(next) != 1 || !next[0].Due.Equal(at(2)) {
		t.Errorf("%v, %v", next, err)
	}
}

// TestTwoDaemons: both plan and claim the same times, and every run is there and taken once.
func TestTwoDaemons(t *testing.T) { twoDaemons(t, file(t)) }

func twoDaemons(t *testing.T, location string) {
	const times = 20
	daemons := []*Queue{open(t, location), open(t, location)}
	var mu sync.Mutex
	var taken []string
	var wg sync.WaitGroup
	for i, q := range daemons {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range times {
				now := noon.Add(time.Duration(n) * time.Minute)
				for _, job := range []string{"a", "b"} {
					if _, err := q.Plan(context.Background(), job, WaitAll, func(handled time.Time) ([]Run, time.Time) {
						if handled.Before(now) {
							return []Run{run(job, now)}, now
						}
						return nil, handled
					}); err != nil {
						t.Error(err)
					}
				}
				claimed, err := q.Claim(context.Background(), fmt.Sprint("daemon", i), now, time.Minute, 4)
				if err != nil {
					t.Error(err)
				}
				for _, r := range claimed {
					mu.Lock()
					taken = append(taken, r.Slot)
					mu.Unlock()
					if ok, err := q.Finish(context.Background(), r, Done, 0, now, nil); !ok || err != nil {
						t.Error(ok, err)
					}
				}
			}
		}()
	}
	wg.Wait()
	for {
		rest, err := daemons[0].Claim(t.Context(), "daemon0", noon.Add(time.Hour), time.Minute, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(rest) == 0 {
			break
		}
		for _, r := range rest {
			taken = append(taken, r.Slot)
			if _, err := daemons[0].Finish(t.Context(), r, Done, 0, noon, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := daemons[1].Newest(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(taken)
	if once := slices.Compact(slices.Clone(taken)); len(once) != len(taken) || len(taken) != len(all) {
		t.Errorf("%d runs, taken %d times, %d of them once", len(all), len(taken), len(once))
	}
	if len(all) < times {
		t.Errorf("%d runs for %d times", len(all), times)
	}
}

func TestAbandoned(t *testing.T) {
	q := open(t, file(t))
	add(t, q, run("a", noon), WaitNone)
	if _, err := q.Claim(t.Context(), "gone", noon, time.Minute, 1); err != nil {
		t.Fatal(err)
	}
	if err := q.Renew(t.Context(), "gone", noon.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if gone, err := q.Abandoned(t.Context(), noon.Add(6*time.Minute), 5*time.Minute); err != nil || len(gone) != 0 {
		t.Errorf("%v, %v", gone, err)
	}
	gone, err := q.Abandoned(t.Context(), noon.Add(8*time.Minute), 5*time.Minute)
	if err != nil || len(gone) != 1 {
		t.Fatalf("%v, %v", gone, err)
	}
	if r, err := q.Get(t.Context(), gone[0].ID); err != nil || r.State != Broken || r.Note == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNewsAndOnce(t *testing.T) {
	q := open(t, file(t))
	r := add(t, q, run("a", noon), WaitNone)
	claimed, err := q.Claim(t.Context(), "me", noon, time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(err)
	}
	if _, err := q.Finish(t.Context(), claimed[0], Done, 3, noon, func(f *Following) error {
		if last, err := f.Last("a"); err != nil || last.Kind != "" {
			t.Errorf("%+v, %v", last, err)
		}
		if err := f.Tell(Message{ID: "m", Job: "a", Run: r.ID, Notifier: "n", Body: "{}", Created: noon}); err != nil {
			return err
		}
		return f.Remember("a", News{Kind: "drift", Digest: "d", Since: noon})
	}); err != nil {
		t.Fatal(err)
	}
	m, ok, err := q.NextMessage(t.Context(), noon, noon.Add(time.Minute))
	if err != nil || !ok || m.Attempts != 1 {
		t.Fatalf("%+v, %v, %v", m, ok, err)
	}
	if _, ok, _ := q.NextMessage(t.Context(), noon, noon); ok {
		t.Error("a message was given out twice")
	}
	if m, ok, _ = q.NextMessage(t.Context(), noon.Add(time.Minute), noon.Add(time.Hour)); !ok || m.Attempts != 2 {
		t.Errorf("a message that was not delivered: %+v", m)
	}
	if err := q.Delivered(t.Context(), "m", nil); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ = q.NextMessage(t.Context(), noon.Add(2*time.Hour), noon); ok {
		t.Error("a message that was delivered comes again")
	}
	for i, want := range []bool{true, false} {
		if first, err := q.Once(t.Context(), "nonce", noon, noon.Add(time.Minute)); first != want || err != nil {
			t.Errorf("look %d: %v, %v", i, first, err)
		}
	}
	if first, _ := q.Once(t.Context(), "nonce", noon.Add(time.Hour), noon.Add(2*time.Hour)); !first {
		t.Error("it is remembered for ever")
	}
	a, err := q.Secret(t.Context(), "s")
	if b, err2 := q.Secret(t.Context(), "s"); err != nil || err2 != nil || a != b || len(a) < 40 {
		t.Errorf("%q, %q", a, b)
	}
	if ids, err := q.Prune(t.Context(), "a", noon.Add(time.Hour)); err != nil || len(ids) != 1 {
		t.Errorf("%v, %v", ids, err)
	}
}
