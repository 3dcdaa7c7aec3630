package simhost

import (
	"net"
	"sync/atomic"
)

// Stats count what a server saw since it started.
type Stats struct {
	Connections int64 // accepted
	Handshakes  int64 // that got in
	Sessions    int64
	Commands    int64
	Forwards    int64 // direct-tcpip channels
	Passwords   int64 // tried by password authentication
	BytesIn     int64
	BytesOut    int64
	// RoundTrips counts how often the server, having spoken, had to wait for the client to speak again.
	RoundTrips int64
}

type counters struct {
	connections, handshakes, sessions, commands, forwards, passwords, in, out, trips atomic.Int64
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	c := &s.counters
	return Stats{
		Connections: c.connections.Load(), Handshakes: c.handshakes.Load(), Sessions: c.sessions.Load(),
		Commands: c.commands.Load(), Forwards: c.forwards.Load(), Passwords: c.passwords.Load(),
		BytesIn: c.in.Load(), BytesOut: c.out.Load(), RoundTrips: c.trips.Load(),
	}
}

// countingConn counts bytes and changes of direction.
type countingConn struct {
	net.Conn
	counters *counters
	spoke    atomic.Bool
}

// Read counts what came in.
func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.counters.in.Add(int64(n))
	if n > 0 && c.spoke.Swap(false) {
		c.counters.trips.Add(1)
	}
	return n, err
}

// Write counts what went out.
func (c *countingConn) Write(p []byte) (int, error) {
	c.spoke.Store(true)
	n, err := c.Conn.Write(p)
	c.counters.out.Add(int64(n))
	return n, err
}
