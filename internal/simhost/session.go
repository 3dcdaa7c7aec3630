package simhost

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// peer is one connected client.
type peer struct {
	server *Server
	conn   *ssh.ServerConn
	open   atomic.Int64
	total  atomic.Int64
}

func (p *peer) globalRequests(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.WantReply && !p.server.options.IgnoreRequests {
			r.Reply(false, nil)
		}
	}
}

func (p *peer) serve(channels <-chan ssh.NewChannel) {
	var running sync.WaitGroup
	for c := range channels {
		switch c.ChannelType() {
		case "session":
			p.session(c, &running)
		case "direct-tcpip":
			running.Go(func() { p.forward(c) })
		default:
			c.Reject(ssh.UnknownChannelType, "unknown channel type")
		}
	}
	running.Wait()
}

// session accepts a session channel unless a limit forbids it.
func (p *peer) session(c ssh.NewChannel, running *sync.WaitGroup) {
	o := &p.server.options
	total, open := p.total.Add(1), p.open.Add(1)
	if o.DropAtSession > 0 && total >= int64(o.DropAtSession) {
		p.conn.Close()
		return
	}
	if o.MaxSessions > 0 && open > int64(o.MaxSessions) || o.SessionsTotal > 0 && total > int64(o.SessionsTotal) {
		p.open.Add(-1)
		c.Reject(ssh.ConnectionFailed, "open failed") // as sshd does
		return
	}
	ch, requests, err := c.Accept()
	if err != nil {
		p.open.Add(-1)
		return
	}
	p.server.counters.sessions.Add(1)
	running.Go(func() {
		defer p.open.Add(-1)
		defer ch.Close()
		p.run(ch, requests)
	})
}

// run serves the requests of one session; the one that starts something runs beside later ones, which may kill it.
func (p *peer) run(ch ssh.Channel, requests <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(p.server.ctx)
	defer cancel()
	info := Session{User: p.conn.User(), Env: map[string]string{}}
	var running sync.WaitGroup
	defer running.Wait()
	started := false
	for r := range requests {
		ok := false
		switch r.Type {
		case "pty-req":
			info.PTY = !p.server.options.NoPTY
			ok = info.PTY
		case "env":
			var kv struct{ Name, Value string }
			if ok = ssh.Unmarshal(r.Payload, &kv) == nil; ok {
				info.Env[kv.Name] = kv.Value
			}
		case "signal":
			cancel()
		case "exec", "subsystem":
			if start := p.starter(r, ch); start != nil && !started {
				ok, started = true, true
				ctx := context.WithValue(context.WithValue(ctx, sessionKey{}, info), serverKey{}, p.server)
				reply(r, true)
				running.Go(func() { start(ctx) })
				continue
			}
		}
		reply(r, ok)
	}
	cancel()
}

func reply(r *ssh.Request, ok bool) {
	if r.WantReply {
		r.Reply(ok, nil)
	}
}

// starter returns what an exec or subsystem request starts, or nil when it is refused.
func (p *peer) starter(r *ssh.Request, ch ssh.Channel) func(context.Context) {
	var what struct{ Text string }
	if ssh.Unmarshal(r.Payload, &what) != nil {
		return nil
	}
	o := &p.server.options
	switch {
	case r.Type == "exec" && o.Exec != nil:
		return func(ctx context.Context) { p.exec(ctx, what.Text, ch) }
	case r.Type == "subsystem" && what.Text == "sftp" && p.server.root != nil && !o.NoSFTP:
		return func(context.Context) { p.serveSFTP(ch) }
	}
	return nil
}

func (p *peer) exec(ctx context.Context, command string, ch ssh.Channel) {
	p.server.counters.commands.Add(1)
	if noise := p.server.options.Noise; noise != "" {
		io.WriteString(ch, noise)
	}
	code := p.server.options.Exec(ctx, command, ch, ch, ch.Stderr())
	p.exit(ch, code)
}

func (p *peer) exit(ch ssh.Channel, code int) {
	ch.CloseWrite()
	p.leave(ch, code)
}

// leave reports the exit code and closes the channel, of which somebody may still be writing.
func (p *peer) leave(ch ssh.Channel, code int) {
	ch.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, uint32(code)))
	ch.Close()
}

// forward connects a direct-tcpip channel.
func (p *peer) forward(c ssh.NewChannel) {
	var where struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if p.server.options.Forward == nil || ssh.Unmarshal(c.ExtraData(), &where) != nil {
		c.Reject(ssh.Prohibited, "administratively prohibited")
		return
	}
	address := net.JoinHostPort(where.Host, strconv.Itoa(int(where.Port)))
	out, err := p.server.options.Forward(p.server.ctx, address)
	if err != nil {
		c.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer out.Close()
	ch, requests, err := c.Accept()
	if err != nil {
		return
	}
	p.server.counters.forwards.Add(1)
	go ssh.DiscardRequests(requests)
	var both sync.WaitGroup
	both.Go(func() { io.Copy(out, ch); out.Close() })
	io.Copy(ch, out)
	ch.Close()
	both.Wait()
}
