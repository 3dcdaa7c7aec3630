//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unreachable is a way in which a host cannot be used, and the one line that the program says of it.
type unreachable struct {
	name   string
	setup  string // on the host, as root; PORT is a port of its own
	sshd   string // options of an sshd on PORT; "" uses the host's own
	undo   string
	user   string            // "" is root
	vars   string            // of the inventory
	args   []string          // of muster exec
	files  map[string]string // in ~/.ssh of this side; KEY is the host's key, PORT and ADDRESS as above
	failed bool              // another user cannot be become: as with Ansible the task has failed, the host is not unreachable
	want   string            // regular expression for the whole message
}

// reach is the side of the person who runs the program: a home of its own, and a host.
type reach struct {
	t       *testing.T
	dir     string
	number  string
	address string
	hostKey string // as known_hosts has it
}

func newReach(t *testing.T) *reach {
	t.Helper()
	labOf(t, 1)
	address, _, _ := strings.Cut(strings.TrimSpace(lab(t, "addresses")), ",")
	r := &reach{t: t, dir: t.TempDir(), number: "1", address: address}
	words := strings.Fields(r.host("cat /etc/ssh/ssh_host_ed25519_key.pub"))
	r.hostKey = words[0] + " " + words[1]
	return r
}

// host runs a script on the host.
func (r *reach) host(script string) string {
	r.t.Helper()
	return lab(r.t, "run", r.number, script)
}

const furnishReach = `userdel -rf mtest; useradd -m -s /bin/bash mtest && echo mtest:geheim1 | chpasswd && mkdir -p /etc/ssh/keys && cp /root/.ssh/authorized_keys /etc/ssh/keys/mtest && ` +
	`chmod 755 /etc/ssh/keys && chmod 644 /etc/ssh/keys/mtest; getent passwd mother || useradd -m mother`

// TestUnreachable provokes every way in which a host cannot be used on a real sshd. Each is one line that names the host,
// says what happened and what to do, and exit code 4.
func TestUnreachable(t *testing.T) {
	r := newReach(t)
	r.host(furnishReach + " 2>/dev/null")
	t.Cleanup(func() { r.host("userdel -rf mtest 2>/dev/null; rm -rf /etc/ssh/keys /etc/sudoers.d/mtest") })
	for i, c := range unreachables {
		t.Run(c.name, func(t *testing.T) {
			r := &reach{t: t, dir: t.TempDir(), number: r.number, address: r.address, hostKey: r.hostKey}
			r.provoke(c, 2300+i)
		})
	}
}

func (r *reach) provoke(c unreachable, port int) {
	t := r.t
	t.Helper()
	nobody := r.address[:strings.LastIndexByte(r.address, '.')] + ".250"
	fill := strings.NewReplacer("NOBODY", nobody, "PORT", fmt.Sprint(port), "ADDRESS", r.address, "KEY", r.hostKey, "DIR", r.dir, "IDENTITY", os.Getenv("MUSTER_LAB_KEY")).Replace
	if c.sshd != "" {
		r.host(fill("mkdir -p /run/sshd; /usr/sbin/sshd -o Port=PORT -o PidFile=none -o 'AuthorizedKeysFile=.ssh/authorized_keys /etc/ssh/keys/%u' " + c.sshd))
		t.Cleanup(func() { r.host(fill("pkill -CONT -f '[P]ort=PORT'; pkill -KILL -f '[P]ort=PORT'; true")) })
		c.vars += " ansible_port=PORT"
	}
	if c.setup != "" {
		r.host(fill(c.setup))
	}
	if c.undo != "" {
		t.Cleanup(func() { r.host(fill(c.undo) + "; true") })
	}
	if c.user == "" {
		c.user = "root"
	}
	if err := os.Mkdir(filepath.Join(r.dir, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	inventory := fill(fmt.Sprintf("web1 ansible_host=ADDRESS ansible_user=%s ansible_ssh_private_key_file=%s %s\n", c.user, os.Getenv("MUSTER_LAB_KEY"), c.vars))
	write(t, r.dir, "hosts.ini", inventory)
	write(t, r.dir, ".ssh/known_hosts", fill("ADDRESS KEY\n[ADDRESS]:PORT KEY\n"))
	for name, text := range c.files {
		write(t, r.dir, ".ssh/"+name, fill(text))
	}
	args := []string{"exec", "web1", "-i", "hosts.ini"}
	if len(c.args) == 0 {
		c.args = []string{"-m", "command", "-a", "id -un"}
	}
	for _, a := range c.args {
		args = append(args, fill(a))
	}
	cache, err := os.UserCacheDir() // the runner was built there
	if err != nil {
		t.Fatal(err)
	}
	out := play(t, r.dir, []string{"HOME=" + r.dir, "XDG_CACHE_HOME=" + cache, "MUSTER_HISTORY=off", "SSH_AUTH_SOCK="}, muster(t), args...)
	code, head := 4, "UNREACHABLE"
	if c.failed {
		code, head = 2, "FAILED"
	}
	message := messageOf(head, out.stdout)
	if out.code != code || strings.Contains(message, "\n") || strings.Contains(out.stdout+out.stderr, "geheim") || !regexp.MustCompile("^"+fill(c.want)+"$").MatchString(message) {
		t.Errorf("exit code %d\n%s\nwant %s\nstdout %s\nstderr %s", out.code, message, fill(c.want), out.stdout, out.stderr)
	}
}

// messageOf is what muster exec says of web1.
func messageOf(head, stdout string) string {
	_, body, ok := strings.Cut(stdout, "web1 | "+head+"! => ")
	var result struct{ Msg string }
	if !ok || json.NewDecoder(strings.NewReader(body)).Decode(&result) != nil {
		return ""
	}
	return result.Msg
}

const (
	fullPlaces = "for d in /home/mtest /var/tmp /tmp /dev/shm; do mount -t tmpfs -o mode=1777,%s tmpfs $d; done"
	backPlaces = "for d in /home/mtest /var/tmp /tmp /dev/shm; do umount $d; done"
	sudoers    = "echo 'mtest ALL=(ALL) ALL' >/etc/sudoers.d/mtest"
	webServer  = `setsid python3 -c 'import socket
s = socket.create_server(("0.0.0.0", PORT))
while 1:
  c = s.accept()[0]; c.recv(99); c.send(b"HTTP/1.0 400 Bad Request\r\n\r\n"); c.close()' >/dev/null 2>&1 </dev/null & ` +
		`until grep -q ":$(printf %04X PORT) 00000000:0000 0A" /proc/net/tcp; do sleep 0.1; done`
	anotherKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPtwBLnjTVGIzwBnOEJ8AAG7O6Cr0wLgsJVeVQMeWmt"
	fingerprint = `ED25519 SHA256:\S{43}`
	key         = `key IDENTITY \(` + fingerprint + `\)`
)

var unreachables = []unreachable{
	{name: "refused", vars: "ansible_port=PORT", want: `web1: connection refused by ADDRESS:PORT \(is sshd running there, on that port\?\)`},
	{name: "no answer", args: []string{"-T", "1", "-m", "ping", "-e", "ansible_host=NOBODY"},
		want: `web1: no answer from NOBODY:22 within 1s \(is the host up and the port not filtered\? a longer timeout: -T SECONDS\)`},
	{name: "no name", args: []string{"-m", "ping", "-e", "ansible_host=no-such-host.invalid"},
		want: `web1: cannot resolve the name no-such-host.invalid \(check its spelling, DNS, or set ansible_host\)`},
	{name: "handshake", sshd: "-o LogLevel=DEBUG", setup: "pkill -STOP -f '[P]ort=PORT'", args: []string{"-T", "1", "-m", "ping"},
		want: `web1: ADDRESS:PORT did not finish within 1s \(waiting for the server's greeting\) \(is the host overloaded, or something else than sshd on that port\?\)`},
	{name: "unknown key", files: map[string]string{"known_hosts": ""},
		want: `web1: host key of ADDRESS:22 is not known: ` + fingerprint + ` \(check the fingerprint and accept it on a terminal, add it to known_hosts, or set StrictHostKeyChecking=accept-new\)`},
	{name: "changed key", files: map[string]string{"known_hosts": "# hosts\n\nADDRESS " + anotherKey + "\n"},
		want: `web1: host key of ADDRESS:22 has changed: it shows ` + fingerprint + `, but DIR/.ssh/known_hosts:3 has another \(someone may be listening in, or the host was set up anew; if so: ssh-keygen -R 'ADDRESS' -f DIR/.ssh/known_hosts\)`},
	{name: "revoked key", files: map[string]string{"known_hosts": "ADDRESS KEY\n@revoked * KEY\n"},
		want: `web1: host key ` + fingerprint + ` of ADDRESS:22 is revoked in DIR/.ssh/known_hosts:2 \(whoever has that key must not be trusted; give the host a new one\)`},
	{name: "no method left", user: "mother", sshd: "-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no",
		want: `web1: no authentication method left for mother@ADDRESS:PORT: it accepts publickey; tried ` + key + ` \(check the user, and that its authorized_keys there has the key\)`},
	{name: "no method left for root", sshd: "-o PermitRootLogin=no",
		want: `web1: no authentication method left for root@ADDRESS:PORT: it accepts publickey, password; tried ` + key + ` \(check that root's .*PermitRootLogin\); or log in as another user and become root\)`},
	{name: "wrong password", user: "mtest", sshd: "-o PubkeyAuthentication=no", vars: "ansible_password=geheim9",
		want: `web1: no authentication method left for mtest@ADDRESS:PORT: it accepts password; tried the given password \(is the password right, and the user\?\)`},
	{name: "no password", user: "mtest", sshd: "-o PubkeyAuthentication=no",
		want: `web1: no authentication method left for mtest@ADDRESS:PORT: it accepts password; there was nothing to try \(check the user and the key, or give a password: --ask-pass\)`},
	{name: "max sessions", sshd: "-o MaxSessions=0",
		want: `web1: ADDRESS:PORT refuses another session on the connection: open failed \(raise MaxSessions in its sshd_config .*\)`},
	{name: "wrong sudo password", user: "mtest", setup: sudoers, sshd: "-o UsePAM=yes", args: []string{"-b", "-m", "ping", "-e", "ansible_become_password=geheim9"}, failed: true,
		want: `web1: sudo to root: the password is wrong \(check ansible_become_password or what was given to --ask-become-pass\)`},
	{name: "no sudo password", user: "mtest", setup: sudoers, sshd: "-o UsePAM=yes", args: []string{"-b", "-m", "ping"}, failed: true,
		want: `web1: sudo to root: a password is required and none was given \(use -K \(--ask-become-pass\) or ansible_become_password\)`},
	{name: "sudo does not permit", user: "mtest", setup: "rm -f /etc/sudoers.d/mtest", sshd: "-o UsePAM=yes", args: []string{"-b", "-m", "ping", "-e", "ansible_become_password=geheim1"}, failed: true,
		want: `web1: sudo does not permit the connecting user to become root: mtest is not in the sudoers file. \(allow it in the configuration of sudo\)`},
	{name: "wrong su password", user: "mtest", sshd: "-o UsePAM=yes", args: []string{"-b", "--become-method", "su", "-m", "ping", "-e", "ansible_become_password=geheim9"}, failed: true,
		want: `web1: su to root: the password is wrong \(.*\)`},
	{name: "no doas", user: "mtest", sshd: "-o UsePAM=yes", setup: "mv /usr/bin/doas /usr/bin/doas.away", undo: "mv /usr/bin/doas.away /usr/bin/doas",
		args: []string{"-b", "--become-method", "doas", "-m", "ping"}, failed: true,
		want: `web1: doas cannot be started: exec: "doas": executable file not found in \$PATH \(install it, or choose another become_method\)`},
	{name: "unknown become user", args: []string{"-b", "--become-user", "nobodyhere", "-m", "ping"}, failed: true,
		want: `web1: sudo: there is no user nobodyhere: sudo: unknown user nobodyhere \(check become_user\)`},
	{name: "no shell", user: "mtest", sshd: "-o UsePAM=yes", setup: "usermod -s /usr/sbin/nologin mtest", undo: "usermod -s /bin/bash mtest",
		want: `web1: the login shell of mtest does not run commands \(exit code 1\): This account is currently not available. \(give the user a shell such as /bin/sh, or connect as another one\)`},
	{name: "restricted shell", user: "mtest", sshd: "-o UsePAM=yes", setup: "usermod -s /bin/rbash mtest", undo: "usermod -s /bin/bash mtest",
		want: `web1: the login shell of mtest does not run commands \(exit code 1\): rbash: line 1: exec: restricted \(.*\)`},
	{name: "file transfer only", user: "mtest", sshd: "-o ForceCommand=internal-sftp",
		want: `web1: the login shell of mtest does not run commands \(exit code 1\): This service allows sftp connections only. \(.*\)`},
	{name: "no place", user: "mtest", sshd: "-o UsePAM=yes", setup: fmt.Sprintf(fullPlaces, "noexec"), undo: backPlaces,
		want: `web1: no folder where a program can be installed and executed: /home/mtest/.cache/muster: programs there cannot be executed \(mounted noexec\?\); /var/tmp/muster-\d+: .*; /tmp/muster-\d+: .*; /dev/shm/muster-\d+: [^;]* \(name one with ansible_remote_tmp\)`},
	{name: "read-only", user: "mtest", sshd: "-o UsePAM=yes", setup: fmt.Sprintf(fullPlaces, "ro"), undo: backPlaces,
		want: `web1: no folder where a program can be installed and executed: /home/mtest/.cache/muster: it cannot be made; /var/tmp/muster-\d+: it cannot be made; .* \(name one with ansible_remote_tmp\)`},
	{name: "disk full", user: "mtest", sshd: "-o UsePAM=yes", setup: fmt.Sprintf(fullPlaces, "size=1m"), undo: backPlaces,
		want: `web1: no space to install the runner: /home/mtest/.cache/muster: 1024 KiB free, \d+ needed; .* \(free some, or name another folder with ansible_remote_tmp\)`},
	{name: "not SSH", setup: webServer, undo: "pkill -f 'create_[s]erver.*PORT'", vars: "ansible_port=PORT",
		want: `web1: ADDRESS:PORT does not speak SSH; it says "HTTP/1.0 400 Bad Request" \(is that the right port\?\)`},
	{name: "no algorithm", sshd: "-o KexAlgorithms=sntrup761x25519-sha512@openssh.com",
		want: `web1: no common key exchange algorithm with ADDRESS:PORT: it offers sntrup761x25519-sha512@openssh.com.* \(allow one of them for this host in ~/.ssh/config: KexAlgorithms \+NAME\)`},
	{name: "jump host refused", files: map[string]string{"config": "Host ADDRESS\n ProxyJump jumper\nHost jumper\n HostName ADDRESS\n Port PORT\n"},
		want: `web1: jump host jumper: connection refused by ADDRESS:PORT \(is sshd running there, on that port\?\)`},
	{name: "refused behind a jump host", vars: "ansible_port=PORT",
		files: map[string]string{"config": "Host ADDRESS\n ProxyJump jumper\nHost jumper\n HostName ADDRESS\n User root\n IdentityFile IDENTITY\n"},
		want:  `web1: jump host jumper cannot reach ADDRESS:PORT: Connection refused \(is sshd running there, on that port\?\)`},
	{name: "jumps in a circle", files: map[string]string{"config": "Host *\n ProxyJump one\n"},
		want: `web1: proxyjump leads in a circle: root@ADDRESS:22 -> root@one:22 -> root@one:22 \(put "ProxyJump none" under "Host one" in ~/.ssh/config\)`},
	{name: "configuration", files: map[string]string{"config": "Host *\n Prot 22\n"},
		want: `web1: ssh configuration: DIR/.ssh/config:2:1: unknown ssh option "prot" \(did you mean port\?\)`},
	{name: "proxy command", files: map[string]string{"config": "Host *\n ProxyCommand echo no way >&2; exit 3\n"},
		want: `web1: the proxy command ended without a connection: no way \(command: echo no way >&2; exit 3\)`},
}
