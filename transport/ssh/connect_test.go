package ssh

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

// closedPort is a port of loopback on which nothing listens.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestRefused(t *testing.T) {
	port := closedPort(t)
	_, err := newWorld(t).dial(transport.Target{Name: "web1", Host: "127.0.0.1", Port: port})
	wantError(t, err, transport.KindRefused, fmt.Sprintf("web1: connection refused by 127.0.0.1:%d (is sshd running there, on that port?)", port))
}

func TestResolve(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	o.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "wbe1", IsNotFound: true}}
	}
	w.dialer = NewDialer(o)
	_, err := w.dial(transport.Target{Name: "web1", Host: "wbe1"})
	wantError(t, err, transport.KindResolve, "cannot resolve the name wbe1 (check its spelling")
}

func TestNetworkErrors(t *testing.T) {
	for _, k := range []struct {
		err  error
		kind transport.Kind
		text string
	}{
		{syscall.ENETUNREACH, transport.KindNetwork, "no route to h:22 (check the address"},
		{syscall.EHOSTUNREACH, transport.KindNetwork, "no route to h:22"},
		{syscall.ETIMEDOUT, transport.KindTimeout, "no answer from h:22"},
		{syscall.EACCES, transport.KindNetwork, "cannot connect to h:22: permission denied"},
	} {
		w := newWorld(t)
		o := w.options()
		o.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", k.err)}
		}
		w.dialer = NewDialer(o)
		_, err := w.dial(transport.Target{Name: "web1", Host: "h"})
		wantError(t, err, k.kind, k.text)
	}
}

func TestConfigurationMistakeIsOneLine(t *testing.T) {
	w := newWorld(t)
	path := w.write("config", "Port 22\nIdentityFile \"/a\nUser \"b\n")
	_, err := w.dial(transport.Target{Name: "web1", Host: "h"})
	wantError(t, err, transport.KindConfig, "ssh configuration: "+path+":2:1: a quotation mark is not closed")
}

func TestTimeouts(t *testing.T) {
	s := start(t, simhost.Options{Faults: simhost.Faults{Silent: true}})
	to := target(s)
	to.Timeout = 50 * time.Millisecond
	_, err := newWorld(t).dial(to)
	wantError(t, err, transport.KindTimeout, "did not finish within 50ms (waiting for the server's greeting)")

	w := newWorld(t)
	o := w.options()
	o.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w.dialer = NewDialer(o)
	_, err = w.dial(to)
	wantError(t, err, transport.KindTimeout, "no answer from 127.0.0.1:", "within 50ms")
}

func TestCancelledDial(t *testing.T) {
	s := start(t, simhost.Options{Faults: simhost.Faults{Silent: true}})
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t)
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := w.dialer.Dial(ctx, target(s))
	wantError(t, err, transport.KindLost, "connecting was interrupted")
}

func TestNotSSH(t *testing.T) {
	s := start(t, simhost.Options{Faults: simhost.Faults{Refusal: "HTTP/1.1 400 Bad Request\r\n\x1b[2J\r\n"}})
	_, err := newWorld(t).dial(target(s))
	wantError(t, err, transport.KindNegotiation, `does not speak SSH; it says "HTTP/1.1 400 Bad Request`, "is that the right port?")
}

func TestTurnedAway(t *testing.T) {
	w := newWorld(t)
	w.dialer.turnedAwayWait = time.Millisecond
	always := start(t, simhost.Options{Faults: simhost.Faults{Refusal: "Exceeded MaxStartups\r\n"}})
	_, err := w.dial(target(always))
	wantError(t, err, transport.KindLost, "turns connections away: Exceeded MaxStartups", "raise MaxStartups")
	if n := always.Stats().Connections; n != turnedAway+1 {
		t.Errorf("%d attempts, want %d", n, turnedAway+1)
	}
	atFirst := start(t, simhost.Options{NoAuth: true, Faults: simhost.Faults{RefuseFirst: 2}})
	w.trust(atFirst)
	w.mustDial(target(atFirst))
}

func TestNoCommonAlgorithm(t *testing.T) {
	cases := []struct {
		name   string
		config ssh.Config
		parts  []string
	}{
		{"cipher", ssh.Config{Ciphers: []string{ssh.InsecureCipherAES128CBC}}, []string{"no common cipher algorithm", "it offers aes128-cbc", "Ciphers +NAME"}},
		{"key exchange", ssh.Config{KeyExchanges: []string{ssh.InsecureKeyExchangeDH1SHA1}}, []string{"no common key exchange algorithm", "KexAlgorithms +NAME"}},
	}
	for _, k := range cases {
		s := start(t, simhost.Options{NoAuth: true, Config: k.config})
		w := newWorld(t)
		w.trust(s)
		_, err := w.dial(target(s))
		wantError(t, err, transport.KindNegotiation, k.parts...)
	}
	s := start(t, simhost.Options{NoAuth: true, Config: cases[0].config})
	w := newWorld(t)
	w.trust(s)
	to := target(s)
	to.SSHArgs = []string{"-o", "Ciphers=+aes128-cbc"}
	w.mustDial(to)
	to.SSHArgs = []string{"-o", "HostKeyAlgorithms=ssh-rsa"}
	_, err := w.dial(to)
	wantError(t, err, transport.KindNegotiation, "no common host key algorithm", "it offers ssh-ed25519")
}

func TestLostWhileAuthenticating(t *testing.T) {
	w := newWorld(t)
	key, path := w.keyFile("k")
	s := start(t, simhost.Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}, Then: []simhost.Question{{Prompt: "Code: "}}})
	w.trust(s)
	w.person.during = s.Drop
	w.person.answers = []string{"1", "2", "3"}
	to := target(s)
	to.KeyFile = path
	_, err := w.dial(to)
	wantError(t, err, transport.KindLost, "lost while authenticating deploy")
}

func TestArguments(t *testing.T) {
	s, _ := openHost(t)
	good := [][]string{
		{"-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", "ControlPath=/tmp/%C"},
		{"-oControlMaster=auto", "-vvv", "-q", "-tt", "-x"},
		{"-o", "ForwardX11=no", "-o", "GSSAPIAuthentication no", "-o", "PreferredAuthentications=publickey"},
		{"-4", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2", "-o", "TCPKeepAlive=no", "-oRekeyLimit=1G"},
		{"-o", "AddressFamily=inet", "-b", "127.0.0.1", "-o", "LogLevel=ERROR", "-o", "ConnectionAttempts=2"},
		{"-F", "none"},
	}
	for _, args := range good {
		w := newWorld(t)
		w.trust(s)
		to := target(s)
		to.SSHArgs = args
		if _, err := w.dial(to); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	bad := map[string]string{
		"-X":                          "ssh argument -X cannot be honoured",
		"-L 80:localhost:80":          "ssh argument -L 80:localhost:80 cannot be honoured",
		"-N":                          "ssh argument -N cannot be honoured",
		"-o":                          "ssh argument -o has no value",
		"word":                        `unexpected word "word"`,
		"-o Prot=22":                  `unknown ssh option "prot"`,
		"-o ForwardX11=yes":           "ssh option forwardx11=yes cannot be honoured",
		"-o GSSAPIAuthentication=yes": "gssapiauthentication=yes cannot be honoured",
		"-o Port=99999":               "port is a number from 1 to 65535",
		"-o ConnectTimeout=soon":      `"soon" is no time`,
		"-o StrictHostKeyChecking=x":  "stricthostkeychecking is yes, no, ask or accept-new",
		"-o Ciphers=rot13":            "ciphers rot13 leaves none that is supported",
		"-o AddressFamily=ipx":        "addressfamily is any, inet or inet6",
		"-F /no/such/file":            "/no/such/file: no such file",
		"-i ${NOTHING}/key":           "environment variable NOTHING is not set",
		"-o RefuseConnection=moved":   "refuses connections to 127.0.0.1: moved",
	}
	for args, want := range bad {
		to := target(s)
		to.Port, to.SSHArgs = 0, strings.Fields(args)
		_, err := newWorld(t).dial(to)
		wantError(t, err, transport.KindConfig, "ssh configuration: ", want)
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	w.write("config", `Host web
  HostName web.example.org
  User admin
  Port 2200
  IdentityFile ~/.ssh/%r@%h
  UserKnownHostsFile ~/kh_%k /abs
  ConnectTimeout 1m30s
  ServerAliveInterval 7
  HostKeyAlias Cluster
`)
	s, err := w.dialer.resolve(t.Context(), transport.Target{Name: "web1", Host: "web"})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s %v %s %s %s %v", s.user, s.address(), s.identities[0].path, s.userFiles, s.timeout, s.aliveInterval, s.keyName, s.methods)
	home := w.home
	want := fmt.Sprintf("admin web.example.org:2200 %[1]s/.ssh/admin@web.example.org [%[1]s/kh_cluster /abs] 1m30s 7s cluster [publickey keyboard-interactive password]", home)
	if got != want {
		t.Errorf("settings\n%s, want\n%s", got, want)
	}
	s, err = w.dialer.resolve(t.Context(), transport.Target{Name: "web1", Host: "web", User: "root", Port: 22, KeyFile: "/k", Timeout: time.Second,
		SSHArgs: []string{"-p", "99", "-l", "other", "-i", "/k2"}})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, id := range s.identities {
		paths = append(paths, id.path)
	}
	if s.user != "root" || s.port != 22 || s.timeout != time.Second || !slices.Equal(paths, []string{"/k", "/k2", filepath.Join(home, ".ssh/root@web.example.org")}) {
		t.Errorf("%s %d %s %v", s.user, s.port, s.timeout, paths)
	}
	s, err = w.dialer.resolve(t.Context(), transport.Target{Name: "web1", Host: "web", User: "root", Port: 22, Timeout: time.Second,
		FirstArgs: []string{"-p", "99", "-l", "other", "-o", "ConnectTimeout=5"}})
	if err != nil || s.user != "other" || s.port != 99 || s.timeout != 5*time.Second {
		t.Errorf("%s %d %s: %v", s.user, s.port, s.timeout, err)
	}
}

func TestInMemory(t *testing.T) {
	s := start(t, simhost.Options{NoAuth: true, InMemory: true, Exec: simhost.Shell(t.TempDir())})
	w := newWorld(t)
	o := w.options()
	o.DialContext = s.DialContext
	w.dialer = NewDialer(o)
	c := w.mustDial(transport.Target{Name: "web1", Host: "anything", HostKeys: transport.HostKeyAcceptNew})
	if out, _ := run(t, c, "echo hi", ""); out != "hi\n" {
		t.Errorf("%q", out)
	}
}

// TestRoundTrips bounds what a warm connection with a first command costs, in trips over the network.
func TestRoundTrips(t *testing.T) {
	w := newWorld(t)
	key, path := w.keyFile("k")
	s := start(t, simhost.Options{AuthorizedKeys: []ssh.PublicKey{key.PublicKey()}, Exec: simhost.Shell(t.TempDir())})
	w.trust(s)
	to := target(s)
	to.KeyFile = path
	c := w.mustDial(to)
	run(t, c, "true", "")
	if n := s.Stats().RoundTrips; n > 11 {
		t.Errorf("%d round trips", n)
	}
}

func FuzzArguments(f *testing.F) {
	f.Add("-o Port=22 -J a,b -tt -i /k")
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Fields(line)
		if a, err := parseArgs(words); err == nil && len(a.options) > len(line) {
			t.Fatalf("%d options from %q", len(a.options), words)
		}
	})
}

func FuzzSplitHop(f *testing.F) {
	f.Add("user@host:22")
	f.Add("ssh://u@[::1]:22/")
	f.Fuzz(func(t *testing.T, hop string) {
		if _, host, _, err := splitHop(hop); err == nil && (host == "" || host[0] == '-') {
			t.Fatalf("%q gives host %q", hop, host)
		}
	})
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"10": 10 * time.Second, "1m30s": 90 * time.Second, "2H": 2 * time.Hour, "1d": 24 * time.Hour} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "1x", "m", "-1"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}
