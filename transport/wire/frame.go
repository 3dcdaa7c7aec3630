package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Type says what a frame carries.
type Type byte

// The types of frames. Their numbers are part of the protocol.
const (
	TypeHello        Type = 1
	TypeRequest      Type = 2 // controller to runner
	TypeResponse     Type = 3 // runner to controller
	TypeContentNeed  Type = 4 // runner to controller
	TypeContentChunk Type = 5 // controller to runner
	TypeCancel       Type = 6 // controller to runner
	TypePing         Type = 7 // controller to runner
	TypePong         Type = 8 // runner to controller, carries a Ping
)

const headerSize = 5 // payload length, big endian, then the type

// ErrTooLarge says that a message does not fit into a frame.
var ErrTooLarge = fmt.Errorf("message larger than the %d MiB of a frame", MaxFrame>>20)

// Reader reads frames. It is used by one goroutine.
type Reader struct {
	r      *bufio.Reader
	header [headerSize]byte
	buf    []byte
}

// NewReader reads frames from r, which a Scan may have used before.
func NewReader(r *bufio.Reader) *Reader { return &Reader{r: r} }

// Next returns the next frame; the payload is valid until the call after. The end of the stream between two frames is
// io.EOF, within one io.ErrUnexpectedEOF.
func (r *Reader) Next() (Type, []byte, error) {
	if _, err := io.ReadFull(r.r, r.header[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(r.header[:4])
	kind := Type(r.header[4])
	if kind < TypeHello || kind > TypePong {
		return 0, nil, fmt.Errorf("frame of unknown type %d", kind)
	}
	if size > MaxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes: %w", size, ErrTooLarge)
	}
	payload, err := r.payload(int(size))
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return kind, payload, err
}

// keep is the largest buffer held between frames: a run holds one for each of its hosts.
const keep = 64 << 10

// payload reads size bytes. Memory grows with what arrives, never with what a header claims.
func (r *Reader) payload(size int) ([]byte, error) {
	buf := r.buf[:0]
	for len(buf) < size {
		step := min(size-len(buf), max(keep, len(buf)))
		if cap(buf)-len(buf) < step {
			grown := make([]byte, len(buf), len(buf)+step)
			copy(grown, buf)
			buf = grown
		}
		n, err := io.ReadFull(r.r, buf[len(buf):len(buf)+step])
		buf = buf[:len(buf)+n]
		if err != nil {
			return nil, err
		}
	}
	if cap(buf) <= keep {
		r.buf = buf
	}
	return buf, nil
}
