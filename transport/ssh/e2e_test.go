//go:build e2e

package ssh

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

func TestRealRunAndPut(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	c := w.mustDial(to)
	if out, code := run(t, c, "cat; id -un; exit 7", "in "); out != "in root\n" || code != 7 {
		t.Errorf("%q %d", out, code)
	}
	p, err := c.Start(t.Context(), "tty; exit 3", transport.StartOptions{PTY: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.ReadFrom(p.Stdout())
	if code, err := p.Wait(); code != 3 || err != nil || !strings.HasPrefix(out.String(), "/dev/pts/") {
		t.Errorf("%q %d %v", out.String(), code, err)
	}
	putAndCheck(t, c)
}

func putAndCheck(t *testing.T, c transport.Conn) {
	t.Helper()
	content := bytes.Repeat([]byte{0, 1, 2, '\n', 255}, 1<<20)
	name := filepath.Join(t.TempDir(), "a 'name'")
	if err := c.Put(t.Context(), name, bytes.NewReader(content), int64(len(content)), 0o711); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, want %d (%v)", len(got), len(content), err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o711 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestRealNoSFTP(t *testing.T) {
	for _, line := range []string{"Subsystem sftp /bin/false", "Subsystem sftp /no/such/program", "Subsystem other /bin/cat\nSubsystem sftp /bin/echo noise"} {
		d := startDaemon(t, line)
		w, to := d.member()
		putAndCheck(t, w.mustDial(to))
	}
}

func TestRealPutFailures(t *testing.T) {
	for _, line := range []string{"", "Subsystem sftp /bin/false"} {
		d := startDaemon(t, line)
		w, to := d.member()
		c := w.mustDial(to)
		err := c.Put(t.Context(), "/no/such/folder/f", strings.NewReader("x"), 1, 0o600)
		wantError(t, err, transport.KindNoPlace, "cannot write /no/such/folder/f: ")
		err = c.Put(t.Context(), "/dev/full", bytes.NewReader(make([]byte, 1<<20)), 1<<20, 0o666)
		wantError(t, err, transport.KindDiskFull, "no space left for /dev/full")
	}
}

func TestRealRefused(t *testing.T) {
	w := newWorld(t)
	port := closedPort(t)
	_, err := w.dial(transport.Target{Name: "web1", Host: "127.0.0.1", Port: port})
	wantError(t, err, transport.KindRefused, fmt.Sprintf("connection refused by 127.0.0.1:%d (is sshd running there, on that port?)", port))
}

func TestRealTimeout(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	d.stop()
	to.Timeout = 200 * time.Millisecond
	_, err := w.dial(to)
	wantError(t, err, transport.KindTimeout, "did not finish within 200ms (waiting for the server's greeting)", "overloaded")
}

func TestRealUnknownKey(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	known := w.write("known_hosts", "")
	_, err := w.dial(to)
	wantError(t, err, transport.KindUnknownKey, "is not known: ED25519 SHA256:", "accept-new")
	w.person.answers = []string{"", "yes"}
	w.mustDial(to)
	if text, err := os.ReadFile(known); err != nil || string(text) != d.hostLine("ed25519") {
		t.Errorf("%q %v", text, err)
	}
	d.keygen("-H", "-f", known)
	w.mustDial(to)
	w.write("known_hosts", d.hostLine("ecdsa")) // that type is then asked for
	w.mustDial(to)
}

func TestRealChangedKey(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	path := w.write("known_hosts", fmt.Sprintf("# first\n\n[127.0.0.1]:%d %s\n", d.port, keyText(newSigner(t).PublicKey())))
	for _, policy := range []transport.HostKeyPolicy{transport.HostKeyAsk, transport.HostKeyAcceptNew, transport.HostKeyStrict} {
		to.HostKeys = policy
		_, err := w.dial(to)
		wantError(t, err, transport.KindChangedKey, "host key of 127.0.0.1:", "has changed: it shows ED25519 SHA256:",
			path+":3 has another", "someone may be listening in")
	}
	to.HostKeys = transport.HostKeyOff
	w.mustDial(to)
}

func TestRealRevokedKey(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	line := d.hostLine("ed25519")
	path := w.write("known_hosts", line+"@revoked "+line)
	_, err := w.dial(to)
	wantError(t, err, transport.KindRevokedKey, "is revoked in "+path+":2", "must not be trusted")
}

func TestRealHostCertificate(t *testing.T) {
	for _, k := range []struct {
		principal string
		ok        bool
	}{{"127.0.0.1", true}, {"db1", false}} {
		d := newDaemon(t, "HostCertificate %d/host_ed25519-cert.pub")
		w, to := d.member()
		ca := newCA(d)
		d.keygen("-q", "-s", ca, "-h", "-I", "web", "-n", k.principal, d.dir+"/host_ed25519.pub")
		w.write("known_hosts", "@cert-authority [127.0.0.1]:* "+d.read("ca.pub"))
		d.start()
		_, err := w.dial(to)
		if k.ok && err != nil {
			t.Error(err)
		}
		if !k.ok {
			wantError(t, err, transport.KindUnknownKey, `host certificate "web"`, "it is for db1, not for 127.0.0.1")
		}
	}
}

func TestRealNoMethodLeft(t *testing.T) {
	d := startDaemon(t)
	w, to := d.member()
	d.authorize(newSigner(t).PublicKey())
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "no authentication method left for root@127.0.0.1:", "it accepts publickey; tried key "+to.KeyFile,
		"authorized_keys there has the key")
}

func TestRealTooManyKeys(t *testing.T) {
	d := startDaemon(t, "MaxAuthTries 2")
	w, to := d.member()
	d.authorize(newSigner(t).PublicKey())
	socket, _ := serveAgent(t, newPrivate(t), newPrivate(t), newPrivate(t))
	w.useAgent(socket)
	to.KeyFile = ""
	_, err := w.dial(to)
	wantError(t, err, transport.KindAuth, "gave up after too many attempts", "IdentitiesOnly=yes")
}

func TestRealEncryptedKey(t *testing.T) {
	d := startDaemon(t)
	w := newWorld(t, "opensesame")
	w.write("known_hosts", d.hostLine("ed25519"))
	for _, args := range [][]string{{"-t", "ed25519"}, {"-t", "rsa", "-m", "PEM"}, {"-t", "ecdsa"}} {
		path := filepath.Join(w.home, ".ssh", args[1])
		d.keygen(append([]string{"-q", "-N", "opensesame", "-f", path}, args...)...)
		text, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		d.write("authorized_keys", string(text))
		w.person.asked = nil
		to := d.target()
		to.KeyFile = path
		for range 2 {
			w.mustDial(to)
		}
		if len(w.person.asked) != 1 {
			t.Errorf("%v: asked %q", args, w.person.asked)
		}
	}
}

func TestRealCertificate(t *testing.T) {
	d := startDaemon(t, "TrustedUserCAKeys %d/ca.pub")
	w, to := d.member()
	d.authorize()
	ca := newCA(d)
	public := filepath.Join(w.home, ".ssh", "member.pub")
	key := w.dialer.keys.load(to.KeyFile).public
	w.write("member.pub", keyText(key)+"\n")
	d.keygen("-q", "-s", ca, "-I", "me", "-n", "root", public)
	w.mustDial(to)
}

func newCA(d *daemon) string {
	path := filepath.Join(d.dir, "ca")
	os.Remove(path)
	d.keygen("-q", "-t", "ed25519", "-N", "", "-f", path)
	return path
}

func TestRealPasswords(t *testing.T) {
	const name, secret = "muster-e2e", "correct horse 7"
	account(t, name, secret)
	cases := []struct{ name, lines, accepts string }{
		{"password", "PasswordAuthentication yes", "publickey, password"},
		{"interactive", "UsePAM yes\nKbdInteractiveAuthentication yes", "publickey, keyboard-interactive"},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			d := startDaemon(t, k.lines)
			w, to := d.member()
			to.User, to.KeyFile, to.Password = name, "", secret
			if out, _ := run(t, w.mustDial(to), "id -un", ""); out != name+"\n" {
				t.Errorf("%q", out)
			}
			to.Password = "wrong"
			_, err := w.dial(to)
			wantError(t, err, transport.KindAuth, "no authentication method left for "+name, "it accepts "+k.accepts, "the given password",
				"is the password right, and the user?")
			to.Password = ""
			_, err = w.dial(to)
			wantError(t, err, transport.KindAuth, "there was nothing to try", "--ask-pass")
		})
	}
}

func TestRealMaxSessions(t *testing.T) {
	d := startDaemon(t, "MaxSessions 1")
	w, to := d.member()
	c := w.mustDial(to)
	p, err := c.Start(t.Context(), "cat", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Start(t.Context(), "true", transport.StartOptions{})
	wantError(t, err, transport.KindMaxSessions, "refuses another session on the connection: open failed", "raise MaxSessions")
	p.Stdin().Close()
	if code, err := p.Wait(); code != 0 || err != nil {
		t.Fatalf("%d %v", code, err)
	}
	if out, _ := run(t, c, "echo again", ""); out != "again\n" {
		t.Errorf("%q", out)
	}
	putAndCheck(t, c)
}

func TestRealJump(t *testing.T) {
	first, second, last := startDaemon(t), startDaemon(t), startDaemon(t)
	w, to := last.member()
	key := w.dialer.keys.load(to.KeyFile).public
	var lines string
	for _, d := range []*daemon{first, second, last} {
		d.authorize(key)
		lines += d.hostLine("ed25519")
	}
	w.write("known_hosts", lines)
	w.write("config", fmt.Sprintf("IdentityFile %s\nUser root\nHost second\n HostName 127.0.0.1\n Port %d\n ProxyJump first\n"+
		"Host first\n HostName 127.0.0.1\n Port %d\n", to.KeyFile, second.port, first.port))
	to.SSHArgs = []string{"-J", "second"}
	c := w.mustDial(to)
	if out, _ := run(t, c, "echo $SSH_CONNECTION", ""); !strings.HasSuffix(out, fmt.Sprintf(" %d\n", last.port)) {
		t.Errorf("%q", out)
	}
	putAndCheck(t, c)
	dead := to
	dead.Port = closedPort(t)
	_, err := w.dial(dead)
	wantError(t, err, transport.KindRefused, fmt.Sprintf("jump host second cannot reach 127.0.0.1:%d: Connection refused", dead.Port))

	closed := startDaemon(t, "AllowTcpForwarding no")
	closed.authorize(key)
	w.write("known_hosts", lines+closed.hostLine("ed25519"))
	to.SSHArgs = []string{"-J", fmt.Sprintf("127.0.0.1:%d", closed.port)}
	_, err = w.dial(to)
	wantError(t, err, transport.KindConfig, "jump host 127.0.0.1 forbids the way to", "AllowTcpForwarding")
}

// TestRealKill kills a command of an ordinary user for good; root's cannot be signalled, but nobody waits for it.
func TestRealKill(t *testing.T) {
	const name, secret = "muster-e2e", "correct horse 8"
	account(t, name, secret)
	d := startDaemon(t, "PasswordAuthentication yes")
	w, to := d.member()
	pid := startAndKill(t, w.mustDial(to), "echo $$; exec sleep 1")
	if !alive(pid) {
		t.Log("this sshd passes root's signals on")
	}
	to.User, to.KeyFile, to.Password = name, "", secret
	pid = startAndKill(t, w.mustDial(to), "echo $$; exec sleep 1000")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if !alive(pid) {
			return
		}
		<-tick.C
	}
	t.Errorf("process %d lives on", pid)
}

func alive(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// startAndKill runs a command that prints its process number, kills it, and sees that its reader and Wait return.
func startAndKill(t *testing.T, c transport.Conn, command string) int {
	t.Helper()
	p, err := c.Start(t.Context(), command, transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(p.Stdout(), &pid); err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(p.Stdout()); err != nil {
		t.Errorf("%q %v", rest, err)
	}
	if code, err := p.Wait(); code != -1 || err == nil {
		t.Errorf("%d %v", code, err)
	}
	return pid
}

func TestRealAgentForwarding(t *testing.T) {
	private := newPrivate(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t)
	w, to := d.member()
	socket, _ := serveAgent(t, private)
	w.useAgent(socket)
	to.SSHArgs = []string{"-A"}
	out, _ := run(t, w.mustDial(to), "ssh-add -l", "")
	if !strings.Contains(out, ssh.FingerprintSHA256(signer.PublicKey())) {
		t.Errorf("%q", out)
	}
	to.SSHArgs = nil
	if out, _ := run(t, w.mustDial(to), "ssh-add -l", ""); strings.Contains(out, "SHA256") {
		t.Errorf("an agent that was not to be lent: %q", out)
	}
}
