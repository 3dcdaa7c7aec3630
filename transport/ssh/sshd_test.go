//go:build e2e

package ssh

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

// daemon is a real sshd on a port of loopback, with files of its own. It needs root.
type daemon struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
}

// startDaemon starts sshd with an ed25519 and an ecdsa host key. In the configuration, lines of the caller come first
// and win; %d is its folder.
func startDaemon(t *testing.T, lines ...string) *daemon {
	t.Helper()
	d := newDaemon(t, lines...)
	d.start()
	return d
}

// newDaemon prepares an sshd without starting it.
func newDaemon(t *testing.T, lines ...string) *daemon {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("these tests start sshd and need root")
	}
	dir, err := os.MkdirTemp("", "sshd") // sshd distrusts folders that others may write to, such as t.TempDir's parents
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := errorsOf(os.Chmod(dir, 0o755), os.MkdirAll("/run/sshd", 0o755)); err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, dir: dir, port: closedPort(t)}
	d.keygen("-q", "-t", "ed25519", "-N", "", "-f", dir+"/host_ed25519")
	d.keygen("-q", "-t", "ecdsa", "-N", "", "-f", dir+"/host_ecdsa")
	config := append(lines, "HostKey %d/host_ed25519", "HostKey %d/host_ecdsa", "ListenAddress 127.0.0.1",
		"AuthorizedKeysFile %d/authorized_keys", "PermitRootLogin yes", "StrictModes no", "PidFile none", "UsePAM no",
		"PasswordAuthentication no", "KbdInteractiveAuthentication no")
	if !strings.Contains(strings.Join(lines, "\n"), "Subsystem sftp") { // sshd refuses to hear of it twice
		config = append(config, "Subsystem sftp internal-sftp")
	}
	text := strings.ReplaceAll(strings.Join(config, "\n")+fmt.Sprintf("\nPort %d\n", d.port), "%d", dir)
	d.write("sshd_config", text)
	d.write("authorized_keys", "")
	return d
}

func (d *daemon) start() {
	t := d.t
	t.Helper()
	d.cmd = exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", d.dir+"/sshd_config")
	var said bytes.Buffer
	d.cmd.Stderr = &said
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.cmd.Process.Kill()
		d.cmd.Wait()
		if t.Failed() {
			t.Logf("sshd says:\n%s", said.String())
		}
	})
	d.awaitListening()
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitListening waits until the kernel lists the port as listening; connecting to find out would count as a failed login.
func (d *daemon) awaitListening() {
	want := fmt.Sprintf(":%04X 00000000:0000 0A", d.port)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if table, err := os.ReadFile("/proc/net/tcp"); err == nil && strings.Contains(string(table), want) {
			return
		}
		<-tick.C
	}
	d.t.Fatal("sshd does not listen")
}

func (d *daemon) write(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
	return path
}

func (d *daemon) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func (d *daemon) keygen(args ...string) {
	d.t.Helper()
	if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
		d.t.Fatalf("ssh-keygen %v: %v: %s", args, err, out)
	}
}

func (d *daemon) authorize(keys ...ssh.PublicKey) {
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(keyText(k) + "\n")
	}
	d.write("authorized_keys", text.String())
}

// hostLine is a line of known_hosts for one of the daemon's keys.
func (d *daemon) hostLine(kind string) string {
	words := strings.Fields(d.read("host_" + kind + ".pub"))
	return fmt.Sprintf("[127.0.0.1]:%d %s %s\n", d.port, words[0], words[1])
}

func (d *daemon) target() transport.Target {
	return transport.Target{Name: "web1", Host: "127.0.0.1", Port: d.port, User: "root", Timeout: 20 * time.Second}
}

// member is a world that knows the daemon's key and has a key of its own that is let in.
func (d *daemon) member() (*world, transport.Target) {
	w := newWorld(d.t)
	key, path := w.keyFile("member")
	d.authorize(key.PublicKey())
	w.write("known_hosts", d.hostLine("ed25519"))
	to := d.target()
	to.KeyFile = path
	return w, to
}

// account makes a user with a password on this machine, and removes it again.
func account(t *testing.T, name, password string) {
	t.Helper()
	if _, err := user.Lookup(name); err == nil {
		t.Fatalf("user %s exists already", name)
	}
	if out, err := exec.Command("useradd", "--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", name).CombinedOutput(); err != nil {
		t.Fatalf("useradd: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("userdel", name).CombinedOutput(); err != nil {
			t.Errorf("userdel: %v: %s", err, out)
		}
	})
	set := exec.Command("chpasswd")
	set.Stdin = strings.NewReader(name + ":" + password + "\n")
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("chpasswd: %v: %s", err, out)
	}
}

func (d *daemon) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { d.cmd.Process.Signal(syscall.SIGCONT) })
}
