package ssh

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const greetingLimit = 255

// stream is a connection that remembers when it last heard from the peer and what the peer said first.
type stream struct {
	net.Conn
	heard    atomic.Int64 // nanoseconds since 1970
	watch    *watch
	mu       sync.Mutex
	greeting []byte
	greeted  atomic.Bool
	closed   atomic.Bool
	broken   atomic.Bool // reading failed: the connection is over
}

// Read notes that the peer is alive.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if n > 0 {
		s.heard.Store(time.Now().UnixNano())
		if !s.greeted.Load() {
			s.listen(p[:n])
		}
	}
	if err != nil {
		s.broken.Store(true)
	}
	return n, err
}

// Close closes the connection once.
func (s *stream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.Conn.Close()
}

// listen keeps what comes before the version line of SSH.
func (s *stream) listen(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.greeting = append(s.greeting, p[:min(len(p), greetingLimit-min(len(s.greeting), greetingLimit))]...)
	if bytes.HasPrefix(s.greeting, []byte("SSH-")) || bytes.Contains(s.greeting, []byte("\nSSH-")) {
		s.greeted.Store(true)
		s.watch.enter(phaseKeys)
	}
}

// said returns what came instead of a version line.
func (s *stream) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.greeting)
}
