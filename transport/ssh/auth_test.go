package ssh

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// serveAgent runs an agent and returns its socket and how often it was connected to.
func serveAgent(t *testing.T, keys ...any) (string, func() int) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ring := agent.NewKeyring()
	for _, k := range keys {
		added := agent.AddedKey{PrivateKey: k, Comment: "agent@test"}
		if withCert, ok := k.(agent.AddedKey); ok {
			added = withCert
		}
		if err := ring.Add(added); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	count := 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			count++
			mu.Unlock()
			go func() {
				agent.ServeAgent(ring, c)
				c.Close()
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func keyHost(t *testing.T, keys ...ssh.PublicKey) *simhost.Server {
	t.Helper()
	return start(t, simhost.Options{AuthorizedKeys: keys, Exec: simhost.Shell(t.TempDir())})
}

func TestKeyFile(t *testing.T) {
	w := newWorld(t)
	key, path := w.keyFile("named")
	s := keyHost(t, key.PublicKey())
	w.trust(s)
	socket, asked := serveAgent(t, newPrivate(t))
	w.useAgent(socket)
	to := target(s)
	to.KeyFile = path
	w.mustDial(to)
	if asked() != 0 {
		t.Error("the agent was asked although the named key was accepted")
	}
}

func TestDefaultKeysAndConfiguredKeys(t *testing.T) {
	w := newWorld(t)
	byDefault, _ := w.keyFile("id_ed25519")
	named, _ := w.keyFile("other")
	one, two := keyHost(t, byDefault.PublicKey()), keyHost(t, named.PublicKey())
	w.trust(one)
	w.mustDial(target(one))
	w.trust(two)
	w.write("config", "IdentityFile ~/.ssh/other\n")
	w.dialer = NewDialer(w.options())
	w.mustDial(target(two))
}

func (w *world) useAgent(socket string) {
	o := w.options()
	o.Env = append(o.Env, "SSH_AUTH_SOCK="+socket)
	w.dialer = NewDialer(o)
}

func TestAgent(t *testing.T) {
	private := newPrivate(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s := keyHost(t, signer.PublicKey())
	socket, asked := serveAgent(t, newPrivate(t), private)
	w := newWorld(t)
	w.trust(s)
	w.useAgent(socket)
	for range 3 {
		w.mustDial(target(s))
	}
	if asked() != 1 {
		t.Errorf("%d connections to the agent, want 1", asked())
	}
	w.write("config", "IdentitiesOnly yes\n")
	w.useAgent(socket)
	_, err = w.dial(target(s))
	wantError(t, err, transport.KindAuth, "there was nothing to try")
	w.write("config", "IdentityAgent "+socket+"\n")
	w.dialer = NewDialer(w.options())
	w.mustDial(target(s))
	w.write("config", "IdentityAgent none\n")
	w.useAgent(socket)
	if _, err := w.dial(target(s)); err == nil {
		t.Error("the agent was used although there is to be none")
	}
}

func TestEncryptedKeyIsAskedForOnce(t *testing.T) {
	w := newWorld(t, "wrong", "opensesame")
	key, path := w.lockedKeyFile("locked")
	s, stranger := keyHost(t, key.PublicKey()), keyHost(t, newSigner(t).PublicKey())
	w.write("known_hosts", "[127.0.0.1]:* "+keyText(s.HostKey())+"\n[127.0.0.1]:* "+keyText(stranger.HostKey())+"\n")
	w.write("config", "IdentityFile "+path+"\n")
	_, err := w.dial(target(stranger)) // does not want the key, so nobody is asked for it
	wantError(t, err, transport.KindAuth, "tried key "+path)
	if len(w.person.asked) != 0 {
		t.Fatalf("asked %q", w.person.asked)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := w.dial(target(s)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	want := "Enter passphrase for key '" + path + "': "
	if len(w.person.asked) != 2 || w.person.asked[0] != want || w.person.asked[1] != want {
		t.Errorf("asked %q", w.person.asked)
	}
}

func TestEncryptedKeyWithoutAPerson(t *testing.T) {
	w := newWorld(t)
	key, path := w.lockedKeyFile("locked")
	s := keyHost(t, key.PublicKey())
	w.trust(s)
	to := target(s)
	to.KeyFile = path
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "could not use key "+path, "it is encrypted and there is no passphrase", "load the key into an agent")
	to.KeyPass = "wrong"
	_, err = w.dial(to)
	wantError(t, err, transport.KindAuth, "wrong passphrase")
	to.KeyPass = "opensesame"
	w.mustDial(to)
}

func TestEncryptedKeyThatTheAgentHasOpen(t *testing.T) {
	w := newWorld(t)
	signer, path := w.lockedKeyFile("locked")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	private, err := ssh.ParseRawPrivateKeyWithPassphrase(text, []byte("opensesame"))
	if err != nil {
		t.Fatal(err)
	}
	s := keyHost(t, signer.PublicKey())
	w.trust(s)
	socket, _ := serveAgent(t, private)
	w.useAgent(socket)
	to := target(s)
	to.KeyFile = path
	w.mustDial(to)
}

func TestUserCertificates(t *testing.T) {
	ca := newSigner(t)
	s := start(t, simhost.Options{UserCAs: []ssh.PublicKey{ca.PublicKey()}})
	w := newWorld(t)
	w.trust(s)
	key, path := w.keyFile("certified")
	cert := certify(t, ca, &ssh.Certificate{CertType: ssh.UserCert, Key: key.PublicKey(), ValidPrincipals: []string{"deploy"}})
	text := string(ssh.MarshalAuthorizedKey(cert))
	beside := w.write("certified-cert.pub", text)
	to := target(s)
	to.KeyFile = path
	w.mustDial(to)

	if err := os.Rename(beside, filepath.Join(w.home, "elsewhere.pub")); err != nil {
		t.Fatal(err)
	}
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "tried key "+path)
	to.SSHArgs = []string{"-o", "CertificateFile=~/elsewhere.pub"}
	w.mustDial(to)

	private := newPrivate(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	inAgent := certify(t, ca, &ssh.Certificate{CertType: ssh.UserCert, Key: signer.PublicKey(), ValidPrincipals: []string{"deploy"}})
	socket, _ := serveAgent(t, agent.AddedKey{PrivateKey: private, Certificate: inAgent})
	w.useAgent(socket)
	w.mustDial(target(s))
}

func TestRSA(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	path := w.write("rsa", string(pem.EncodeToMemory(block)))
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	s := keyHost(t, public)
	w.trust(s)
	to := target(s)
	to.KeyFile = path
	w.mustDial(to)
	to.SSHArgs = []string{"-o", "PubkeyAcceptedAlgorithms=ssh-ed25519"}
	_, err = w.dial(to)
	wantError(t, err, transport.KindAuth, "ssh-rsa is not among PubkeyAcceptedAlgorithms")
	to.SSHArgs = []string{"-o", "RequiredRSASize=3000"}
	_, err = w.dial(to)
	wantError(t, err, transport.KindAuth, "RSA with only 2048 bits")
}

func TestUnusableKeyFiles(t *testing.T) {
	w := newWorld(t)
	s := keyHost(t, newSigner(t).PublicKey())
	w.trust(s)
	_, exposed := w.keyFile("exposed")
	if err := os.Chmod(exposed, 0o644); err != nil {
		t.Fatal(err)
	}
	garbage := w.write("garbage", "not a key")
	for path, want := range map[string]string{
		exposed:                         "chmod 600 it",
		garbage:                         "no private key that is understood",
		filepath.Join(w.home, "absent"): "no such file",
	} {
		to := target(s)
		to.KeyFile = path
		_, err := w.dial(to)
		wantError(t, err, transport.KindAuth, "no authentication method left for deploy@127.0.0.1", "it accepts publickey",
			"could not use key "+path, want)
	}
}

func TestPassword(t *testing.T) {
	questions := []simhost.Question{{Prompt: "Password: ", Answer: "secret"}}
	cases := []struct {
		name string
		o    simhost.Options
		pass string
		ok   bool
		want string
	}{
		{"password", simhost.Options{Password: "secret"}, "secret", true, ""},
		{"interactive", simhost.Options{Questions: questions}, "secret", true, ""},
		{"both", simhost.Options{Password: "secret", Questions: questions}, "secret", true, ""},
		{"wrong", simhost.Options{Password: "secret"}, "bad", false, "tried the given password"},
		{"wrong interactively", simhost.Options{Questions: questions}, "bad", false, "tried keyboard-interactive with the given password"},
		{"none given", simhost.Options{Password: "secret"}, "", false, "--ask-pass"},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			w, s := newWorld(t), start(t, k.o)
			w.trust(s)
			to := target(s)
			to.Password = k.pass
			_, err := w.dial(to)
			if k.ok != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if !k.ok {
				wantError(t, err, transport.KindAuth, "it accepts ", k.want)
				if strings.Contains(err.Error(), k.pass) && k.pass != "" {
					t.Errorf("the password is in the error: %v", err)
				}
			}
			if len(w.person.asked) != 0 {
				t.Errorf("asked %q", w.person.asked)
			}
		})
	}
}

// TestWrongPasswordIsSentOnce guards accounts against being locked by double attempts.
func TestWrongPasswordIsSentOnce(t *testing.T) {
	s := start(t, simhost.Options{Password: "secret", Questions: []simhost.Question{{Prompt: "Password: ", Answer: "secret"}}})
	w := newWorld(t)
	w.trust(s)
	to := target(s)
	to.Password = "bad"
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "is the password right")
	if n := s.Stats().Passwords; n != 0 {
		t.Errorf("the refused password was sent %d times more", n)
	}
}

func TestTypedPassword(t *testing.T) {
	s := start(t, simhost.Options{Password: "secret"})
	w := newWorld(t, "typo", "secret")
	w.trust(s)
	w.write("config", "PreferredAuthentications password\n")
	w.mustDial(target(s))
	if len(w.person.asked) != 2 || w.person.asked[0] != "deploy@127.0.0.1's password: " {
		t.Errorf("asked %q", w.person.asked)
	}
	w = newWorld(t, "a", "b", "c", "d")
	w.trust(s)
	w.write("config", "PreferredAuthentications password\nNumberOfPasswordPrompts 2\n")
	if _, err := w.dial(target(s)); err == nil || len(w.person.asked) != 2 {
		t.Errorf("%v after %q", err, w.person.asked)
	}
}

func TestSecondStepIsAsked(t *testing.T) {
	w := newWorld(t, "123456")
	key, path := w.keyFile("k")
	s := start(t, simhost.Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()},
		Then: []simhost.Question{{Prompt: "Verification code: ", Answer: "123456"}}})
	w.trust(s)
	to := target(s)
	to.KeyFile = path
	w.mustDial(to)
	if len(w.person.asked) != 1 || w.person.asked[0] != "(deploy@127.0.0.1) Verification code: " {
		t.Errorf("asked %q", w.person.asked)
	}
	w.person.asked, w.person.answers = nil, nil
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "only a person on a terminal can answer")
}

func TestTooManyKeys(t *testing.T) {
	s := start(t, simhost.Options{AuthorizedKeys: []ssh.PublicKey{newSigner(t).PublicKey()}, MaxAuthTries: 2})
	socket, _ := serveAgent(t, newPrivate(t), newPrivate(t), newPrivate(t), newPrivate(t))
	w := newWorld(t)
	w.trust(s)
	w.useAgent(socket)
	_, err := w.dial(target(s))
	wantError(t, err, transport.KindAuth, "gave up after too many attempts", `tried agent key "agent@test"`, "IdentitiesOnly=yes")
}

func TestBannerIsLoggedNotTrusted(t *testing.T) {
	s := start(t, simhost.Options{NoAuth: true, Faults: simhost.Faults{Banner: "No \x1b[31mtrespassing\n"}})
	w := newWorld(t)
	w.trust(s)
	w.mustDial(target(s))
	if got := w.log.String(); !strings.Contains(got, "web1: No [31mtrespassing") {
		t.Errorf("log %q", got)
	}
}
