package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/executor"
)

// typedKeys is a person who types text and then nothing more.
type typedKeys struct{ rest string }

func (k *typedKeys) next(_ context.Context, until time.Time) (byte, error) {
	if k.rest == "" {
		if until.IsZero() {
			return 0, io.EOF
		}
		return 0, os.ErrDeadlineExceeded
	}
	key := k.rest[0]
	k.rest = k.rest[1:]
	return key, nil
}

func (k *typedKeys) close() error { return nil }

// TestPauseKeys covers what each key does to a pause.
func TestPauseKeys(t *testing.T) {
	const limit = time.Hour
	for name, c := range map[string]struct {
		keys   string
		pause  executor.Pause
		want   string
		err    error
		screen string
	}{
		"enter":                   {keys: "\r", screen: "Q:\n"},
		"an answer":               {keys: "hello\r", want: "hello", screen: "Q:hello\n"},
		"an edited answer":        {keys: "helloé\x7f\x08p\n", want: "hellp", screen: "Q:hello\xc3\xa9\b \b\b \bp\n"},
		"nothing to take back":    {keys: "\x7fa\r", want: "a", screen: "Q:a\n"},
		"a hidden answer":         {keys: "secret\x7f\r", pause: executor.Pause{Hidden: true}, want: "secre", screen: "Q:\n"},
		"control-C, go on":        {keys: "ab\x03xC", want: "ab", screen: "Q:ab\nPress 'C' to continue the play or 'A' to abort \n"},
		"control-C, abort":        {keys: "\x03a", err: executor.ErrAborted, screen: "Q:\nPress 'C' to continue the play or 'A' to abort \n"},
		"control-C twice":         {keys: "\x03\x03", err: executor.ErrAborted, screen: "Q:\nPress 'C' to continue the play or 'A' to abort \n"},
		"the terminal goes":       {keys: "ab", err: io.EOF, screen: "Q:ab"},
		"time":                    {pause: executor.Pause{Limit: limit}, screen: "Q:"},
		"enter ends no time":      {keys: "abc\r\n", pause: executor.Pause{Limit: limit}, screen: "Q:"},
		"time cut short":          {keys: "\r\x03C", pause: executor.Pause{Limit: limit}, screen: "Q:\nPress 'C' to continue the play or 'A' to abort \n"},
		"a pause of time aborted": {keys: "\x03A", pause: executor.Pause{Limit: limit}, err: executor.ErrAborted, screen: "Q:\nPress 'C' to continue the play or 'A' to abort \n"},
	} {
		t.Run(name, func(t *testing.T) {
			var screen bytes.Buffer
			announced := false
			c.pause.Question, c.pause.Announce = "Q:", func() { announced = screen.Len() == 0 }
			got, err := pauseWith(t.Context(), &typedKeys{c.keys}, &screen, c.pause)
			if !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got != c.want && err == nil {
				t.Errorf("typed %q, want %q", got, c.want)
			}
			if !announced || screen.String() != c.screen {
				t.Errorf("screen %q, want %q; announced first: %v", strings.ToValidUTF8(screen.String(), "?"), c.screen, announced)
			}
		})
	}
}
