package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/musterhq/muster/transport/wire"
)

// startTimeout bounds how long a host may take to start a command of ours, login files included.
const startTimeout = 60 * time.Second

// launched is a started command: a session, or what the host said instead.
type launched struct {
	session *Session
	text    string // standard output
	errText string // standard error
	code    int
}

// launch starts a command that should become a runner.
func launch(ctx context.Context, conn Conn, host, version, command string) (launched, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errSlow)
	defer cancel()
	// The runner outlives the time given to its start: ctx ends it only below.
	proc, err := conn.Start(context.WithoutCancel(ctx), command, StartOptions{})
	if err != nil {
		return launched{}, startError(host, err)
	}
	stderr, stdout := &tail{}, &tail{}
	errEnded := make(chan struct{})
	go func() {
		defer close(errEnded)
		_, _ = io.Copy(&misled{to: stderr, found: func() { _ = proc.Kill() }}, proc.Stderr())
	}()
	stop := context.AfterFunc(ctx, func() { _ = proc.Kill() })
	defer stop()
	out := bufio.NewReaderSize(proc.Stdout(), 8<<10)
	err = wire.Scan(out, func(p []byte) error { _, err := stdout.Write(p); return err })
	if err == nil {
		s, err := newSession(host, version, proc, out, stderr, conn)
		if err != nil {
			_ = proc.Kill()
			return launched{}, &Error{Host: host, Kind: KindRunner, What: "the runner cannot be used: " + err.Error(), Err: err}
		}
		go func() { <-errEnded; _, _ = proc.Wait() }() // collects the process when its streams have ended
		return launched{session: s}, nil
	}
	if !errors.Is(err, io.EOF) {
		_ = proc.Kill()
	}
	<-errEnded
	code, waitErr := proc.Wait()
	if ctx.Err() != nil {
		return launched{}, stuck(ctx, host, stdout.String()+stderr.String())
	}
	if astray(stdout.String(), stderr.String()) {
		return launched{}, astrayError(host)
	}
	if lost := lostCause(conn); lost != nil {
		return launched{}, lostError(host, lost)
	}
	if errors.Is(err, wire.ErrNoMagic) {
		return launched{}, &Error{Host: host, Kind: KindNoShell, What: "the login shell prints without end: " + words(stdout.String())}
	}
	if waitErr != nil && code < 0 {
		code = -1
	}
	return launched{text: stdout.String(), errText: stderr.String(), code: code}, nil
}

var errSlow = fmt.Errorf("nothing answered within %s", startTimeout)

func startError(host string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Host: host, Kind: KindLost, What: "a command cannot be started: " + err.Error(), Err: err}
}

// stuck explains a command that neither answered nor ended.
func stuck(ctx context.Context, host, said string) error {
	if !errors.Is(context.Cause(ctx), errSlow) {
		return context.Cause(ctx)
	}
	e := &Error{Host: host, Kind: KindTimeout, What: "the login shell did not start a command within " + startTimeout.String(), Hint: "does a login file wait for input, or redirect output?"}
	if w := words(said); w != "" {
		e.What += "; it said: " + w
	}
	return e
}

// lostCause is why a connection has ended, nil while it has not.
func lostCause(conn Conn) error {
	select {
	case <-conn.Done():
		if err := conn.Err(); err != nil {
			return err
		}
		return io.EOF
	default:
		return nil
	}
}

// lostError is the failure of a host whose connection ended; what the connection itself says of it stands.
func lostError(host string, cause error) *Error {
	var known *Error
	if errors.As(cause, &known) {
		return known
	}
	return &Error{Host: host, Kind: KindLost, What: "the connection was lost: " + cause.Error(), Err: cause}
}

// noShell explains a login shell that ran nothing of ours.
func (l launched) noShell(host, user string) *Error {
	if user == "" {
		user = "the user"
	}
	e := &Error{Host: host, Kind: KindNoShell, What: fmt.Sprintf("the login shell of %s does not run commands (exit code %d)", user, l.code),
		Hint: "give the user a shell such as /bin/sh, or connect as another one"}
	w := words(l.text + "\n" + l.errText)
	if w != "" {
		e.What += ": " + w
	} else {
		e.What += " and says nothing"
		e.Hint += "; or take redirections such as exec >/dev/null 2>&1 out of the login files"
	}
	return e
}

// broken explains a runner that was started and ended before it greeted.
func (l launched) broken(host string) *Error {
	e := &Error{Host: host, Kind: KindRunner, What: fmt.Sprintf("the runner does not start (exit code %d)", l.code)}
	if w := words(strings.ReplaceAll(l.text, markStart, "") + "\n" + l.errText); w != "" {
		e.What += ": " + w
	}
	return e
}
