package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestScan(t *testing.T) {
	for _, c := range []struct{ name, before string }{
		{"nothing", ""},
		{"a login file", "Welcome to db1\nLast login: today\n"},
		{"half of the magic", Magic[:4] + "x"},
		{"magic's start before magic", Magic[:1]},
		{"twice the start", Magic[:5] + Magic[:3]},
		{"more than a buffer", strings.Repeat("noise ", 2000)},
	} {
		for _, split := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				var in io.Reader = strings.NewReader(c.before + Magic + "rest")
				if split {
					in = iotest.OneByteReader(in)
				}
				r := bufio.NewReader(in)
				var noise bytes.Buffer
				if err := Scan(r, func(p []byte) error { noise.Write(p); return nil }); err != nil {
					t.Fatal(err)
				}
				if noise.String() != c.before {
					t.Errorf("noise %q, want %q", noise.String(), c.before)
				}
				if rest, err := io.ReadAll(r); err != nil || string(rest) != "rest" {
					t.Errorf("rest %q, %v", rest, err)
				}
			})
		}
	}
}

func TestScanGivesPromptsBeforeMore(t *testing.T) {
	in, out := io.Pipe()
	answered := make(chan struct{})
	go func() {
		_, _ = io.WriteString(out, "Password: ")
		<-answered
		_, _ = io.WriteString(out, "\r\n"+Magic)
	}()
	once := false
	err := Scan(bufio.NewReader(in), func(p []byte) error {
		if !once && strings.HasSuffix(string(p), ": ") {
			once = true
			close(answered)
		}
		return nil
	})
	if err != nil || !once {
		t.Errorf("%v, answered %v", err, once)
	}
}

func TestScanEnds(t *testing.T) {
	if err := Scan(bufio.NewReader(strings.NewReader("no such account\n")), nil); !errors.Is(err, io.EOF) {
		t.Errorf("end of stream: %v", err)
	}
	endless := iotest.DataErrReader(strings.NewReader(strings.Repeat("y\n", maxNoise)))
	if err := Scan(bufio.NewReader(endless), nil); !errors.Is(err, ErrNoMagic) {
		t.Errorf("endless noise: %v", err)
	}
	stop := errors.New("stop")
	if err := Scan(bufio.NewReader(strings.NewReader("x")), func([]byte) error { return stop }); err != stop {
		t.Errorf("refused noise: %v", err)
	}
}
