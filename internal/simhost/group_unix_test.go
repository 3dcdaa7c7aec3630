//go:build unix

package simhost_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/simhost"
)

// TestShellEndsWithItsChildren cancels a command whose shell waits for another process, which has a pipe open: nobody has
// it open afterwards.
func TestShellEndsWithItsChildren(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- simhost.Shell(dir)(ctx, "(sleep 1000) <pipe & wait", strings.NewReader(""), io.Discard, io.Discard)
	}()
	poll(t, "nobody reads", func() bool { return opens(t, pipe) })
	cancel()
	if code := <-ended; code == 0 {
		t.Error("a command that was killed ended well")
	}
	poll(t, "the shell's child lives on", func() bool { return !opens(t, pipe) })
}

// opens reports whether somebody reads from a pipe.
func opens(t *testing.T, pipe string) bool {
	t.Helper()
	f, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return false
	case err != nil:
		t.Fatal(err)
	}
	if err := syscall.Close(f); err != nil {
		t.Fatal(err)
	}
	return true
}

func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}
