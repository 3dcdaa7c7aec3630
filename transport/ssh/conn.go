package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

// conn is an open connection to a host.
type conn struct {
	s      *settings
	link   *link
	done   chan struct{}
	mu     sync.Mutex
	err    error
	closed bool
	noSFTP atomic.Bool // the server has no SFTP subsystem
	lent   sync.Once
	ended  atomic.Int64 // when a session last ended, nanoseconds since 1970
}

var _ transport.Conn = (*conn)(nil)

func newConn(s *settings, l *link) *conn {
	c := &conn{s: s, link: l, done: make(chan struct{})}
	lost := make(chan error, 1)
	go func() { lost <- keepAlive(l, s) }()
	go func() {
		err := l.client.Wait()
		l.close()
		if silent := <-lost; silent != nil {
			err = silent
		}
		c.end(err)
	}()
	return c
}

// end records why the connection is over.
func (c *conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.err = c.lost(err)
	}
	close(c.done)
}

func (c *conn) lost(err error) *transport.Error {
	return failure(c.s.name, transport.KindLost, fmt.Sprintf("connection to %s lost: %s", c.s.address(), cause(orEOF(err))),
		"was it restarted, or its network cut?", err)
}

// whyLost says why a channel ended without the server closing it properly. When it was the connection, that shows a
// moment later.
func (c *conn) whyLost(err error) error {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	}
	if lost := c.Err(); lost != nil {
		return lost
	}
	return c.lost(err)
}

// Done is closed when the connection is lost or closed.
func (c *conn) Done() <-chan struct{} { return c.done }

// Err says why the connection was lost; it is nil while it is open and after Close.
func (c *conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection and everything that runs over it.
func (c *conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.link.close()
	<-c.done
	return nil
}

// A server frees a session's place a moment after the session has ended for the client, so that with MaxSessions 1
// the next one would be refused.
const (
	placeWait = 2 * time.Second
	placeStep = 10 * time.Millisecond
)

// session opens a channel for a command or a subsystem. The caller ends it with sessionEnded.
func (c *conn) session(ctx context.Context) (*ssh.Session, error) {
	for wait := placeStep; ; wait *= 2 {
		session, err := c.link.client.NewSession()
		var refused *ssh.OpenChannelError
		ended := time.Unix(0, c.ended.Load())
		if !errors.As(err, &refused) || time.Since(ended) > placeWait || pause(ctx, wait) != nil {
			return session, c.explainSession(err)
		}
	}
}

// sessionEnded closes a session and notes that it a session has ended.
func (c *conn) sessionEnded(session *ssh.Session) {
	session.Close()
	c.ended.Store(time.Now().UnixNano())
}

// explainSession words why no session could be opened.
func (c *conn) explainSession(err error) error {
	var refused *ssh.OpenChannelError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return &transport.Error{Host: c.s.name, Kind: transport.KindMaxSessions, Err: err,
			What: fmt.Sprintf("%s refuses another session on the connection: %s", c.s.address(), printable(refused.Message)),
			Hint: "raise MaxSessions in its sshd_config (0 and 1 are too few), or see why it refuses sessions"}
	default:
		return c.lost(err)
	}
}

// Start runs a command line through the user's login shell.
func (c *conn) Start(ctx context.Context, command string, o transport.StartOptions) (transport.Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, failure(c.s.name, transport.KindLost, "the command was cancelled before it started", "", err)
	}
	session, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	p, err := c.start(ctx, session, command, o)
	if err != nil {
		c.sessionEnded(session)
		return nil, err
	}
	return p, nil
}

func (c *conn) start(ctx context.Context, session *ssh.Session, command string, o transport.StartOptions) (*process, error) {
	c.prepare(session)
	if o.PTY {
		modes := ssh.TerminalModes{ssh.ECHO: 0, ssh.ONLCR: 0}
		if err := session.RequestPty("dumb", 24, 200, modes); err != nil {
			return nil, failure(c.s.name, transport.KindNoShell, c.s.address()+" gives no terminal", "see PermitTTY in its sshd_config", err)
		}
	}
	p, err := launch(c, session, command)
	if err != nil {
		if c.over() {
			return nil, c.lost(err)
		}
		return nil, failure(c.s.name, transport.KindNoShell, fmt.Sprintf("%s refuses to run commands for %s", c.s.address(), c.s.user),
			"the account may be for file transfer only", err)
	}
	p.stop = context.AfterFunc(ctx, func() { p.cancelled(ctx) })
	return p, nil
}

// prepare sends along what needs no answer: the environment, and the agent.
func (c *conn) prepare(session *ssh.Session) {
	for _, kv := range c.s.env {
		// A server that does not want the variable ignores it; a lost connection shows at the next step.
		_, _ = session.SendRequest("env", false, ssh.Marshal(struct{ Name, Value string }{kv[0], kv[1]}))
	}
	if c.s.forwardAgent == "" {
		return
	}
	c.lent.Do(func() { _ = lend(c.link.client, c.s.forwardAgent) }) // without it the host's programs find no agent
	_, _ = session.SendRequest("auth-agent-req@openssh.com", false, nil)
}

func (c *conn) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return c.link.stream.closed.Load()
	}
}
