package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/pty"
)

// TestProgressOnATerminal shows what takes long on a terminal, takes it away again, and shows none of it elsewhere.
func TestProgressOnATerminal(t *testing.T) {
	dir := t.TempDir()
	book := "- {hosts: localhost, connection: local, gather_facts: false, tasks: [{name: Slumber, command: sleep 4}]}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.yml"), []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "MUSTER_HISTORY=off", "TERM=xterm", "ANSIBLE_CONFIG=", "NO_COLOR=1")
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "muster", "run", "site.yml")
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, env, slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the program has its own
	var screen strings.Builder
	for some := make([]byte, 4096); ; {
		n, err := master.Read(some)
		if err != nil {
			break // nobody has the terminal any more
		}
		screen.Write(some[:n])
	}
	_ = master.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, screen.String())
	}
	shown := screen.String()
	first, last := strings.Index(shown, "... Slumber, 0:0"), strings.LastIndex(shown, "... Slumber, 0:0")
	if first < 0 || !strings.Contains(shown[last:], "\r\x1b[K") || !strings.Contains(shown[last:], "changed: [localhost]") {
		t.Errorf("the terminal saw %q", shown)
	}

	cmd = exec.CommandContext(t.Context(), "muster", "run", "site.yml")
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "...") || strings.Contains(string(out), "\x1b") {
		t.Errorf("%v: a pipe got %q", err, out)
	}
}
