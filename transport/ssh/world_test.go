package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// person answers questions from a list and remembers what was asked.
type person struct {
	mu      sync.Mutex
	answers []string
	asked   []string
	open    int
	overlap bool
	during  func() // runs while a question is open
}

func (p *person) Ask(_ context.Context, question string, _ bool) (string, error) {
	p.mu.Lock()
	p.open++
	p.overlap = p.overlap || p.open > 1
	p.asked = append(p.asked, question)
	n := len(p.asked)
	p.mu.Unlock()
	if p.during != nil {
		p.during()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	if n > len(p.answers) {
		return "", transport.ErrNoTerminal
	}
	return p.answers[n-1], nil
}

// world is a home folder, a dialer that lives in it, and what it logged.
type world struct {
	t      *testing.T
	home   string
	person *person
	dialer *Dialer
	log    *logbook
}

type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

func newWorld(t *testing.T, answers ...string) *world {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, home: home, person: &person{answers: answers}, log: &logbook{}}
	w.dialer = NewDialer(w.options())
	return w
}

func (w *world) options() Options {
	return Options{Home: w.home, User: "me", Env: []string{"PATH=" + os.Getenv("PATH"), "LC_TEST=hello"},
		SystemDir: filepath.Join(w.home, "etc"), Prompter: w.person, Logf: w.log.add}
}

// write puts a file under ~/.ssh and returns its path.
func (w *world) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.home, ".ssh", name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// keyFile writes a new key and returns its signer and path.
func (w *world) keyFile(name string) (ssh.Signer, string) {
	w.t.Helper()
	signer, private := newKeyPair(w.t)
	block, err := ssh.MarshalPrivateKey(private, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return signer, w.write(name, string(pem.EncodeToMemory(block)))
}

// lockedKeyFile writes a key whose passphrase is "opensesame", made with a single round so that it opens quickly.
func (w *world) lockedKeyFile(name string) (ssh.Signer, string) {
	w.t.Helper()
	text, err := os.ReadFile("testdata/locked")
	if err != nil {
		w.t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, []byte("opensesame"))
	if err != nil {
		w.t.Fatal(err)
	}
	return signer, w.write(name, string(text))
}

// trust writes the server's key to known_hosts.
func (w *world) trust(s *simhost.Server) {
	w.t.Helper()
	w.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(s.HostKey())))
}

func target(s *simhost.Server) transport.Target {
	return transport.Target{Name: "web1", Host: "127.0.0.1", Port: s.Port(), User: "deploy", Timeout: 10 * time.Second}
}

func (w *world) dial(t transport.Target) (transport.Conn, error) {
	c, err := w.dialer.Dial(w.t.Context(), t)
	if err == nil {
		w.t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func (w *world) mustDial(t transport.Target) transport.Conn {
	w.t.Helper()
	c, err := w.dial(t)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// run runs a command and returns what it printed and its exit code.
func run(t testing.TB, c transport.Conn, command, input string) (string, int) {
	t.Helper()
	p, err := c.Start(t.Context(), command, transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		io.WriteString(p.Stdin(), input)
		p.Stdin().Close()
	}()
	var errText bytes.Buffer
	var wait sync.WaitGroup
	wait.Go(func() { io.Copy(&errText, p.Stderr()) })
	out, err := io.ReadAll(p.Stdout())
	if err != nil {
		t.Error(err)
	}
	wait.Wait()
	code, err := p.Wait()
	if err != nil {
		t.Error(err)
	}
	return string(out) + errText.String(), code
}

// wantError checks kind and text of a dialler's error.
func wantError(t *testing.T, err error, kind transport.Kind, parts ...string) {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *transport.Error of kind %s", err, err, kind)
	}
	if e.Kind != kind {
		t.Errorf("kind %s, want %s, in: %v", e.Kind, kind, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err.Error())
	}
	if e.Host != "web1" {
		t.Errorf("host %q in: %v", e.Host, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
}

func start(t testing.TB, o simhost.Options) *simhost.Server {
	t.Helper()
	s, err := simhost.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func keyText(key ssh.PublicKey) string {
	return key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

// certify signs certificates as careless authorities do, too: SignCert refuses those without a name.
func certify(t *testing.T, ca ssh.Signer, cert *ssh.Certificate) *ssh.Certificate {
	t.Helper()
	if cert.ValidBefore == 0 {
		cert.ValidBefore = ssh.CertTimeInfinity
	}
	cert.Nonce, cert.SignatureKey, cert.Signature = []byte("nonce"), ca.PublicKey(), nil
	unsigned := cert.Marshal()
	signature, err := ca.Sign(rand.Reader, unsigned[:len(unsigned)-4]) // without the length of the signature
	if err != nil {
		t.Fatal(err)
	}
	cert.Signature = signature
	return cert
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	s, _ := newKeyPair(t)
	return s
}

// openHost is a server that lets everyone in and runs commands in a folder.
func openHost(t *testing.T) (*simhost.Server, string) {
	t.Helper()
	dir := t.TempDir()
	return start(t, simhost.Options{NoAuth: true, Exec: simhost.Shell(dir), Root: dir}), dir
}

func forwardTo(servers ...*simhost.Server) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		for _, s := range servers {
			if s.Addr() == address {
				return s.DialContext(ctx, "tcp", address)
			}
		}
		return nil, errors.New("connect to " + address + ": Connection refused")
	}
}
