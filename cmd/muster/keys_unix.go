//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// terminalKeys is a terminal in the foreground whose line editing and signals are off.
type terminalKeys struct {
	fd     int
	before unix.Termios
}

// readsKeys says whether terminals can be read key by key.
const readsKeys = true

// openKeys turns a terminal to reading key by key and drops what was typed ahead. It fails where there is no terminal, or where
// another job has it.
func openKeys(f *os.File) (keys, error) {
	if f == nil {
		return nil, os.ErrInvalid
	}
	k := &terminalKeys{fd: int(f.Fd())}
	state, err := unix.IoctlGetTermios(k.fd, getTermios)
	if err != nil {
		return nil, err
	}
	if group, err := unix.IoctlGetInt(k.fd, unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		return nil, errors.New("not in the foreground")
	}
	k.before = *state
	state.Lflag &^= unix.ICANON | unix.ECHO | unix.ISIG
	state.Cc[unix.VMIN], state.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(k.fd, setTermios, state); err != nil {
		return nil, err
	}
	for k.ready(0) {
		if _, err := k.read(); err != nil {
			return nil, errors.Join(err, k.close())
		}
	}
	return k, nil
}

// step is how long a wait for a key goes on without looking at anything else.
const step = 50 * time.Millisecond

func (k *terminalKeys) next(ctx context.Context, until time.Time) (byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		wait := step
		if !until.IsZero() {
			if wait = min(wait, time.Until(until)); wait <= 0 {
				return 0, os.ErrDeadlineExceeded
			}
		}
		if k.ready(wait) {
			return k.read()
		}
	}
}

// ready reports whether a key, or the end of the terminal, is there within a time.
func (k *terminalKeys) ready(wait time.Duration) bool {
	list := []unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLIN}} //nolint:gosec // descriptors are small
	n, err := unix.Poll(list, int((wait+time.Millisecond-1)/time.Millisecond))
	return err == nil && n > 0
}

func (k *terminalKeys) read() (byte, error) {
	var b [1]byte
	n, err := unix.Read(k.fd, b[:])
	if err == nil && n == 0 {
		err = os.ErrClosed
	}
	return b[0], err
}

func (k *terminalKeys) close() error { return unix.IoctlSetTermios(k.fd, setTermios, &k.before) }

// hush turns the echo of a terminal off before a secret is asked for, so that not even what is typed ahead is shown. The
// returned function puts the terminal back.
func hush(tty *os.File) func() {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, setTermios, &quiet); err != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) } // a terminal that is gone shows nothing
}
