//go:build e2e

package transport_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/runnerbin"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh"
	"github.com/musterhq/muster/transport/wire"
)

// lab is a real host of the lab: MUSTER_LAB_HOSTS lists their addresses, MUSTER_LAB_KEY is the key that root accepts.
type lab struct {
	t      *testing.T
	host   string
	key    string
	dialer transport.Dialer
	bins   transport.Binaries
	root   transport.Conn
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := labFor(t)
	l.t = t
	return l
}

func labFor(t testing.TB) *lab {
	t.Helper()
	hosts, key := os.Getenv("MUSTER_LAB_HOSTS"), os.Getenv("MUSTER_LAB_KEY")
	if hosts == "" || key == "" {
		t.Fatal("MUSTER_LAB_HOSTS and MUSTER_LAB_KEY must name the lab")
	}
	bins, err := runnerbin.New(runnerbin.Options{Log: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(hosts, ",")
	l := &lab{host: host, key: key, bins: bins, dialer: ssh.NewDialer(ssh.Options{Home: t.TempDir(), User: "root"})}
	if l.root, err = l.dialer.Dial(t.Context(), l.target("root")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.root.Close() })
	return l
}

func (l *lab) target(user string) transport.Target {
	return transport.Target{Name: "lab1", Connection: "ssh", Host: l.host, User: user, KeyFile: l.key,
		HostKeys: transport.HostKeyOff, Timeout: 20 * time.Second}
}

// admin runs a script as root and returns what it printed.
func (l *lab) admin(script string) string {
	l.t.Helper()
	// Cleanups run when the test's own context has ended.
	out, err := transport.RunRaw(context.WithoutCancel(l.t.Context()), l.root, script, transport.RawOptions{Host: "lab1"})
	if err != nil || out.Code != 0 {
		l.t.Fatalf("%s: %v: exit code %d: %s%s", script, err, out.Code, out.Stdout, out.Stderr)
	}
	return string(out.Stdout)
}

// user makes a user that the key opens, for the time of the test.
func (l *lab) user(name, shell string) {
	l.t.Helper()
	l.admin("userdel -rf " + name + " 2>/dev/null; useradd -m -s " + shell + " " + name + " && echo " + name + ":geheim1 | chpasswd && " +
		"mkdir -p /home/" + name + "/.ssh && cp /root/.ssh/authorized_keys /home/" + name + "/.ssh/ && chown -R " + name + ": /home/" + name + " && chmod 700 /home/" + name)
	l.t.Cleanup(func() {
		l.admin("pkill -KILL -u " + name + "; umount /home/" + name + " 2>/dev/null; rm -rf /var/tmp/muster-$(id -u " + name + ") /tmp/muster-$(id -u " + name + "); userdel -rf " + name + " 2>/dev/null; rm -f /etc/sudoers.d/" + name + "; true")
	})
}

func (l *lab) open(user string) (*transport.Session, error) {
	l.t.Helper()
	conn, err := l.dialer.Dial(l.t.Context(), l.target(user))
	if err != nil {
		return nil, err
	}
	l.t.Cleanup(func() { _ = conn.Close() })
	return transport.Open(l.t.Context(), conn, l.target(user), l.bins, "e2e")
}

func (l *lab) mustOpen(user string) *transport.Session {
	l.t.Helper()
	s, err := l.open(user)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// shell runs a shell task and returns its standard output.
func shell(t *testing.T, s *transport.Session, b *wire.Become, cmd string) (string, error) {
	t.Helper()
	var result map[string]any
	err := s.Do(t.Context(), &wire.Request{Module: "shell", Become: b, Items: []wire.Item{{Args: map[string]any{"_raw_params": cmd}}}}, nil,
		func(r *wire.Response) { result = r.Result })
	if err != nil {
		return "", err
	}
	if result["rc"] != int64(0) {
		t.Fatalf("%s: %v", cmd, result)
	}
	out, _ := result["stdout"].(string)
	return out, nil
}

func wantKind(t *testing.T, err error, kind transport.Kind, want string) {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v, want kind %s and %q", err, kind, want)
		return
	}
	t.Log(err)
}

func TestLabHomes(t *testing.T) {
	l := newLab(t)
	// The key must not be in the home, which is replaced.
	reload := "systemctl reload ssh; sleep 0.5; until systemctl is-active -q ssh; do sleep 0.1; done"
	l.admin("mkdir -p /etc/ssh/keys && cp /root/.ssh/authorized_keys /etc/ssh/keys/mtest && chmod 644 /etc/ssh/keys/mtest; " +
		"echo 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u' >/etc/ssh/sshd_config.d/keys.conf; " + reload)
	t.Cleanup(func() { l.admin("rm -rf /etc/ssh/keys /etc/ssh/sshd_config.d/keys.conf; " + reload) })
	for _, c := range []struct{ name, setup, where string }{
		{"plain", "true", "/home/mtest/.cache/muster"},
		{"noexec", "mount -t tmpfs -o noexec,size=64m,uid=$(id -u mtest),mode=700 tmpfs /home/mtest", "/var/tmp/muster-"},
		{"read-only", "mount -t tmpfs -o ro,size=1m tmpfs /home/mtest", "/var/tmp/muster-"},
		{"small", "mount -t tmpfs -o size=1m,uid=$(id -u mtest) tmpfs /home/mtest", "/var/tmp/muster-"},
		{"no home", "rm -rf /home/mtest", "/var/tmp/muster-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lab{t: t, host: l.host, key: l.key, dialer: l.dialer, bins: l.bins, root: l.root}
			l.user("mtest", "/bin/bash")
			l.admin(c.setup)
			for range 2 {
				s := l.mustOpen("mtest")
				exe := l.admin(fmt.Sprintf("readlink /proc/%d/exe", s.Remote().PID))
				if !strings.HasPrefix(exe, c.where) {
					t.Errorf("the runner is %s", exe)
				}
				if got, err := shell(t, s, nil, "id -un"); err != nil || got != "mtest" {
					t.Errorf("%q, %v", got, err)
				}
				_ = s.Close()
			}
		})
	}
}

func TestLabFullDisk(t *testing.T) {
	l := newLab(t)
	l.user("mtest", "/bin/bash")
	all := "/home/mtest/.cache /var/tmp /tmp /dev/shm"
	l.admin("mkdir -p /home/mtest/.cache; for d in " + all + "; do mount -t tmpfs -o size=2m,mode=1777 tmpfs $d; done")
	t.Cleanup(func() { l.admin("for d in " + all + "; do umount $d; done; true") })
	_, err := l.open("mtest")
	wantKind(t, err, transport.KindDiskFull, "KiB free")
	if left := l.admin("find " + all + " -name 'muster*' -user mtest"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

func TestLabLoginShells(t *testing.T) {
	l := newLab(t)
	for _, sh := range []string{"/bin/sh", "/bin/bash", "/usr/bin/zsh", "/usr/bin/fish", "/usr/bin/tcsh"} {
		t.Run(sh, func(t *testing.T) {
			l := &lab{t: t, host: l.host, key: l.key, dialer: l.dialer, bins: l.bins, root: l.root}
			l.admin("test -x " + sh)
			l.user("mtest", sh)
			l.admin(`cd /home/mtest; for f in .bashrc .cshrc .zshenv; do echo "echo noise from a login file" >$f; done; mkdir -p .config/fish; echo "echo noise" >.config/fish/config.fish; chown -R mtest: .`)
			for range 2 {
				s := l.mustOpen("mtest")
				if got, err := shell(t, s, nil, "id -un"); err != nil || got != "mtest" {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	for sh, want := range map[string]string{"/usr/sbin/nologin": "This account is currently not available", "/bin/false": "exit code 1"} {
		t.Run(sh, func(t *testing.T) {
			l := &lab{t: t, host: l.host, key: l.key, dialer: l.dialer, bins: l.bins, root: l.root}
			l.user("mtest", sh)
			_, err := l.open("mtest")
			wantKind(t, err, transport.KindNoShell, want)
		})
	}
}

func TestLabBecome(t *testing.T) {
	l := newLab(t)
	l.user("mtest", "/bin/bash")
	l.user("mother", "/bin/bash")
	l.admin("getent passwd mservice || useradd -r -s /usr/sbin/nologin mservice; echo root:geheim0 | chpasswd")
	t.Cleanup(func() { l.admin("userdel mservice; passwd -l root; rm -f /etc/doas.conf") })
	sudoers := func(text string) string {
		return "echo '" + text + "' >/etc/sudoers.d/mtest && chmod 440 /etc/sudoers.d/mtest"
	}
	for _, c := range []struct {
		name, setup, login string
		become             wire.Become
		want               string // user and home
		kind               transport.Kind
		says               string
	}{
		{"sudo without password", sudoers("mtest ALL=(ALL) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo"}, "root /root", "", ""},
		{"sudo to an unprivileged user", sudoers("mtest ALL=(ALL) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo", User: "mother"}, "mother /home/mother", "", ""},
		{"root to a service account by sudo", "true", "root", wire.Become{Method: "sudo", User: "mservice"}, "mservice /home/mservice", "", ""},
		{"root to a service account by su", "true", "root", wire.Become{Method: "su", User: "mservice"}, "mservice /home/mservice", "", ""},
		{"sudo with password", sudoers("mtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo", Password: "geheim1"}, "root /root", "", ""},
		{"sudo with password to another user", sudoers("mtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo", User: "mother", Password: "geheim1"}, "mother /home/mother", "", ""},
		{"sudo -i", sudoers("mtest ALL=(ALL) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo", Flags: "-i"}, "root /root", "", ""},
		{"sudo, wrong password", sudoers("mtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo", Password: "geheim9"}, "", transport.KindBecomeWrong, "sudo to root: the password is wrong"},
		{"sudo, no password", sudoers("mtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo"}, "", transport.KindBecomeMissing, "--ask-become-pass"},
		{"sudo, not permitted", "rm -f /etc/sudoers.d/mtest", "mtest", wire.Become{Method: "sudo", Password: "geheim1"}, "", transport.KindBecome, "does not permit"},
		{"sudo, another user only", sudoers("mtest ALL=(mother) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo", Password: "geheim1"}, "", transport.KindBecome, "does not permit"},
		{"sudo, unknown user", sudoers("mtest ALL=(ALL) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo", User: "mnobody"}, "", transport.KindBecome, "there is no user mnobody"},
		{"sudo, requiretty", sudoers("Defaults:mtest requiretty\nmtest ALL=(ALL) NOPASSWD:ALL"), "mtest", wire.Become{Method: "sudo"}, "root /root", "", ""},
		{"sudo, requiretty and password", sudoers("Defaults:mtest requiretty\nmtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo", Password: "geheim1"}, "root /root", "", ""},
		{"sudo, use_pty", sudoers("Defaults:mtest use_pty\nmtest ALL=(ALL) ALL"), "mtest", wire.Become{Method: "sudo", Password: "geheim1"}, "root /root", "", ""},
		{"su", "true", "mtest", wire.Become{Method: "su", Password: "geheim0"}, "root /root", "", ""},
		{"su -", "true", "mtest", wire.Become{Method: "su", User: "mother", Password: "geheim1", Flags: "-"}, "mother /home/mother", "", ""},
		{"su, wrong password", "true", "mtest", wire.Become{Method: "su", Password: "geheim9"}, "", transport.KindBecomeWrong, "is wrong"},
		{"su, no password", "true", "mtest", wire.Become{Method: "su"}, "", transport.KindBecomeMissing, "none was given"},
		{"su, unknown user", "true", "mtest", wire.Become{Method: "su", User: "mnobody", Password: "geheim1"}, "", transport.KindBecome, "there is no user"},
		{"doas without password", "echo 'permit nopass mtest' >/etc/doas.conf", "mtest", wire.Become{Method: "doas"}, "root /root", "", ""},
		{"doas to an unprivileged user", "echo 'permit nopass mtest' >/etc/doas.conf", "mtest", wire.Become{Method: "doas", User: "mother"}, "mother /home/mother", "", ""},
		{"doas with password", "echo 'permit mtest' >/etc/doas.conf", "mtest", wire.Become{Method: "doas", Password: "geheim1"}, "root /root", "", ""},
		{"doas, wrong password", "echo 'permit mtest' >/etc/doas.conf", "mtest", wire.Become{Method: "doas", Password: "geheim9"}, "", transport.KindBecomeWrong, "is wrong"},
		{"doas, no password", "echo 'permit mtest' >/etc/doas.conf", "mtest", wire.Become{Method: "doas"}, "", transport.KindBecomeMissing, "none was given"},
		{"doas, not permitted", "echo 'permit mother' >/etc/doas.conf", "mtest", wire.Become{Method: "doas", Password: "geheim1"}, "", transport.KindBecome, "does not permit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lab{t: t, host: l.host, key: l.key, dialer: l.dialer, bins: l.bins, root: l.root}
			l.admin(c.setup)
			s := l.mustOpen(c.login)
			got, err := shell(t, s, &c.become, `echo $(id -un) $HOME`)
			if c.kind != "" {
				wantKind(t, err, c.kind, c.says)
			} else if err != nil || got != c.want {
				t.Errorf("%q, %v", got, err)
			}
			// The way without a runner gives the same answers.
			conn, err := l.dialer.Dial(t.Context(), l.target(c.login))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			raw, err := transport.RunRaw(t.Context(), conn, `echo $(id -un); exit 3`, transport.RawOptions{Host: "lab1", Become: &c.become})
			user, _, _ := strings.Cut(c.want, " ")
			switch {
			case c.login == "root" && c.become.Method == "su": // the account has no shell, and raw may not choose one
			case c.kind != "":
				wantKind(t, err, c.kind, c.says)
			case err != nil || strings.TrimSpace(string(raw.Stdout)) != user || raw.Code != 3:
				t.Errorf("raw: %q %q %d, %v", raw.Stdout, raw.Stderr, raw.Code, err)
			}
		})
	}
}

func TestLabLeavesNothing(t *testing.T) {
	l := newLab(t)
	l.user("mtest", "/bin/bash")
	l.admin("echo 'mtest ALL=(ALL) ALL' >/etc/sudoers.d/mtest && chmod 440 /etc/sudoers.d/mtest")
	s := l.mustOpen("mtest")
	b := &wire.Become{Method: "sudo", Password: "geheim1"}
	if _, err := shell(t, s, b, "true"); err != nil {
		t.Fatal(err)
	}
	if got := l.admin("grep -la geheim1 /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -v /$$/ | grep -v self || true"); strings.Contains(got, fmt.Sprint(s.Remote().PID)) {
		t.Errorf("the password is in %s", got)
	}
	if got := l.admin("grep -rl geheim1 /home/mtest /var/tmp /tmp /var/cache/muster 2>/dev/null || true"); got != "" {
		t.Errorf("the password is in %s", got)
	}
	running := make(chan error, 1)
	go func() {
		running <- s.Do(context.WithoutCancel(t.Context()), &wire.Request{Module: "command", Become: b, Items: []wire.Item{{Args: map[string]any{"_raw_params": "sleep 987"}}}}, nil, func(*wire.Response) {})
	}()
	await(t, l, "pgrep -f '^sleep 987' >/dev/null")
	l.admin("pkill -KILL -u mtest sshd") // the connection dies, nobody says goodbye
	wantKind(t, <-running, transport.KindLost, "lost")
	await(t, l, "! pgrep -f '^sleep 987' >/dev/null && ! pgrep -u mtest >/dev/null && ! pgrep -f 'muster/[0-9a-f]*/runner' >/dev/null")
}

// await asks the host until something is so.
func await(t *testing.T, l *lab, condition string) {
	t.Helper()
	l.admin("for i in $(seq 100); do if " + condition + "; then exit 0; fi; sleep 0.1; done; ps ax >&2; exit 1")
}

func BenchmarkLabOpen(b *testing.B) {
	l := labFor(b)
	conn, err := l.dialer.Dial(b.Context(), l.target("root"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for b.Loop() {
		s, err := transport.Open(b.Context(), conn, l.target("root"), l.bins, "e2e")
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Do(b.Context(), ping(), nil, func(*wire.Response) {}); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}

func BenchmarkLabTask(b *testing.B) {
	l := labFor(b)
	conn, err := l.dialer.Dial(b.Context(), l.target("root"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	s, err := transport.Open(b.Context(), conn, l.target("root"), l.bins, "e2e")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Do(b.Context(), ping(), nil, func(*wire.Response) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	out, err := transport.RunRaw(b.Context(), conn, fmt.Sprintf("cat /proc/%d/status", s.Remote().PID), transport.RawOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("runner: %s", memory(string(out.Stdout)))
}

func ping() *wire.Request {
	return &wire.Request{Module: "async_status", Items: []wire.Item{{Args: map[string]any{"jid": "none"}}}}
}

func TestLabChildWorksWhereItMay(t *testing.T) {
	l := newLab(t)
	l.user("mtest", "/bin/bash")
	l.admin("echo 'mtest ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/mtest && chmod 440 /etc/sudoers.d/mtest")
	s := l.mustOpen("mtest")
	for user, want := range map[string]string{"": "/home/mtest", "deploy": "/home/deploy"} {
		var b *wire.Become
		if user != "" {
			b = &wire.Become{Method: "sudo", User: user}
		}
		if got, err := shell(t, s, b, "pwd"); err != nil || got != want {
			t.Errorf("%s works in %q, %v", user, got, err)
		}
	}
}

func TestLabAsync(t *testing.T) {
	l := newLab(t)
	l.user("mtest", "/bin/bash")
	l.admin("echo 'mtest ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/mtest && chmod 440 /etc/sudoers.d/mtest; rm -f /tmp/mgate")
	s := l.mustOpen("mtest")
	b := &wire.Become{Method: "sudo", User: "deploy"}
	var started map[string]any
	err := s.Do(t.Context(), &wire.Request{Module: "shell", Become: b, Async: 60, Items: []wire.Item{{Args: map[string]any{"_raw_params": "until [ -e /tmp/mgate ]; do sleep 0.1; done; id -un"}}}}, nil,
		func(r *wire.Response) { started = r.Result })
	if err != nil || started["started"] != int64(1) {
		t.Fatalf("%v, %v", started, err)
	}
	path, _ := started["results_file"].(string)
	if !strings.HasPrefix(path, "/home/deploy/.ansible_async/j") {
		t.Errorf("job file %q", path)
	}
	_ = s.Close()
	l.admin("pkill -KILL -u mtest sshd; touch /tmp/mgate")
	await(t, l, "grep -q '\"stdout\": *\"deploy\"' "+path)
	l.admin("rm -rf /tmp/mgate " + path)
}

func TestLabLargeFrames(t *testing.T) {
	l := newLab(t)
	s := l.mustOpen("root")
	for _, size := range []int{100 << 10, 8 << 20} {
		got, err := shell(t, s, nil, fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", size))
		if err != nil || len(got) != size {
			t.Errorf("%d of %d bytes, %v", len(got), size, err)
		}
		args := map[string]any{"_raw_params": "cat | wc -c", "stdin": strings.Repeat("y", size), "stdin_add_newline": false}
		var result map[string]any
		err = s.Do(t.Context(), &wire.Request{Module: "shell", Items: []wire.Item{{Args: args}}}, nil, func(r *wire.Response) { result = r.Result })
		if out, _ := result["stdout"].(string); err != nil || strings.TrimSpace(out) != fmt.Sprint(size) {
			t.Errorf("%.300v, %v", result, err)
		}
	}
}

// pair is what a release carries: a slim runner and a full one.
type pair struct{ slim, full transport.Binary }

type single struct{ b transport.Binary }

func (s single) Known() []transport.Binary { return []transport.Binary{s.b} }
func (s single) For(context.Context, string, string) (transport.Binary, error) {
	return s.b, nil
}
func (p pair) Known() []transport.Binary { return single{p.slim}.Known() }
func (p pair) For(ctx context.Context, goos, goarch string) (transport.Binary, error) {
	return single{p.slim}.For(ctx, goos, goarch)
}
func (p pair) Full() transport.Binaries { return single{p.full} }

func compiled(t *testing.T, form runnerbin.Form) transport.Binary {
	t.Helper()
	path := t.TempDir() + "/runner"
	if err := runnerbin.Compile(t.Context(), "go", "..", "linux", "amd64", path, form); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return transport.Binary{SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

func TestLabFullRunner(t *testing.T) {
	l := newLab(t)
	l.bins = pair{compiled(t, runnerbin.Slim), compiled(t, runnerbin.Full)}
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "from the web") })}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	gateway := strings.TrimSpace(l.admin("ip route show default | cut -d' ' -f3"))
	url := fmt.Sprintf("http://%s:%d/x", gateway, listener.Addr().(*net.TCPAddr).Port)
	l.user("mtest", "/bin/bash")
	l.admin("echo 'mtest ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/mtest && chmod 440 /etc/sudoers.d/mtest")
	t.Cleanup(func() { l.admin("rm -f /tmp/mweb-root") })
	s := l.mustOpen("mtest")
	for _, b := range []*wire.Become{nil, {Method: "sudo", User: "root"}} {
		dest := "/home/mtest/web"
		if b != nil {
			dest = "/tmp/mweb-root"
		}
		var result map[string]any
		err := s.Do(t.Context(), &wire.Request{Module: "get_url", Become: b, Items: []wire.Item{{Args: map[string]any{"url": url, "dest": dest}}}}, nil,
			func(r *wire.Response) { result = r.Result })
		if err != nil || result["failed"] == true || l.admin("cat "+dest) != "from the web" {
			t.Errorf("%v, %v", result, err)
		}
	}
	if got, err := shell(t, s, nil, "id -un"); err != nil || got != "mtest" {
		t.Errorf("the slim runner afterwards: %q, %v", got, err)
	}
}
