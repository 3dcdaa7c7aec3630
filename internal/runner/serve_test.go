package runner

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport/wire"
)

// peer is the controller's end of a Serve.
type peer struct {
	w      *wire.Writer
	in     *io.PipeWriter
	frames *wire.Reader
	ended  chan error
}

func serve(t *testing.T, greet wire.Hello) *peer {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p := &peer{w: wire.NewWriter(inW), in: inW, ended: make(chan error, 1)}
	go func() {
		p.ended <- Serve(t.Context(), inR, outW, Options{Lookup: func(string) (modules.Module, bool) { return nil, false }, System: sys.Real()})
		_ = outW.Close()
		_ = inR.Close()
	}()
	out := bufio.NewReader(outR)
	if err := wire.Scan(out, nil); err != nil {
		t.Fatal(err)
	}
	p.frames = wire.NewReader(out)
	kind, payload, err := p.frames.Next()
	if err != nil || kind != wire.TypeHello {
		t.Fatalf("frame %d, %v", kind, err)
	}
	h, err := wire.Decode[wire.Hello](payload)
	if err != nil || h.PID != os.Getpid() || h.UID != os.Getuid() || h.Protocol != wire.Protocol {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := p.w.Start(greet); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestServePing(t *testing.T) {
	p := serve(t, wire.Hello{Protocol: wire.Protocol, Heartbeat: time.Minute.Milliseconds()})
	if err := p.w.Send(wire.TypePing, wire.Ping{N: 42}); err != nil {
		t.Fatal(err)
	}
	kind, payload, err := p.frames.Next()
	if err != nil || kind != wire.TypePong {
		t.Fatalf("frame %d, %v", kind, err)
	}
	if pong, err := wire.Decode[wire.Ping](payload); err != nil || pong.N != 42 {
		t.Errorf("%v, %v", pong, err)
	}
	_ = p.in.Close()
	if err := <-p.ended; err != nil {
		t.Errorf("a connection that ends is no error: %v", err)
	}
}

func TestServeEndsWithoutHeartbeat(t *testing.T) {
	p := serve(t, wire.Hello{Protocol: wire.Protocol, Heartbeat: 10})
	if err := <-p.ended; !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
}

func TestServeRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		greet wire.Hello
		send  func(p *peer) error
	}{
		"protocol 99":      {wire.Hello{Protocol: 99}, func(*peer) error { return nil }},
		"unexpected frame": {wire.Hello{Protocol: wire.Protocol}, func(p *peer) error { return p.w.Send(wire.TypeResponse, wire.Response{}) }},
		"decode":           {wire.Hello{Protocol: wire.Protocol}, func(p *peer) error { return p.w.Relay(wire.TypeRequest, []byte{0xff}) }},
		"unknown type":     {wire.Hello{Protocol: wire.Protocol}, func(p *peer) error { return p.w.Relay(99, nil) }},
	} {
		p := serve(t, c.greet)
		if err := c.send(p); err != nil {
			t.Fatal(err)
		}
		if err := <-p.ended; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestRequestThatCannotBeReadIsAnswered(t *testing.T) {
	p := serve(t, wire.Hello{Protocol: wire.Protocol})
	// {1: 7, 3: 5}: items that are no list
	if err := p.w.Relay(wire.TypeRequest, []byte{0xa2, 1, 7, 3, 5}); err != nil {
		t.Fatal(err)
	}
	_, payload, err := p.frames.Next()
	if err != nil {
		t.Fatal(err)
	}
	r, err := wire.Decode[wire.Response](payload)
	if err != nil || r.ID != 7 || !r.Done || r.Kind != wire.KindRunner {
		t.Errorf("%+v, %v", r, err)
	}
	_ = p.in.Close()
	<-p.ended
}

func TestChildMayAnswerOnlyWhatItWasGiven(t *testing.T) {
	var out strings.Builder
	s := &server{w: wire.NewWriter(&out), running: map[uint64]*task{}}
	c := &child{s: s, ids: map[uint64]*task{}}
	_, cancel := context.WithCancelCause(t.Context())
	given := &task{id: 1, cancel: cancel, kill: cancel, content: &contents{}}
	s.running[1], s.running[2] = given, &task{id: 2}
	c.take(given)
	payload := func(kind wire.Type, m any) []byte {
		var b strings.Builder
		if err := wire.NewWriter(&b).Send(kind, m); err != nil {
			t.Fatal(err)
		}
		return []byte(b.String()[5:])
	}
	if err := c.answer(wire.TypeResponse, payload(wire.TypeResponse, wire.Response{ID: 2, Done: true})); err == nil {
		t.Error("it answered for another user's request")
	}
	if err := c.answer(wire.TypeContentNeed, payload(wire.TypeContentNeed, wire.ContentNeed{ID: 2, SHA256: "aa", Credit: 1})); err != nil || out.Len() != 0 {
		t.Errorf("it asked for another user's content: %v, %d bytes sent", err, out.Len())
	}
	if err := c.answer(wire.TypeRequest, nil); err == nil {
		t.Error("it sent a request")
	}
	if err := c.answer(wire.TypeResponse, payload(wire.TypeResponse, wire.Response{ID: 1, Done: true})); err != nil || out.Len() == 0 {
		t.Errorf("its own answer was not passed on: %v", err)
	}
	if err := c.answer(wire.TypeResponse, payload(wire.TypeResponse, wire.Response{ID: 1, Done: true})); err == nil {
		t.Error("it answered twice")
	}
}

func TestCleanUp(t *testing.T) {
	now := time.Now()
	cache := filepath.Join(t.TempDir(), "muster")
	hash := func(c string) string { return strings.Repeat(c, 64) }
	made := func(age time.Duration, parts ...string) string {
		path := filepath.Join(append([]string{cache}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o755); err != nil {
			t.Fatal(err)
		}
		for p := path; p != cache; p = filepath.Dir(p) {
			if err := os.Chtimes(p, now.Add(-age), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	const month = 40 * 24 * time.Hour
	stale := made(month, hash("a"), "runner")
	fresh := made(time.Hour, hash("b"), "runner")
	foreign := made(month, "precious", "runner")
	upload := made(month, hash("c"), ".runner-1")
	young := made(time.Minute, hash("c"), ".runner-2")
	self := made(48*time.Hour, hash("c"), "runner")
	CleanUp(self, now)
	for path, want := range map[string]bool{stale: false, fresh: true, foreign: true, self: true, upload: false, young: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: is there %v, want %v", path, err == nil, want)
		}
	}
	if i, err := os.Stat(self); err != nil || now.Sub(i.ModTime()) > time.Hour {
		t.Error("its own use was not noted")
	}
	// Nothing is touched where the folder is not one of ours.
	cache = filepath.Join(t.TempDir(), "other")
	stale, self = made(month, hash("a"), "runner"), made(month, hash("c"), "runner")
	CleanUp(self, now)
	if _, err := os.Stat(stale); err != nil {
		t.Error("a folder of another name was cleaned")
	}
}

func TestSharedCopy(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Options: Options{Self: []string{exe, "runner"}}}
	base := t.TempDir()
	path, err := s.copyTo(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	for p := path; p != base; p = filepath.Dir(p) {
		if i, err := os.Stat(p); err != nil || i.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", p, i.Mode(), err)
		}
	}
	want, err := s.digest()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got, err := digestOf(f); err != nil || got != want || !strings.Contains(path, want) {
		t.Errorf("%s has digest %s, %v", path, got, err)
	}
	if again, err := s.copyTo(t.Context(), base); err != nil || again != path {
		t.Errorf("%s, %v", again, err)
	}
	if err := os.Chmod(path, 0o777); err != nil { // somebody else might have written it
		t.Fatal(err)
	}
	if _, err := s.copyTo(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o755 {
		t.Error("a copy that others may write was used")
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := s.copyTo(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	if got, err := digestOfFile(path); err != nil || got != want {
		t.Errorf("a damaged copy was used: %s, %v", got, err)
	}
	planted := t.TempDir()
	if err := os.Symlink(base, filepath.Join(planted, filepath.Base(filepath.Dir(filepath.Dir(path))))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.copyTo(t.Context(), planted); err == nil {
		t.Error("a planted link was followed")
	}
}

func TestOpenToEverybody(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "a")
	file := filepath.Join(inner, "runner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	outer := open(dir) // whether the test's own folder can be reached at all
	if open(file) && !outer {
		t.Error("a file in a closed folder is open")
	}
	if err := os.Chmod(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if open(file) {
		t.Error("a file in a private folder is open")
	}
	if !open("/bin/sh") {
		t.Error("/bin/sh is not open")
	}
}
