package ssh

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchStandsStillWhileAPersonThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t.Context(), 10*time.Second)
		defer w.stop()
		time.Sleep(6 * time.Second)
		w.hold(func() { time.Sleep(time.Hour) })
		time.Sleep(3 * time.Second)
		if w.expired() || !w.wasAsked() {
			t.Fatalf("expired %v, asked %v", w.expired(), w.wasAsked())
		}
		time.Sleep(2 * time.Second)
		if !w.expired() || !errors.Is(context.Cause(w.ctx), errDeadline) {
			t.Fatal("the watch did not run on afterwards")
		}
	})
}

func TestWatchLeavesAMomentAfterAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(t.Context(), time.Second)
		defer w.stop()
		time.Sleep(999 * time.Millisecond)
		w.hold(func() { time.Sleep(time.Minute) })
		time.Sleep(500 * time.Millisecond)
		if w.expired() {
			t.Fatal("expired right after the answer")
		}
	})
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(3, 2)
		release := map[string]func(){}
		for _, host := range []string{"a", "a2", "b"} {
			done, err := l.acquire(t.Context(), host[:1])
			if err != nil {
				t.Fatal(err)
			}
			release[host] = done
		}
		for _, host := range []string{"a", "c"} { // a is full, and so is the whole
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := l.acquire(ctx, host); err == nil {
				t.Errorf("%s got a slot beyond the limit", host)
			}
			cancel()
		}
		release["a"]()
		release["a"]() // twice is once
		done, err := l.acquire(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		done()
		release["a2"]()
		release["b"]()
		if len(l.hosts) != 0 || len(l.all) != 0 {
			t.Errorf("%d hosts and %d slots are left", len(l.hosts), len(l.all))
		}
	})
}
