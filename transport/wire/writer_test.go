package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

// writes records each Write apart.
type writes struct {
	mu  sync.Mutex
	all [][]byte
	got chan struct{}
	err error
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	w.all = append(w.all, bytes.Clone(p))
	if w.got != nil {
		w.got <- struct{}{}
	}
	return len(p), nil
}

func TestSendIsOneWrite(t *testing.T) {
	out := &writes{}
	w := NewWriter(out)
	for n := range 3 {
		if err := w.SendSoon(TypePong, Ping{N: uint64(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(out.all) != 0 {
		t.Fatalf("%d writes before they were due", len(out.all))
	}
	if err := w.Send(TypePong, Ping{N: 3}); err != nil {
		t.Fatal(err)
	}
	if len(out.all) != 1 || len(out.all[0]) != 4*(headerSize+3) {
		t.Errorf("writes: %x", out.all)
	}
}

func TestSendSoonComesByItself(t *testing.T) {
	out := &writes{got: make(chan struct{}, 8)}
	w := NewWriter(out)
	for range 2 {
		if err := w.SendSoon(TypePong, Ping{N: 1}); err != nil {
			t.Fatal(err)
		}
		<-out.got
	}
}

func TestSendSoonDoesNotHoardBytes(t *testing.T) {
	out := &writes{}
	if err := NewWriter(out).SendSoon(TypeContentChunk, ContentChunk{Data: make([]byte, soonBytes)}); err != nil {
		t.Fatal(err)
	}
	if len(out.all) != 1 {
		t.Error("a large frame was held back")
	}
}

func TestRefusedMessageLeavesTheStreamWhole(t *testing.T) {
	out := &writes{}
	w := NewWriter(out)
	if err := w.SendSoon(TypePing, Ping{N: 1}); err != nil {
		t.Fatal(err)
	}
	if err := w.Send(TypeResponse, Response{Result: map[string]any{"big": strings.Repeat("x", MaxFrame)}}); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	if err := w.Send(TypeResponse, Response{Result: map[string]any{"f": func() {}}}); err == nil {
		t.Fatal("a function was encoded")
	}
	if err := w.Relay(TypeResponse, make([]byte, MaxFrame+1)); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	if err := w.Send(TypePing, Ping{N: 2}); err != nil {
		t.Fatal(err)
	}
	if got := bytes.Join(out.all, nil); len(got) != 2*(headerSize+3) {
		t.Errorf("stream is %x", got)
	}
}

func TestWriteErrorIsSticky(t *testing.T) {
	out := &writes{err: io.ErrClosedPipe}
	w := NewWriter(out)
	for range 2 {
		if err := w.Send(TypePing, Ping{N: 1}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
		out.err = nil
	}
	if err := w.Relay(TypePing, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("relay: got %v", err)
	}
}

func TestFramesDoNotMix(t *testing.T) {
	out := &writes{}
	w := NewWriter(out)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for range 50 {
				if err := w.SendSoon(TypeContentChunk, ContentChunk{ID: uint64(g), Data: bytes.Repeat([]byte{byte(g)}, 10*g)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := w.Send(TypePing, Ping{}); err != nil {
		t.Fatal(err)
	}
	count := 0
	for rest := bytes.Join(out.all, nil); len(rest) > 0; count++ {
		kind, payload := next(t, rest)
		if kind == TypeContentChunk {
			c, err := Decode[ContentChunk](payload)
			if err != nil || len(c.Data) != 10*int(c.ID) {
				t.Fatalf("%+v, %v", c, err)
			}
		}
		rest = rest[headerSize+len(payload):]
	}
	if count != 201 {
		t.Errorf("%d frames", count)
	}
}
