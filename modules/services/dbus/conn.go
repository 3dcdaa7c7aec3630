package dbus

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Conn is a connection to a bus or directly to a service. It is safe for concurrent use; calls take turns.
type Conn struct {
	mu     sync.Mutex
	conn   net.Conn
	in     *bufio.Reader
	serial uint32
	broken error
}

// Dial connects to a Unix socket as the user uid. A bus needs a first greeting (hello); a service's private socket
// does not. The handshake travels with the first call, so connecting costs no round trip of its own.
func Dial(ctx context.Context, socket string, uid int, hello bool) (*Conn, error) {
	var dialer net.Dialer
	nc, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	c := &Conn{conn: nc, in: bufio.NewReaderSize(nc, 32<<10)}
	if err := c.handshake(ctx, uid, hello); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) handshake(ctx context.Context, uid int, hello bool) error {
	defer c.deadline(ctx)()
	greeting := "\x00AUTH EXTERNAL " + hex.EncodeToString([]byte(strconv.Itoa(uid))) + "\r\nBEGIN\r\n"
	if _, err := io.WriteString(c.conn, greeting); err != nil {
		return fmt.Errorf("dbus: %w", err)
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("dbus: authentication: %w", err)
	}
	if !strings.HasPrefix(string(line), "OK") {
		return fmt.Errorf("dbus: authentication refused: %s", strings.TrimSpace(string(line)))
	}
	if !hello {
		return nil
	}
	_, err = c.exchange([]Message{{Destination: "org.freedesktop.DBus", Path: "/org/freedesktop/DBus",
		Interface: "org.freedesktop.DBus", Member: "Hello"}})
	return err
}

// Call makes one call and returns the values of its reply. An error reply is an *Error.
func (c *Conn) Call(ctx context.Context, m Message) ([]any, error) {
	replies, err := c.CallAll(ctx, m)
	if err != nil {
		return nil, err
	}
	return replies[0].Values, replies[0].Err
}

// Reply answers one call of CallAll.
type Reply struct {
	Values []any
	Err    error // an *Error of the peer
}

// CallAll sends several calls at once and waits for all replies. The error is the connection's, after which the
// connection is of no use any more.
func (c *Conn) CallAll(ctx context.Context, ms ...Message) ([]Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil, c.broken
	}
	stop := c.deadline(ctx)
	defer stop()
	replies, err := c.exchange(ms)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		c.broken = fmt.Errorf("dbus: %w", err)
		_ = c.conn.Close()
		return nil, c.broken
	}
	return replies, nil
}

// Broken reports whether the connection is of no use any more.
func (c *Conn) Broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken != nil
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = errors.New("dbus: closed")
	return c.conn.Close()
}

// deadline makes reads and writes end with the context.
func (c *Conn) deadline(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

func (c *Conn) exchange(ms []Message) ([]Reply, error) {
	first := c.serial + 1
	var out []byte
	for _, m := range ms {
		c.serial++
		b, err := m.encode(c.serial)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	if _, err := c.conn.Write(out); err != nil {
		return nil, err
	}
	replies := make([]Reply, len(ms))
	for waiting := len(ms); waiting > 0; {
		serial, r, err := c.read()
		if err != nil {
			return nil, err
		}
		if i := serial - first; serial >= first && int(i) < len(replies) {
			replies[i] = r
			waiting--
		}
	}
	return replies, nil
}

// read reads one message; what is no reply (a signal, a call) comes back with serial 0.
func (c *Conn) read() (uint32, Reply, error) {
	var fixed [16]byte
	if _, err := io.ReadFull(c.in, fixed[:]); err != nil {
		return 0, Reply{}, err
	}
	order, headerLen, bodyLen, err := frame(fixed)
	if err != nil {
		return 0, Reply{}, err
	}
	rest := make([]byte, len(fixed)+headerLen+bodyLen)
	copy(rest, fixed[:])
	if _, err := io.ReadFull(c.in, rest[len(fixed):]); err != nil {
		return 0, Reply{}, err
	}
	return parse(rest, order, headerLen)
}

// frame reads the fixed part of a message: the sizes of the header fields (with padding) and of the body.
func frame(fixed [16]byte) (order binary.ByteOrder, header, body int, err error) {
	switch fixed[0] {
	case 'l':
		order = binary.LittleEndian
	case 'B':
		order = binary.BigEndian
	default:
		return nil, 0, 0, fmt.Errorf("unknown byte order %q", fixed[0])
	}
	b, f := order.Uint32(fixed[4:]), order.Uint32(fixed[12:])
	if b > maxMessage || f > maxMessage {
		return nil, 0, 0, errors.New("the message is too large")
	}
	return order, (int(f) + 7) &^ 7, int(b), nil
}

// parse reads a whole message.
func parse(msg []byte, order binary.ByteOrder, headerLen int) (uint32, Reply, error) {
	kind := msg[1]
	if kind != typeReturn && kind != typeError {
		return 0, Reply{}, nil
	}
	h := &decoder{buf: msg[:16+headerLen], pos: 12, order: order}
	fields, err := h.array("(yv)", 0)
	if err != nil {
		return 0, Reply{}, err
	}
	var serial uint32
	var signature, name string
	for _, f := range fields.([]any) {
		pair := f.([]any)
		value := pair[1].(Variant).Value
		switch pair[0].(byte) {
		case fieldReplySerial:
			serial, _ = value.(uint32)
		case fieldSignature:
			signature, _ = value.(string)
		case fieldErrorName:
			name, _ = value.(string)
		}
	}
	b := &decoder{buf: msg[16+headerLen:], order: order}
	values, err := b.values(signature)
	if err != nil {
		return 0, Reply{}, err
	}
	if kind == typeError {
		e := &Error{Name: name}
		if len(values) > 0 {
			e.Message, _ = values[0].(string)
		}
		return serial, Reply{Err: e}, nil
	}
	return serial, Reply{Values: values}, nil
}
