package simhost

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// memoryListener hands out connections that never touch the network.
type memoryListener struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

type memoryAddr struct{}

// Network names the kind of address.
func (memoryAddr) Network() string { return "memory" }

// String names the address.
func (memoryAddr) String() string { return "memory:22" }

func newMemoryListener() *memoryListener {
	return &memoryListener{incoming: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next dial.
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and dial fail.
func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns a name for messages.
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	there, back := newQueue(), newQueue()
	client, server := &memoryConn{in: back, out: there}, &memoryConn{in: there, out: back}
	select {
	case l.incoming <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// memoryConn is one end of a connection in memory. It knows no deadlines; closing it ends what waits.
type memoryConn struct{ in, out *queue }

// Read takes what the other end wrote.
func (c *memoryConn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write waits while too much lies unread.
func (c *memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close closes both directions; the other end still reads what was written.
func (c *memoryConn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

// LocalAddr returns a name for messages.
func (c *memoryConn) LocalAddr() net.Addr { return memoryAddr{} }

// RemoteAddr returns a name for messages.
func (c *memoryConn) RemoteAddr() net.Addr { return memoryAddr{} }

// SetDeadline does nothing.
func (c *memoryConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *memoryConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

const queueLimit = 256 << 10

// queue is a bounded byte pipe.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond
	data   []byte
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.change = sync.NewCond(&q.mu)
	return q
}

func (q *queue) read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.data) == 0 && !q.closed {
		q.change.Wait()
	}
	if len(q.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, q.data)
	if q.data = q.data[n:]; len(q.data) == 0 {
		q.data = nil
	}
	q.change.Broadcast()
	return n, nil
}

func (q *queue) write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.data) > queueLimit && !q.closed {
		q.change.Wait()
	}
	if q.closed {
		return 0, io.ErrClosedPipe
	}
	q.data = append(q.data, p...)
	q.change.Broadcast()
	return len(p), nil
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.change.Broadcast()
}
