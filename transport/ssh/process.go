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
	stdout  io.Reader
	stderr  io.Reader
	stop    func() bool

	once  sync.Once
	mu    sync.Mutex
	cause error // why it was killed
}

var _ transport.Process = (*process)(nil)

func newProcess(c *conn, session *ssh.Session) (*process, error) {
	p := &process{conn: c, session: session, stop: func() bool { return true }}
	var errs [3]error
	p.stdin, errs[0] = session.StdinPipe()
	p.stdout, errs[1] = session.StdoutPipe()
	p.stderr, errs[2] = session.StderrPipe()
	return p, errors.Join(errs[:]...)
}

// Stdin is the command's standard input.
func (p *process) Stdin() io.WriteCloser { return p.stdin }

// Stdout is the command's standard output.
func (p *process) Stdout() io.Reader { return p.stdout }

// Stderr is the command's standard error.
func (p *process) Stderr() io.Reader { return p.stderr }

// Wait returns the exit code: 128 plus the signal for a killed command, -1 and an error when the connection ended
// first or the context was cancelled.
func (p *process) Wait() (int, error) {
	err := p.session.Wait()
	p.stop()
	p.session.Close()
	var exit *ssh.ExitError
	switch killed := p.killed(); {
	case killed != nil:
		return -1, failure(p.conn.s.name, transport.KindLost, "the command was ended", "", killed)
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return exit.ExitStatus(), nil
	}
	return -1, p.conn.whyLost(err)
}

// Kill ends the command without grace, with all it started that stayed in its process group.
func (p *process) Kill() error {
	p.setCause(errKilled)
	p.once.Do(func() {
		// Old servers do not know the request; closing the channel is then all that can be done.
		_ = p.session.Signal(ssh.SIGKILL)
		p.session.Close()
	})
	return nil
}

func (p *process) cancel(ctx context.Context) {
	p.setCause(context.Cause(ctx))
	p.Kill()
}

// setCause notes why the command is killed; the first reason counts.
func (p *process) setCause(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil {
		p.cause = err
	}
}

func (p *process) killed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}
