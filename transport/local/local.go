// Package local is the connection to the machine that muster runs on. Nothing differs from other hosts but that commands
// start without a network, and that muster's own program can be the runner.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/transport"
)

// Dialer opens local connections.
type Dialer struct {
	// Runner starts this machine's runner without an installation: a program and its arguments, such as muster's own path
	// and "runner". Without it a runner is installed as on any host.
	Runner []string
	// Env replaces the environment of commands; nil leaves muster's own.
	Env []string
}

// Dial never fails: the machine is there.
func (d Dialer) Dial(ctx context.Context, t transport.Target) (transport.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return &conn{dialer: d, host: t.Name, dir: t.Dir, done: make(chan struct{}), procs: map[*process]bool{}}, nil
}

// conn keeps the processes it started, to end them when it closes.
type conn struct {
	dialer Dialer
	host   string
	dir    string // working folder of commands

	mu    sync.Mutex
	procs map[*process]bool
	done  chan struct{}
	over  bool
}

var errClosed = errors.New("the local connection is closed")

// RunnerCommand is the command line that starts the runner directly, or "".
func (c *conn) RunnerCommand() string {
	if len(c.dialer.Runner) == 0 {
		return ""
	}
	line := "exec"
	for _, w := range c.dialer.Runner {
		line += " " + shlex.Quote(w)
	}
	return line
}

// Start runs a command line with /bin/sh.
func (c *conn) Start(ctx context.Context, command string, o transport.StartOptions) (transport.Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, &transport.Error{Host: c.host, Kind: transport.KindLost, What: errClosed.Error(), Err: errClosed}
	}
	p, err := start(command, c.dir, c.dialer.Env, o.PTY, c.forget)
	if err != nil {
		return nil, &transport.Error{Host: c.host, Kind: transport.KindNoShell, What: "a local command cannot be started: " + err.Error(), Err: err}
	}
	c.procs[p] = true
	return p, nil
}

func (c *conn) forget(p *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.procs, p)
}

// Put writes a file in place.
func (c *conn) Put(ctx context.Context, path string, content io.Reader, size int64, perm uint32) (err error) {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, os.FileMode(perm))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(os.FileMode(perm)); err != nil {
		return err
	}
	n, err := io.Copy(f, content)
	if err == nil && n != size {
		err = fmt.Errorf("%s: %d bytes instead of %d", path, n, size)
	}
	return err
}

// Done is closed by Close.
func (c *conn) Done() <-chan struct{} { return c.done }

// Err is nil: a local connection does not get lost.
func (c *conn) Err() error { return nil }

// Close ends what was started and waits for it.
func (c *conn) Close() error {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return nil
	}
	c.over = true
	close(c.done)
	procs := make([]*process, 0, len(c.procs))
	for p := range c.procs {
		procs = append(procs, p)
	}
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range procs {
		wg.Go(p.finish)
	}
	wg.Wait()
	return nil
}
