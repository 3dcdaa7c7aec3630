package ssh

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const proxyErrorLimit = 4 << 10

// startProxy runs a ProxyCommand, whose standard input and output are the connection.
func (d *Dialer) startProxy(s *settings) (net.Conn, error) {
	cmd := shellCommand(d.env("SHELL"), s.proxy)
	cmd.Env = d.options.Env
	p := &proxyConn{cmd: cmd, ended: make(chan struct{})}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: Wait must not close what is still being read.
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.out, cmd.Stdout, cmd.Stderr = reader, writer, &p.complaint
	cmd.WaitDelay = time.Second
	err = cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return nil, err
	}
	go func() {
		p.state = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// succeeds runs the command of Match exec.
func (d *Dialer) succeeds(ctx context.Context, command string) bool {
	cmd := shellCommand(d.env("SHELL"), command)
	cmd.Env = d.options.Env
	if err := cmd.Start(); err != nil {
		return false
	}
	stop := context.AfterFunc(ctx, func() { killGroup(cmd) })
	defer stop()
	return cmd.Wait() == nil
}

// proxyConn is the connection that a proxy command makes.
type proxyConn struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	out       *os.File
	complaint tail
	ended     chan struct{}
	state     error // of the command, once ended
	once      sync.Once
}

// Read reads what the command prints.
func (p *proxyConn) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write writes to the command.
func (p *proxyConn) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close ends the command.
func (p *proxyConn) Close() error {
	p.once.Do(func() {
		p.in.Close()
		killGroup(p.cmd)
		p.out.Close()
	})
	return nil
}

// last returns the command's last words once it has ended, which it is given a moment for.
func (p *proxyConn) last() string {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
	}
	return p.complaint.lastLine()
}

type proxyAddr struct{}

// Network names the kind of address.
func (proxyAddr) Network() string { return "proxy" }

// String names the address.
func (proxyAddr) String() string { return "proxy:0" }

// LocalAddr returns a name for messages.
func (p *proxyConn) LocalAddr() net.Addr { return proxyAddr{} }

// RemoteAddr returns a name for messages.
func (p *proxyConn) RemoteAddr() net.Addr { return proxyAddr{} }

// SetDeadline does nothing; closing ends what waits.
func (p *proxyConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (p *proxyConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (p *proxyConn) SetWriteDeadline(time.Time) error { return nil }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

// Write keeps the last bytes.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if over := len(t.data) - proxyErrorLimit; over > 0 {
		t.data = t.data[over:]
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(string(bytes.TrimSpace(t.data)), "\n")
	return printable(lines[len(lines)-1])
}
