package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// trusted is a world that trusts an open host, and a connection to it.
func trustedHost(t *testing.T, o simhost.Options) (*world, *simhost.Server, transport.Conn) {
	t.Helper()
	o.NoAuth = true
	w, s := newWorld(t), start(t, o)
	w.trust(s)
	return w, s, w.mustDial(target(s))
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	_, s, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(dir)})
	cases := []struct {
		command, input, output string
		code                   int
	}{
		{"cat; echo oops >&2; exit 3", "input", "inputoops\n", 3},
		{"true", "", "", 0},
		{"exit 255", "", "", 255},
	}
	for _, k := range cases {
		if out, code := run(t, c, k.command, k.input); out != k.output || code != k.code {
			t.Errorf("%s: %q and code %d, want %q and %d", k.command, out, code, k.output, k.code)
		}
	}
	if n := s.Stats().Connections; n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestPTYAndEnvironment(t *testing.T) {
	w := newWorld(t)
	s := start(t, simhost.Options{NoAuth: true, Exec: func(ctx context.Context, _ string, _ io.Reader, out, _ io.Writer) int {
		info := simhost.SessionOf(ctx)
		if info.PTY {
			io.WriteString(out, "terminal ")
		}
		io.WriteString(out, info.User+" "+info.Env["LC_TEST"]+" "+info.Env["SET"])
		return 0
	}})
	w.trust(s)
	w.write("config", "SendEnv LC_*\nSetEnv SET=fixed\n")
	p, err := w.mustDial(target(s)).Start(t.Context(), "x", transport.StartOptions{PTY: true})
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(p.Stdout())
	if err != nil || string(out) != "terminal deploy hello fixed" {
		t.Errorf("%q %v", out, err)
	}
}

func TestNoPTYAndNoShell(t *testing.T) {
	_, _, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(t.TempDir()), Faults: simhost.Faults{NoPTY: true}})
	_, err := c.Start(t.Context(), "true", transport.StartOptions{PTY: true})
	wantError(t, err, transport.KindNoShell, "gives no terminal", "PermitTTY")
	_, _, c = trustedHost(t, simhost.Options{})
	_, err = c.Start(t.Context(), "true", transport.StartOptions{})
	wantError(t, err, transport.KindNoShell, "refuses to run commands for deploy")
}

func TestMaxSessions(t *testing.T) {
	_, _, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(t.TempDir()), Faults: simhost.Faults{MaxSessions: 1}})
	p, err := c.Start(t.Context(), "cat", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Start(t.Context(), "true", transport.StartOptions{})
	wantError(t, err, transport.KindMaxSessions, "refuses another session", "open failed", "raise MaxSessions")
	if err := c.Put(t.Context(), "x", strings.NewReader("x"), 1, 0o600); err == nil {
		t.Error("Put worked without a session")
	} else {
		wantError(t, err, transport.KindMaxSessions)
	}
	if err := p.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(); code != 0 || err != nil {
		t.Errorf("%d %v", code, err)
	}
}

func TestPut(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 40<<10) // several windows
	cases := []struct {
		name string
		o    simhost.Options
	}{
		{"sftp", simhost.Options{}},
		{"no subsystem", simhost.Options{NoSFTP: true}},
		{"noisy subsystem", simhost.Options{Faults: simhost.Faults{SFTPNoise: "Welcome to the machine!\n"}}},
		{"noisy shell", simhost.Options{NoSFTP: true, Faults: simhost.Faults{Noise: "motd\n"}}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			k.o.Exec, k.o.Root = simhost.Shell(dir), dir
			_, s, c := trustedHost(t, k.o)
			for range 2 { // the second overwrites
				if err := c.Put(t.Context(), "it's a file", bytes.NewReader(content), int64(len(content)), 0o750); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(filepath.Join(dir, "it's a file"))
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes, want %d (%v)", len(got), len(content), err)
			}
			if info, err := os.Stat(filepath.Join(dir, "it's a file")); err != nil || info.Mode().Perm() != 0o750 {
				t.Errorf("%v %v", info, err)
			}
			if commands := s.Stats().Commands; (commands == 0) != (k.name == "sftp") {
				t.Errorf("%d commands ran", commands)
			}
		})
	}
}

func TestPutErrors(t *testing.T) {
	for _, noSFTP := range []bool{false, true} {
		dir := t.TempDir()
		_, _, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(dir), Root: dir, NoSFTP: noSFTP})
		err := c.Put(t.Context(), "missing/file", strings.NewReader("x"), 1, 0o600)
		wantError(t, err, transport.KindNoPlace, "cannot write missing/file")
		if err := c.Put(t.Context(), "short", io.MultiReader(strings.NewReader("x")), 10, 0o600); err == nil ||
			!strings.Contains(err.Error(), "shorter than announced") {
			t.Errorf("no SFTP %v: %v", noSFTP, err)
		}
	}
}

func TestDiskFullThroughShell(t *testing.T) {
	_, _, c := trustedHost(t, simhost.Options{Exec: func(_ context.Context, _ string, in io.Reader, _, errs io.Writer) int {
		io.WriteString(errs, "cat: write error: No space left on device\n")
		return 1
	}})
	err := c.Put(t.Context(), "x", strings.NewReader("x"), 1, 0o600)
	wantError(t, err, transport.KindDiskFull, "no space left for x")
}

func TestCancelKills(t *testing.T) {
	ended := make(chan struct{})
	_, _, c := trustedHost(t, simhost.Options{Exec: func(ctx context.Context, _ string, _ io.Reader, out, _ io.Writer) int {
		io.WriteString(out, "up")
		<-ctx.Done()
		close(ended)
		return 0
	}})
	ctx, cancel := context.WithCancel(t.Context())
	p, err := c.Start(ctx, "wait", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p.Stdout(), make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-ended
	code, err := p.Wait()
	if code != -1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d %v", code, err)
	}
	if _, err := c.Start(ctx, "true", transport.StartOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("started under a dead context: %v", err)
	}
}

func TestKill(t *testing.T) {
	_, _, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(t.TempDir())})
	p, err := c.Start(t.Context(), "sleep 100", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(); code != -1 || err == nil {
		t.Errorf("%d %v", code, err)
	}
}

func TestLost(t *testing.T) {
	_, s, c := trustedHost(t, simhost.Options{Exec: simhost.Shell(t.TempDir())})
	p, err := c.Start(t.Context(), "cat", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Err() != nil {
		t.Errorf("an open connection says %v", c.Err())
	}
	s.Drop()
	<-c.Done()
	wantError(t, c.Err(), transport.KindLost, "connection to 127.0.0.1:", "lost: the other side closed the connection")
	code, err := p.Wait()
	if code != -1 {
		t.Errorf("code %d", code)
	}
	wantError(t, err, transport.KindLost)
	_, err = c.Start(t.Context(), "true", transport.StartOptions{})
	wantError(t, err, transport.KindLost)
}

func TestCloseIsNoLoss(t *testing.T) {
	_, _, c := trustedHost(t, simhost.Options{})
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	<-c.Done()
	if c.Err() != nil {
		t.Errorf("a closed connection says %v", c.Err())
	}
}

func TestKeepAliveFindsDeadPeer(t *testing.T) {
	w := newWorld(t)
	dead := start(t, simhost.Options{NoAuth: true, Faults: simhost.Faults{IgnoreRequests: true}})
	w.trust(dead)
	s, err := w.dialer.resolve(t.Context(), target(dead))
	if err != nil {
		t.Fatal(err)
	}
	s.aliveInterval, s.aliveMax = 10*time.Millisecond, 2
	l, err := w.dialer.connect(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, l)
	<-c.Done()
	wantError(t, c.Err(), transport.KindLost, "no answer for")
}

func TestKeepAliveLeavesLivingPeerAlone(t *testing.T) {
	w := newWorld(t)
	living, _ := openHost(t)
	w.trust(living)
	s, err := w.dialer.resolve(t.Context(), target(living))
	if err != nil {
		t.Fatal(err)
	}
	s.aliveInterval, s.aliveMax = 5*time.Millisecond, 2
	l, err := w.dialer.connect(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, l)
	defer c.Close()
	if out, _ := run(t, c, "sleep 0.2; echo done", ""); out != "done\n" {
		t.Errorf("%q, connection: %v", out, c.Err())
	}
}
