package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// scripted is a connection whose runner is played by the test.
type scripted struct {
	play   func(w *wire.Writer, frames *wire.Reader, out io.Writer)
	hello  wire.Hello
	stderr string
	done   chan struct{}
}

func (c *scripted) RunnerCommand() string { return "runner" }
func (c *scripted) Done() <-chan struct{} { return c.done }
func (c *scripted) Err() error            { return errors.New("cable cut") }
func (c *scripted) Close() error          { return nil }
func (c *scripted) Put(context.Context, string, io.Reader, int64, uint32) error {
	return errors.ErrUnsupported
}

type scriptedProcess struct {
	in     *io.PipeWriter
	out    *io.PipeReader
	stderr io.Reader
	ended  chan struct{}
}

func (p *scriptedProcess) Stdin() io.WriteCloser { return p.in }
func (p *scriptedProcess) Stdout() io.Reader     { return p.out }
func (p *scriptedProcess) Stderr() io.Reader     { return p.stderr }
func (p *scriptedProcess) Wait() (int, error)    { <-p.ended; return 5, nil }
func (p *scriptedProcess) Kill() error           { return p.out.Close() }

func (c *scripted) Start(context.Context, string, transport.StartOptions) (transport.Process, error) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p := &scriptedProcess{in: inW, out: outR, stderr: strings.NewReader(c.stderr), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		defer func() { _ = outW.Close() }()
		w := wire.NewWriter(outW)
		if w.Start(c.hello) != nil {
			return
		}
		in := bufio.NewReader(inR)
		if wire.Scan(in, nil) != nil {
			return
		}
		frames := wire.NewReader(in)
		if _, _, err := frames.Next(); err != nil { // the greeting
			return
		}
		c.play(w, frames, outW)
		_, _ = io.Copy(io.Discard, in)
	}()
	return p, nil
}

func play(t *testing.T, c *scripted) (*transport.Session, error) {
	t.Helper()
	if c.done == nil {
		c.done = make(chan struct{})
	}
	if c.hello.Protocol == 0 {
		c.hello = wire.Hello{Protocol: wire.Protocol, User: "web"}
	}
	s, err := transport.Open(t.Context(), c, transport.Target{Name: "h1"}, nil, "1")
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

// request reads the next request.
func request(t *testing.T, frames *wire.Reader) *wire.Request {
	kind, payload, err := frames.Next()
	if err != nil || kind != wire.TypeRequest {
		t.Errorf("frame %d, %v", kind, err)
		return &wire.Request{}
	}
	req, err := wire.Decode[wire.Request](payload)
	if err != nil {
		t.Error(err)
		return &wire.Request{}
	}
	return req
}

func TestRunnerThatBreaksTheRules(t *testing.T) {
	ok := map[string]any{"changed": false}
	for _, c := range []struct {
		name string
		say  func(w *wire.Writer, id uint64, out io.Writer)
		kind transport.Kind
		want string
	}{
		{"content that was not named", func(w *wire.Writer, id uint64, _ io.Writer) {
			_ = w.Send(wire.TypeContentNeed, wire.ContentNeed{ID: id, SHA256: "other", Stream: 1, Credit: 10})
		}, transport.KindRunner, "does not name"},
		{"an item too many", func(w *wire.Writer, id uint64, _ io.Writer) {
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Result: ok})
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Index: 1, Result: ok})
		}, transport.KindRunner, "broke the protocol"},
		{"an item twice", func(w *wire.Writer, id uint64, _ io.Writer) {
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Result: ok})
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Result: ok})
		}, transport.KindRunner, "broke the protocol"},
		{"a negative item", func(w *wire.Writer, id uint64, _ io.Writer) {
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Index: -1, Result: ok})
		}, transport.KindRunner, "broke the protocol"},
		{"a request of its own", func(w *wire.Writer, _ uint64, _ io.Writer) {
			_ = w.Send(wire.TypeRequest, wire.Request{ID: 1, Module: "shell"})
		}, transport.KindRunner, "frame of type"},
		{"noise", func(_ *wire.Writer, _ uint64, out io.Writer) {
			_, _ = io.WriteString(out, "Broadcast message: going down\n")
		}, transport.KindRunner, "cannot be understood"},
		{"a failure", func(w *wire.Writer, id uint64, _ io.Writer) {
			_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Done: true, Kind: string(transport.KindBecome), What: "su \x1b[2Jrefused", Hint: "ask"})
		}, transport.KindBecome, "h1: su �[2Jrefused (ask)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := play(t, &scripted{play: func(w *wire.Writer, frames *wire.Reader, out io.Writer) {
				c.say(w, request(t, frames).ID, out)
			}})
			if err != nil {
				t.Fatal(err)
			}
			opened := false
			err = s.Do(t.Context(), &wire.Request{Module: "m", Items: []wire.Item{{}}, Contents: []wire.Content{{SHA256: "named", Size: 3}}},
				func(context.Context, string) (io.ReadCloser, error) { opened = true; return nil, io.EOF }, func(*wire.Response) {})
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(err.Error(), c.want) || opened {
				t.Errorf("got %v, opened %v", err, opened)
			}
			if c.kind == transport.KindBecome {
				return
			}
			<-s.Done()
			if err := s.Do(t.Context(), &wire.Request{Module: "m"}, nil, nil); !errors.As(err, &e) {
				t.Errorf("a session that failed goes on: %v", err)
			}
		})
	}
}

func TestCreditIsKept(t *testing.T) {
	data := strings.Repeat("x", 3*wire.ChunkSize)
	got := make(chan int, 1)
	s, err := play(t, &scripted{play: func(w *wire.Writer, frames *wire.Reader, _ io.Writer) {
		id := request(t, frames).ID
		need := func(credit int64) {
			_ = w.Send(wire.TypeContentNeed, wire.ContentNeed{ID: id, SHA256: "named", Stream: 7, Credit: credit})
		}
		chunk := func() *wire.ContentChunk {
			_, payload, err := frames.Next()
			if err != nil {
				t.Error(err)
				return &wire.ContentChunk{}
			}
			c, err := wire.Decode[wire.ContentChunk](payload)
			if err != nil {
				t.Error(err)
				return &wire.ContentChunk{}
			}
			return c
		}
		need(10)
		total := len(chunk().Data)
		if total != 10 {
			t.Errorf("%d bytes for a credit of 10", total)
		}
		need(1 << 30)
		for {
			c := chunk()
			if total += len(c.Data); c.EOF || c.Err != "" {
				break
			}
		}
		got <- total
		_ = w.Send(wire.TypeResponse, wire.Response{ID: id, Result: map[string]any{}, Done: true})
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Do(t.Context(), &wire.Request{Module: "m", Items: []wire.Item{{}}, Contents: []wire.Content{{SHA256: "named", Size: int64(len(data))}}},
		func(context.Context, string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(data)), nil
		}, func(*wire.Response) {})
	if err != nil || <-got != len(data) {
		t.Error(err)
	}
}

func TestRunnerThatEnds(t *testing.T) {
	for name, c := range map[string]*scripted{
		"with words": {stderr: "panic: out of luck\n", play: func(_ *wire.Writer, frames *wire.Reader, out io.Writer) {
			request(t, frames)
			_ = out.(io.Closer).Close()
		}},
	} {
		s, err := play(t, c)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Do(t.Context(), &wire.Request{Module: "m", Items: []wire.Item{{}}}, nil, func(*wire.Response) {})
		var e *transport.Error
		if !errors.As(err, &e) || e.Kind != transport.KindRunner || !strings.Contains(e.What, "panic: out of luck") {
			t.Errorf("%s: %v", name, err)
		}
	}
	cut := &scripted{done: make(chan struct{})}
	cut.play = func(_ *wire.Writer, frames *wire.Reader, out io.Writer) {
		request(t, frames)
		_ = out.(io.Closer).Close()
		close(cut.done)
	}
	s, err := play(t, cut)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Do(t.Context(), &wire.Request{Module: "m", Items: []wire.Item{{}}}, nil, func(*wire.Response) {})
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != transport.KindLost || !strings.Contains(e.What, "cable cut") {
		t.Errorf("got %v", err)
	}
}

func TestOtherProtocolIsRefused(t *testing.T) {
	_, err := play(t, &scripted{hello: wire.Hello{Protocol: 99}, play: func(*wire.Writer, *wire.Reader, io.Writer) {}})
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != transport.KindRunner || !strings.Contains(e.What, "protocol 99") {
		t.Errorf("got %v", err)
	}
}

func TestRequestThatCannotBeEncodedHurtsNobodyElse(t *testing.T) {
	s, err := play(t, &scripted{play: func(w *wire.Writer, frames *wire.Reader, _ io.Writer) {
		_ = w.Send(wire.TypeResponse, wire.Response{ID: request(t, frames).ID, Done: true})
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Do(t.Context(), &wire.Request{Module: "m", Items: []wire.Item{{Args: map[string]any{"f": func() {}}}}}, nil, nil)
	var e *transport.Error
	if err == nil || errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
	if err := s.Do(t.Context(), &wire.Request{Module: "m"}, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestKindsAreTheSameOnBothSides(t *testing.T) {
	for _, k := range [][2]string{
		{string(transport.KindBecomeWrong), wire.KindBecomeWrong}, {string(transport.KindBecomeMissing), wire.KindBecomeMissing},
		{string(transport.KindBecome), wire.KindBecome}, {string(transport.KindNoPlace), wire.KindNoPlace},
		{string(transport.KindDiskFull), wire.KindDiskFull}, {string(transport.KindRunner), wire.KindRunner},
	} {
		if k[0] != k[1] {
			t.Errorf("%s and %s", k[0], k[1])
		}
	}
}
