package simhost

import (
	"io"
	"net"
	"sync"
	"time"
)

// delayedConn lets every byte arrive later, without holding back those that follow it.
type delayedConn struct {
	net.Conn
	delay    time.Duration
	incoming chan packet
	outgoing chan packet
	rest     []byte
	close    sync.Once
	closed   chan struct{}
}

type packet struct {
	due  time.Time
	data []byte
	err  error
}

const packetsInFlight = 4096

func newDelayedConn(inner net.Conn, delay time.Duration) *delayedConn {
	c := &delayedConn{Conn: inner, delay: delay, closed: make(chan struct{}),
		incoming: make(chan packet, packetsInFlight), outgoing: make(chan packet, packetsInFlight)}
	go c.pump()
	go c.deliver()
	return c
}

// pump reads as fast as bytes come and stamps them.
func (c *delayedConn) pump() {
	for {
		buffer := make([]byte, 32<<10)
		n, err := c.Conn.Read(buffer)
		select {
		case c.incoming <- packet{time.Now().Add(c.delay), buffer[:n], err}:
		case <-c.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// deliver writes what is due.
func (c *delayedConn) deliver() {
	for {
		select {
		case p := <-c.outgoing:
			if !c.wait(p.due) {
				return
			}
			if _, err := c.Conn.Write(p.data); err != nil {
				c.Close()
				return
			}
		case <-c.closed:
			return
		}
	}
}

func (c *delayedConn) wait(due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.closed:
		return false
	}
}

// Read returns bytes once they are due.
func (c *delayedConn) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		select {
		case next := <-c.incoming:
			if !c.wait(next.due) {
				return 0, net.ErrClosed
			}
			if c.rest = next.data; len(c.rest) == 0 && next.err != nil {
				return 0, next.err
			}
		case <-c.closed:
			return 0, io.EOF
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Write queues bytes for later and returns at once.
func (c *delayedConn) Write(p []byte) (int, error) {
	select {
	case c.outgoing <- packet{due: time.Now().Add(c.delay), data: append([]byte(nil), p...)}:
		return len(p), nil
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

// Close ends both directions at once.
func (c *delayedConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
