//go:build !windows

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/term"
)

// guardWord is the hidden command that restores a terminal when the program that drew on it is gone.
const guardWord = "guard-terminal"

// released is what a program says that gave the terminal back by itself.
const released = "\x04released"

// leaveScreen leaves the other screen and switches off what a full-screen program switches on: the mouse, pasting marks,
// keyboard protocols, a hidden cursor, colours.
const leaveScreen = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?2026l\x1b[?1004l\x1b[<u\x1b[>4m\x1b[0m"

// terminalGuard is a small process of this same program that waits beside it. When this program dies without releasing
// the guard, by a panic in any goroutine or by kill -9, the guard puts the terminal back and shows what the runtime said.
type terminalGuard struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// guardTerminal starts the guard and waits until it knows the terminal as it is now.
func guardTerminal(io *streams) (*terminalGuard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // the child has its own
	cmd := exec.Command(self, guardWord)
	cmd.Stdin, cmd.Stderr = in, io.outFile
	ready, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = ready.Read(make([]byte, 1))
	}
	if err == nil {
		err = debug.SetCrashOutput(out, debug.CrashOptions{})
	}
	if err != nil {
		_ = out.Close() // the guard ends then
		return nil, fmt.Errorf("the guard of the terminal: %w", err)
	}
	return &terminalGuard{cmd: cmd, pipe: out}, nil
}

// release ends the guard: the terminal is as it was.
func (g *terminalGuard) release() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // closing cannot fail in a way that matters
	_, _ = io.WriteString(g.pipe, released)
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}

// guardCommand is the guard itself.
func guardCommand(words []string) (int, bool) {
	if len(words) != 1 || words[0] != guardWord {
		return 0, false
	}
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTTOU, syscall.SIGTSTP)
	tty := os.Stderr
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return exitError, true
	}
	fmt.Print(".")
	said, _ := io.ReadAll(os.Stdin) // an error is an end as well
	if bytes.HasSuffix(said, []byte(released)) {
		return exitOK, true
	}
	fmt.Fprint(tty, leaveScreen)
	if err := term.Restore(int(tty.Fd()), state); err != nil {
		return exitError, true
	}
	if len(said) > 0 {
		fmt.Fprintf(tty, "\n%s", said)
	}
	fmt.Fprintln(tty, "\nmuster: the program ended in the middle of the run; hosts finish the task that they were at")
	return exitOK, true
}
