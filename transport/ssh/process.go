package ssh

import (
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

var errKilled = errors.New("killed")

// process is a running command.
type process struct {
	conn    *conn
	session *ssh.Session
	stdin   io.WriteCloser
	stdout  *pump
	stderr  *pump
	stop    func() bool   // the watch on the context
	ended   chan struct{} // closed when the command has ended by itself
	result  error         // of the command, once ended

	once  sync.Once
	dead  chan struct{} // closed when the command is killed
	cause error         // why it was killed
}

var _ transport.Process = (*process)(nil)

// launch starts a command in a prepared session.
func launch(c *conn, session *ssh.Session, command string) (*process, error) {
	p := &process{conn: c, session: session, stop: func() bool { return true }, ended: make(chan struct{}), dead: make(chan struct{})}
	var errs [3]error
	var out, errOut io.Reader
	p.stdin, errs[0] = session.StdinPipe()
	out, errs[1] = session.StdoutPipe()
	errOut, errs[2] = session.StderrPipe()
	if err := errors.Join(append(errs[:], session.Start(command))...); err != nil {
		return nil, err
	}
	p.stdout, p.stderr = newPump(out), newPump(errOut)
	go func() {
		p.result = session.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Stdin is the command's standard input.
func (p *process) Stdin() io.WriteCloser { return p.stdin }

// Stdout is the command's standard output.
func (p *process) Stdout() io.Reader { return p.stdout }

// Stderr is the command's standard error.
func (p *process) Stderr() io.Reader { return p.stderr }

// Wait returns the exit code: 128 plus the signal for a command that a signal ended, -1 and an error when the
// connection ended first or the command was killed from here.
func (p *process) Wait() (int, error) {
	select {
	case <-p.ended:
	case <-p.dead:
	}
	p.stop()
	p.conn.sessionEnded(p.session)
	select {
	case <-p.dead:
		return -1, failure(p.conn.s.name, transport.KindLost, "the command was ended", "", p.cause)
	default:
	}
	var exit *ssh.ExitError
	switch {
	case p.result == nil:
		return 0, nil
	case errors.As(p.result, &exit):
		return exit.ExitStatus(), nil
	}
	return -1, p.conn.whyLost(p.result)
}

// Kill ends the command without grace, with all it started that stayed in its process group. A server that passes no
// signals on, as sshd does not for root, can only be told to close its input and outputs: the runner ends by that.
func (p *process) Kill() error {
	p.kill(errKilled)
	return nil
}

func (p *process) kill(cause error) {
	p.once.Do(func() {
		p.cause = cause
		close(p.dead)
		_ = p.session.Signal(ssh.SIGKILL) // a lost connection has ended the command already
		p.conn.sessionEnded(p.session)
		p.stdout.stop()
		p.stderr.stop()
	})
}

func (p *process) cancelled(ctx context.Context) { p.kill(context.Cause(ctx)) }
