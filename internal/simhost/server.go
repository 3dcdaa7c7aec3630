package simhost

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// Server is a running server.
type Server struct {
	options  Options
	listener net.Listener
	config   *ssh.ServerConfig
	root     *os.Root
	ctx      *life
	running  sync.WaitGroup
	refused  atomic.Int64
	counters counters

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Start starts a server. The caller closes it.
func Start(o Options) (*Server, error) {
	s := &Server{options: o, ctx: newLife(), conns: map[net.Conn]struct{}{}}
	if len(o.HostKeys) == 0 {
		key, err := NewKey()
		if err != nil {
			return nil, err
		}
		s.options.HostKeys = []ssh.Signer{key}
	}
	s.config = s.serverConfig()
	if o.Root != "" {
		root, err := os.OpenRoot(o.Root)
		if err != nil {
			return nil, fmt.Errorf("simhost: %w", err)
		}
		s.root = root
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("simhost: %w", err), s.closeRoot())
	}

	s.running.Go(s.accept)
	return s, nil
}

func (s *Server) listen() (err error) {
	if s.options.InMemory {
		s.listener = newMemoryListener()
		return nil
	}
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	return err
}

// NewKey makes an ed25519 key for a host or a user.
func NewKey() (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

// Addr returns the address as host:port; in memory it is a name for messages only.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Port returns the port that the server listens on; 0 in memory.
func (s *Server) Port() int {
	if a, ok := s.listener.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// HostKey returns the first public host key.
func (s *Server) HostKey() ssh.PublicKey { return s.options.HostKeys[0].PublicKey() }

// DialContext connects to the server whatever the address says; it is the only way in to a server in memory.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if l, ok := s.listener.(*memoryListener); ok {
		return l.dial(ctx)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", s.Addr())
}

// Drop cuts every connection as a crash would, and goes on listening.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Close stops listening, cuts every connection and waits until all commands have ended.
func (s *Server) Close() error {
	s.ctx.end()
	err := s.listener.Close()
	s.Drop()
	s.running.Wait()
	return errors.Join(err, s.closeRoot())
}

func (s *Server) closeRoot() error {
	if s.root == nil {
		return nil
	}
	return s.root.Close()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.counters.connections.Add(1)
		s.mu.Lock()
		if s.ctx.Err() != nil {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.running.Go(func() {
			s.serve(c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

// serve talks to one client until either side goes away.
func (s *Server) serve(c net.Conn) {
	conn := net.Conn(&countingConn{Conn: c, counters: &s.counters})
	if s.options.Latency > 0 {
		conn = newDelayedConn(conn, s.options.Latency)
		defer conn.Close()
	}
	if s.misbehaves(conn) {
		return
	}
	sc, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.counters.handshakes.Add(1)
	p := &peer{server: s, conn: sc}
	s.running.Go(func() { p.globalRequests(requests) })
	p.serve(channels)
}

// misbehaves plays the faults that happen before SSH starts.
func (s *Server) misbehaves(c net.Conn) bool {
	switch {
	case s.options.Silent:
		var b [1]byte
		for {
			if _, err := c.Read(b[:]); err != nil {
				return true
			}
		}
	case s.options.Refusal != "":
		c.Write([]byte(s.options.Refusal))
		return true
	default:
		return s.refused.Add(1) <= int64(s.options.RefuseFirst)
	}
}
