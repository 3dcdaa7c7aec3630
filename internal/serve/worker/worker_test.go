//go:build unix

package worker

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMain makes the test binary a worker whose work is to wait until a file is there.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Command {
		code, err := Run(context.Background(), os.Args[2], func(_ context.Context, s Spec, began func(string)) int {
			began("r1")
			f, err := os.OpenFile(filepath.Join(s.Dir, "done"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				return 9
			}
			f.WriteString("x")
			f.Close()
			tick := time.NewTicker(5 * time.Millisecond)
			for range tick.C {
				if _, err := os.Stat(filepath.Join(s.Dir, "go")); err == nil {
					return 3
				}
			}
			return 0
		})
		if err != nil {
			os.Stderr.WriteString(err.Error())
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// until polls a folder.
func until(t *testing.T, dir string, fits func(Status) bool) Status {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		s, err := Look(dir)
		if err != nil {
			t.Fatal(err)
		}
		if fits(s) {
			return s
		}
	}
	t.Fatal("it did not come to that")
	return Status{}
}

func startWorker(t *testing.T, dir string) {
	t.Helper()
	cmd, err := launch(os.Args[0], dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it may look at the folder late
}

// TestOnce: a run that is started three times is done once, and tells how it ended.
func TestOnce(t *testing.T) {
	dir := t.TempDir()
	if err := Prepare(dir, Spec{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if s, err := Look(dir); err != nil || s.Started || s.Alive || s.Exit != nil {
		t.Errorf("before: %+v, %v", s, err)
	}
	startWorker(t, dir)
	second := exec.Command(os.Args[0], Command, dir)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Wait() }) // it may look at the folder late
	until(t, dir, func(s Status) bool { return s.Alive && s.Started && len(s.Runs) == 1 })
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := until(t, dir, func(s Status) bool { return !s.Alive && s.Exit != nil })
	if s.Exit.Code != 3 || s.Exit.TimedOut || s.Runs[0] != "r1" {
		t.Errorf("%+v, %+v", s, s.Exit)
	}
	cmd := exec.Command(os.Args[0], Command, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("again: %v, %s", err, out)
	}
	if done, err := os.ReadFile(filepath.Join(dir, "done")); err != nil || string(done) != "x" {
		t.Errorf("it was done %d times, %v", len(done), err)
	}
}

// TestKilled: a process that was killed leaves a run that was started and has no end.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	if err := Prepare(dir, Spec{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], Command, dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, dir, func(s Status) bool { return s.Alive && s.Started })
	cmd.Process.Kill()
	cmd.Wait()
	if s := until(t, dir, func(s Status) bool { return !s.Alive }); !s.Started || s.Exit != nil {
		t.Errorf("%+v", s)
	}
	if err := Stop(dir); err == nil {
		t.Error("a run that is over was stopped")
	}
}

// TestTimeout: a run that takes too long is interrupted.
func TestTimeout(t *testing.T) {
	dir := t.TempDir()
	if err := Prepare(dir, Spec{Dir: dir, Timeout: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(os.Args[0], Command, dir).Run(); err == nil {
		t.Error("nothing interrupted it")
	}
}
