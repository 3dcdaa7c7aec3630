package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
)

// TestSignals: the first while hosts are put back into order changes nothing; after it the first stops, the second
// cancels, the third leaves with the code of an interrupt.
func TestSignals(t *testing.T) {
	var did []string
	var errs bytes.Buffer
	left := make(chan int, 1)
	w := &workbench{io: &streams{err: &errs, exit: func(code int) { left <- code }}}
	signals, done, gone := make(chan os.Signal), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		guarded := true
		stop := func() bool {
			goesOn := guarded
			guarded = false
			did = append(did, "stop")
			return goesOn
		}
		w.watch(signals, done, stop, func() { did = append(did, "cancel") })
	}()
	for range 4 {
		signals <- os.Interrupt
	}
	if code := <-left; code != exitInterrupted {
		t.Errorf("left with %d", code)
	}
	close(done)
	<-gone
	if !slices.Equal(did, []string{"stop", "stop", "stop", "cancel"}) {
		t.Errorf("did %q", did)
	}
	if !strings.Contains(errs.String(), "which goes on; again to stop that") || !strings.Contains(errs.String(), "again to cancel them") || !strings.Contains(errs.String(), "again to leave at once") {
		t.Errorf("said %q", errs.String())
	}
}

// TestWatchEndsWithTheRun: no goroutine waits for signals when the run is over.
func TestWatchEndsWithTheRun(t *testing.T) {
	w := &workbench{io: &streams{err: io.Discard}}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		w.watch(nil, done, nil, nil)
	}()
	close(done)
	<-gone
}

type brokenWriter struct{ writes int }

func (b *brokenWriter) Write([]byte) (int, error) {
	b.writes++
	return 0, io.ErrClosedPipe
}

// TestClosedOutput: what stops being read is told once and not written to again.
func TestClosedOutput(t *testing.T) {
	under := &brokenWriter{}
	var errs bytes.Buffer
	s := &streams{out: &openWriter{w: under}, err: &errs}
	stopped := 0
	s.onClosed(func() { stopped++ })
	for range 3 {
		if _, err := s.out.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	}
	if stopped != 1 || under.writes != 1 || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("stopped %d times after %d writes, said %q", stopped, under.writes, errs.String())
	}
}

func TestNoTerminal(t *testing.T) {
	s := &streams{err: io.Discard}
	if _, err := s.Ask(t.Context(), "?", true); !errors.Is(err, transport.ErrNoTerminal) {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Ask(ended, "?", true); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
