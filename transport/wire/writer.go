package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Writer writes frames. Its methods may be called concurrently; frames never mix, and stay in the order of the calls.
type Writer struct {
	mu    sync.Mutex
	w     io.Writer
	buf   bytes.Buffer // frames not written yet
	err   error        // the first failure; sticky
	timer *time.Timer
	armed bool
}

// How long and how much SendSoon may hold back.
const (
	soon      = 20 * time.Millisecond
	soonBytes = 32 << 10
)

// ErrBroken says that the stream takes no more frames, unlike errors about a single message.
var ErrBroken = errors.New("write frame")

// NewWriter writes frames to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Send writes a frame, and those held back before it, in one Write.
func (w *Writer) Send(t Type, message any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.add(t, message); err != nil {
		return err
	}
	return w.flush()
}

// SendSoon adds a frame that may wait for others for up to 20 ms, so that the items of a loop share their packets.
func (w *Writer) SendSoon(t Type, message any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.add(t, message); err != nil {
		return err
	}
	if w.buf.Len() >= soonBytes {
		return w.flush()
	}
	if !w.armed {
		w.armed = true
		if w.timer == nil {
			w.timer = time.AfterFunc(soon, w.expire)
		} else {
			w.timer.Reset(soon)
		}
	}
	return nil
}

// Relay writes a frame that is encoded already.
func (w *Writer) Relay(t Type, payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if len(payload) > MaxFrame {
		return ErrTooLarge
	}
	w.header(t, len(payload))
	w.buf.Write(payload)
	return w.flush()
}

// Start writes Magic and a Hello.
func (w *Writer) Start(h Hello) error {
	w.magic()
	return w.Send(TypeHello, h)
}

// StartSoon does the same, but lets both wait for the first frame.
func (w *Writer) StartSoon(h Hello) error {
	w.magic()
	return w.SendSoon(TypeHello, h)
}

func (w *Writer) magic() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.WriteString(Magic)
}

func (w *Writer) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed {
		_ = w.flush() // the error is sticky; the next Send returns it
	}
}

// add encodes a frame at the end of the buffer, or leaves the buffer as it was.
func (w *Writer) add(t Type, message any) error {
	if w.err != nil {
		return w.err
	}
	start := w.buf.Len()
	w.header(t, 0)
	if err := modes.enc.MarshalToBuffer(message, &w.buf); err != nil {
		w.buf.Truncate(start)
		return fmt.Errorf("encode %T: %w", message, err)
	}
	size := w.buf.Len() - start - headerSize
	if size > MaxFrame {
		w.buf.Truncate(start)
		return ErrTooLarge
	}
	binary.BigEndian.PutUint32(w.buf.Bytes()[start:], uint32(size))
	return nil
}

func (w *Writer) header(t Type, size int) {
	var h [headerSize]byte
	binary.BigEndian.PutUint32(h[:4], uint32(size))
	h[4] = byte(t)
	w.buf.Write(h[:])
}

func (w *Writer) flush() error {
	if w.armed {
		w.armed = false
		w.timer.Stop()
	}
	if w.err != nil {
		return w.err
	}
	if w.buf.Len() == 0 {
		return nil
	}
	if _, err := w.w.Write(w.buf.Bytes()); err != nil {
		w.err = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if w.buf.Cap() > keep {
		w.buf = bytes.Buffer{}
	} else {
		w.buf.Reset()
	}
	return w.err
}
