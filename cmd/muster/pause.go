package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/transport"
)

var _ executor.Pauser = (*streams)(nil)

// keys is a terminal that is read key by key.
type keys interface {
	// next returns a key; os.ErrDeadlineExceeded after the given time, which may be zero for no limit, ctx's error at its end.
	next(ctx context.Context, until time.Time) (byte, error)
	close() error
}

// Pause waits for the person at the terminal, key by key, so that control-C is a key of the pause and ends no run.
func (s *streams) Pause(ctx context.Context, p executor.Pause) (string, error) {
	if !readsKeys && p.Limit == 0 {
		return s.Ask(ctx, p.Question, p.Hidden)
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	k, err := openKeys(s.inFile)
	if err != nil {
		return "", transport.ErrNoTerminal
	}
	screen := s.err
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil { // standard error may go elsewhere
		defer tty.Close() //nolint:errcheck // nothing is buffered
		screen = tty
	}
	typed, err := pauseWith(ctx, k, screen, p)
	if p.Hidden && p.Limit == 0 {
		s.secrets.Add(typed)
	}
	return typed, errors.Join(err, k.close())
}

// The keys that mean something.
const (
	keyInterrupt = 3
	keyBackspace = 8
	keyDelete    = 127
)

// pauseWith reads keys until the pause is over.
func pauseWith(ctx context.Context, k keys, screen io.Writer, p executor.Pause) (string, error) {
	if p.Announce != nil {
		p.Announce()
	}
	fmt.Fprint(screen, p.Question)
	var until time.Time
	if p.Limit > 0 {
		until = time.Now().Add(p.Limit)
	}
	var typed []byte
	for {
		key, err := k.next(ctx, until)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return "", nil
		case err != nil:
			return "", err
		case key == keyInterrupt:
			fmt.Fprint(screen, "\nPress 'C' to continue the play or 'A' to abort \n")
			return string(typed), goOnOrAbort(ctx, k)
		case p.Limit > 0: // only time and control-C end it
		case key == '\r' || key == '\n':
			fmt.Fprintln(screen)
			return string(typed), nil
		case key == keyBackspace || key == keyDelete:
			typed = eraseLast(typed, screen, p.Hidden)
		default:
			typed = append(typed, key)
			if !p.Hidden {
				_, _ = screen.Write([]byte{key}) // an echo; nobody can be told when it fails
			}
		}
	}
}

// eraseLast takes back the last character typed.
func eraseLast(typed []byte, screen io.Writer, hidden bool) []byte {
	if len(typed) == 0 {
		return typed
	}
	_, n := utf8.DecodeLastRune(typed)
	if !hidden {
		fmt.Fprint(screen, "\b \b")
	}
	return typed[:len(typed)-n]
}

// goOnOrAbort waits for the choice after control-C. A second control-C aborts as well.
func goOnOrAbort(ctx context.Context, k keys) error {
	for {
		key, err := k.next(ctx, time.Time{})
		if err != nil {
			return err
		}
		switch key {
		case 'c', 'C':
			return nil
		case 'a', 'A', keyInterrupt:
			return executor.ErrAborted
		}
	}
}
