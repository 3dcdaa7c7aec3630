package dbus

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// peer is a service that answers every call by a script.
type peer struct {
	answer func(serial uint32, member string) []byte
	greet  string
}

func (p peer) listen(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return path
}

func (p peer) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "BEGIN") {
			break
		}
		greet := p.greet
		if greet == "" {
			greet = "OK 1234\r\n"
		}
		_, _ = io.WriteString(c, greet)
	}
	for {
		var fixed [16]byte
		if _, err := io.ReadFull(in, fixed[:]); err != nil {
			return
		}
		_, header, body, err := frame(fixed)
		if err != nil {
			return
		}
		rest := make([]byte, header+body)
		if _, err := io.ReadFull(in, rest); err != nil {
			return
		}
		member := ""
		for _, m := range []string{"Hello", "Good", "Bad", "Close", "Twice"} {
			if strings.Contains(string(rest[:header]), m) {
				member = m
			}
		}
		out := p.answer(binary.LittleEndian.Uint32(fixed[8:]), member)
		if out == nil {
			return
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// reply builds a reply message.
func reply(order binary.ByteOrder, kind byte, serial uint32, errorName, signature string, body []byte) []byte {
	var e encoder
	mark := byte('l')
	if order == binary.BigEndian {
		mark = 'B'
	}
	e.buf = append(e.buf, mark, kind, 0, 1)
	e.uint32(uint32(len(body)))
	e.uint32(99)
	e.array(8, func() {
		e.align(8)
		e.buf = append(e.buf, fieldReplySerial)
		e.signature("u")
		e.uint32(serial)
		e.field(fieldErrorName, "s", errorName)
		e.field(fieldSignature, "g", signature)
	})
	e.align(8)
	out := append(e.buf, body...)
	if order == binary.BigEndian {
		swapHeader(out)
	}
	return out
}

// swapHeader turns the little endian numbers of reply's header around; it knows their places.
func swapHeader(m []byte) {
	for _, at := range []int{4, 8, 12, 20} {
		m[at], m[at+1], m[at+2], m[at+3] = m[at+3], m[at+2], m[at+1], m[at]
	}
}

func text(s string) []byte {
	var e encoder
	e.string(s)
	return e.buf
}

func standard(serial uint32, member string) []byte {
	switch member {
	case "Hello":
		return reply(binary.LittleEndian, typeReturn, serial, "", "s", text(":1.5"))
	case "Good":
		signal := reply(binary.LittleEndian, 4, 0, "", "", nil)
		return append(signal, reply(binary.LittleEndian, typeReturn, serial, "", "s", text("fine"))...)
	case "Bad":
		return reply(binary.LittleEndian, typeError, serial, "org.example.Wrong", "s", text("it is wrong"))
	default:
		return nil
	}
}

func call(member string) Message {
	return Message{Destination: "d", Path: "/p", Interface: "i.f", Member: member, Args: []any{"x", uint32(3), true, []string{"a", "b"}}}
}

func TestCallsOverASocketAndABus(t *testing.T) {
	for _, hello := range []bool{false, true} {
		c, err := Dial(t.Context(), peer{answer: standard}.listen(t), os.Getuid(), hello)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		v, err := c.Call(t.Context(), call("Good"))
		if err != nil || !reflect.DeepEqual(v, []any{"fine"}) {
			t.Errorf("hello %v: got %v, %v", hello, v, err)
		}
		_, err = c.Call(t.Context(), call("Bad"))
		var e *Error
		if !errors.As(err, &e) || e.Name != "org.example.Wrong" || e.Message != "it is wrong" || c.Broken() {
			t.Errorf("an error reply came as %v; broken %v", err, c.Broken())
		}
		rs, err := c.CallAll(t.Context(), call("Good"), call("Bad"), call("Good"))
		if err != nil || rs[0].Err != nil || rs[1].Err == nil || rs[2].Values[0] != "fine" {
			t.Errorf("three calls at once: %v, %v", rs, err)
		}
	}
}

func TestALostConnectionIsBroken(t *testing.T) {
	c, err := Dial(t.Context(), peer{answer: standard}.listen(t), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(t.Context(), call("Close")); err == nil || !c.Broken() {
		t.Errorf("the peer closed, but the call says %v and broken is %v", err, c.Broken())
	}
	if _, err := c.Call(t.Context(), call("Good")); err == nil {
		t.Error("a broken connection answers")
	}
}

func TestACancelledCallEnds(t *testing.T) {
	wait := make(chan struct{})
	defer close(wait)
	p := peer{answer: func(uint32, string) []byte { <-wait; return nil }}
	c, err := Dial(t.Context(), p.listen(t), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Call(ctx, call("Good")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRefusedAuthentication(t *testing.T) {
	_, err := Dial(t.Context(), peer{greet: "REJECTED EXTERNAL\r\n"}.listen(t), 0, false)
	if err == nil || !strings.Contains(err.Error(), "REJECTED") {
		t.Errorf("got %v", err)
	}
}

func TestBigEndianReplies(t *testing.T) {
	p := peer{answer: func(serial uint32, _ string) []byte { return reply(binary.BigEndian, typeReturn, serial, "", "", nil) }}
	c, err := Dial(t.Context(), p.listen(t), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Call(t.Context(), call("Good")); err != nil || len(v) != 0 {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestUnknownArgumentsAreRefused(t *testing.T) {
	if _, err := (Message{Args: []any{3.5}}).encode(1); err == nil {
		t.Error("a float was sent")
	}
}
