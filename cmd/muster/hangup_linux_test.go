package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/pty"
)

// TestHangUp has the terminal of a live view vanish, without a signal, after the run, at a question and amid a task: the
// program and its guard end.
func TestHangUp(t *testing.T) {
	for name, c := range map[string]struct{ task, shows string }{
		"after the run": {"ping: {}", "DONE"},
		"at a question": {"pause: {prompt: Well}", "Well"},
		"amid a task":   {"command: sleep 2", "Slumber"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hangUp(t, c.task, c.shows)
		})
	}
}

// patience is how long a program may take on a slow machine.
const patience = 2 * time.Minute

func hangUp(t *testing.T, task, shows string) {
	dir := t.TempDir()
	book := "- {hosts: localhost, connection: local, gather_facts: false, tasks: [{name: Slumber, " + task + "}]}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.yml"), []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "muster", "run", "--tui", "site.yml")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "MUSTER_HISTORY=off", "TERM=xterm", "ANSIBLE_CONFIG=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the program has its own
	if err := master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var screen bytes.Buffer
	for !strings.Contains(screen.String(), shows) {
		some := make([]byte, 4096)
		n, err := master.Read(some)
		if err != nil {
			t.Fatalf("%v; the screen showed %q", err, screen.String())
		}
		screen.Write(some[:n])
	}
	_ = master.Close() // hangs up
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ends is not the point
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		t.Fatal("the program outlives its terminal")
	}
}
