package simhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, s *Server, auth ...ssh.AuthMethod) *ssh.Client {
	t.Helper()
	c, err := tryConnect(t, s, auth...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func tryConnect(t *testing.T, s *Server, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	conn, err := s.DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	sc, channels, requests, err := ssh.NewClientConn(conn, s.Addr(),
		&ssh.ClientConfig{User: "u", Auth: auth, HostKeyCallback: ssh.FixedHostKey(s.HostKey())})
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(sc, channels, requests), nil
}

func echo(_ context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) int {
	fmt.Fprintf(stdout, "ran %s\n", command)
	io.Copy(stdout, stdin)
	fmt.Fprint(stderr, "error text")
	return 3
}

func TestExec(t *testing.T) {
	for _, memory := range []bool{false, true} {
		t.Run(fmt.Sprintf("memory %v", memory), func(t *testing.T) {
			s := start(t, Options{NoAuth: true, Exec: echo, InMemory: memory})
			session, err := connect(t, s).NewSession()
			if err != nil {
				t.Fatal(err)
			}
			var complaints strings.Builder
			session.Stdin, session.Stderr = strings.NewReader("input"), &complaints
			out, err := session.Output("a command")
			var exit *ssh.ExitError
			if !errors.As(err, &exit) || exit.ExitStatus() != 3 {
				t.Errorf("exit %v, want 3", err)
			}
			if string(out) != "ran a command\ninput" || complaints.String() != "error text" {
				t.Errorf("output %q, errors %q", out, complaints.String())
			}
			if got := s.Stats(); got.Connections != 1 || got.Commands != 1 || got.BytesIn == 0 || got.RoundTrips == 0 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(a string) ssh.AuthMethod {
		return ssh.KeyboardInteractive(func(_, _ string, q []string, _ []bool) ([]string, error) {
			answers := make([]string, len(q))
			for i := range answers {
				answers[i] = a
			}
			return answers, nil
		})
	}
	cases := []struct {
		name string
		o    Options
		auth []ssh.AuthMethod
		ok   bool
	}{
		{"zero options", Options{}, []ssh.AuthMethod{ssh.PublicKeys(key), ssh.Password("p")}, false},
		{"key", Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}}, []ssh.AuthMethod{ssh.PublicKeys(key)}, true},
		{"other key", Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}}, []ssh.AuthMethod{ssh.PublicKeys(other)}, false},
		{"password", Options{Password: "p"}, []ssh.AuthMethod{ssh.Password("p")}, true},
		{"wrong password", Options{Password: "p"}, []ssh.AuthMethod{ssh.Password("q")}, false},
		{"wrong user", Options{Password: "p", User: "root"}, []ssh.AuthMethod{ssh.Password("p")}, false},
		{"question", Options{Questions: []Question{{"Code: ", false, "7"}}}, []ssh.AuthMethod{answer("7")}, true},
		{"wrong answer", Options{Questions: []Question{{"Code: ", false, "7"}}}, []ssh.AuthMethod{answer("8")}, false},
		{"two steps", Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}, Then: []Question{{"Code: ", false, "7"}}},
			[]ssh.AuthMethod{ssh.PublicKeys(key), answer("7")}, true},
		{"one of two steps", Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}, Then: []Question{{"Code: ", false, "7"}}},
			[]ssh.AuthMethod{ssh.PublicKeys(key)}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := tryConnect(t, start(t, c.o), c.auth...); (err == nil) != c.ok {
				t.Errorf("error %v, want success %v", err, c.ok)
			}
		})
	}
}

func TestSFTPStaysInside(t *testing.T) {
	root := t.TempDir()
	if err := os.Symlink("/etc", filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	client, err := sftp.NewClient(connect(t, start(t, Options{NoAuth: true, Root: root})))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Mkdir("/dir"); err != nil {
		t.Fatal(err)
	}
	f, err := client.Create("/dir/../dir/file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := f.Chmod(0o640); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Rename("/dir/file", "/dir/new"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "dir", "new"))
	if err != nil || string(got) != "content" {
		t.Fatalf("%q %v", got, err)
	}
	if info, err := client.Stat("/dir/new"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info, err)
	}
	for _, bad := range []string{"/out/passwd", "/../../../../etc/passwd", "/missing"} {
		if _, err := client.Open(bad); err == nil {
			t.Errorf("%s could be opened", bad)
		}
	}
}

func TestKillEndsTheCommand(t *testing.T) {
	ended := make(chan struct{})
	s := start(t, Options{NoAuth: true, Exec: func(ctx context.Context, _ string, _ io.Reader, out, _ io.Writer) int {
		io.WriteString(out, "started")
		<-ctx.Done()
		close(ended)
		return 0
	}})
	session, err := connect(t, s).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("wait"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("started"))); err != nil {
		t.Fatal(err)
	}
	if err := session.Signal(ssh.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestFaults(t *testing.T) {
	t.Run("sessions", func(t *testing.T) {
		c := connect(t, start(t, Options{NoAuth: true, Exec: echo, Faults: Faults{MaxSessions: 1}}))
		first, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.NewSession(); err == nil {
			t.Error("a second session was opened")
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("refusal", func(t *testing.T) {
		s := start(t, Options{Faults: Faults{Refusal: "Go away\r\n"}})
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got, err := io.ReadAll(conn); string(got) != "Go away\r\n" {
			t.Errorf("%q %v", got, err)
		}
	})
	t.Run("noise", func(t *testing.T) {
		s := start(t, Options{NoAuth: true, Exec: Shell(t.TempDir()), Faults: Faults{Noise: "welcome\n"}})
		session, err := connect(t, s).NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := session.Output("echo done"); string(got) != "welcome\ndone\n" {
			t.Errorf("%q %v", got, err)
		}
	})
}

func TestLatency(t *testing.T) {
	const delay = 20 * time.Millisecond
	s := start(t, Options{NoAuth: true, Exec: echo, Latency: delay})
	c := connect(t, s)
	begin := time.Now()
	if _, err := c.NewSession(); err != nil { // one round trip
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 2*delay {
		t.Errorf("a round trip took %v, want at least %v", took, 2*delay)
	}
}

func TestForward(t *testing.T) {
	inner := start(t, Options{NoAuth: true, Exec: echo})
	outer := start(t, Options{NoAuth: true, Forward: func(ctx context.Context, address string) (net.Conn, error) {
		return inner.DialContext(ctx, "tcp", address)
	}})
	conn, err := connect(t, outer).Dial("tcp", inner.Addr())
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ClientConfig{User: "u", HostKeyCallback: ssh.FixedHostKey(inner.HostKey())}
	if _, _, _, err := ssh.NewClientConn(conn, inner.Addr(), config); err != nil {
		t.Fatal(err)
	}
	if outer.Stats().Forwards != 1 {
		t.Errorf("stats %+v", outer.Stats())
	}
}

// TestBackgroundEndsWithTheServer has a command leave work behind: it outlives the connection, and Close ends it and waits.
func TestBackgroundEndsWithTheServer(t *testing.T) {
	began, ended := make(chan struct{}), false
	s, err := Start(Options{NoAuth: true, Exec: func(ctx context.Context, _ string, _ io.Reader, _, _ io.Writer) int {
		Background(ctx, func(ctx context.Context) {
			close(began)
			<-ctx.Done()
			ended = true
		})
		return 0
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s)
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Run("leave"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := s.Close(); err != nil || !ended {
		t.Errorf("ended %v, %v", ended, err)
	}
}
