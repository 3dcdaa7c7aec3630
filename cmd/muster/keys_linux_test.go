package main

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/pty"
)

func TestHush(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close() //nolint:errcheck // nothing is written
	defer slave.Close()  //nolint:errcheck // nothing is written
	fd := int(slave.Fd())
	echoes := func() bool {
		state, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			t.Fatal(err)
		}
		return state.Lflag&unix.ECHO != 0
	}
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		t.Fatal(err)
	}
	state.Lflag |= unix.ECHO
	if err := unix.IoctlSetTermios(fd, setTermios, state); err != nil {
		t.Fatal(err)
	}
	back := hush(slave)
	if echoes() {
		t.Error("a secret would be shown")
	}
	if back(); !echoes() {
		t.Error("the terminal was not put back")
	}
}
