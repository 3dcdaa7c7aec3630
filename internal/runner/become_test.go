package runner_test

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// fakes are programs that behave like sudo, su and doas as far as the runner can see, but change no user.
const fakeSudo = `#!/bin/sh
[ -n "$REFUSE" ] && { echo "$REFUSE" >&2; exit 1; }
prompt=; noninteractive=
while [ $# -gt 0 ]; do case "$1" in
  -p) prompt=$2; shift 2;; -u) user=$2; shift 2;; -n) noninteractive=1; shift;; --) shift; break;; -*) shift;; *) break;; esac; done
[ -n "$NOISE" ] && echo "Last login: never"
if [ -n "$WANTED" ]; then
  [ -n "$noninteractive" ] && { echo "sudo: a password is required" >&2; exit 1; }
  for try in 1 2 3; do
    printf '%s' "$prompt" >&2; read -r got || exit 1
    [ "$got" = "$WANTED" ] && break
    echo "Sorry, try again." >&2
    [ $try = 3 ] && { echo "sudo: 3 incorrect password attempts" >&2; exit 1; }
  done
fi
unset WANTED; FAKE_USER=$user; export FAKE_USER; exec "$@"
`

// fakeDoas talks to the terminal only, as doas does.
const fakeDoas = `#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in -u) user=$2; shift 2;; --) shift; break;; *) shift;; esac; done
{ stty -echo; printf 'doas (me@here) password: '; read -r got; stty echo; echo; } </dev/tty >/dev/tty 2>/dev/null || { echo "doas: a tty is required" >&2; exit 1; }
[ "$got" = "$WANTED" ] || { echo "doas: Authentication failed" >&2; exit 1; }
FAKE_USER=$user; export FAKE_USER; exec "$@"
`

const fakeRequireTTY = `#!/bin/sh
{ true </dev/tty; } 2>/dev/null || { echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1; }
while [ $# -gt 0 ]; do case "$1" in -u) user=$2; shift 2;; --) shift; break;; *) shift;; esac; done
FAKE_USER=$user; export FAKE_USER; exec "$@"
`

func fake(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "become")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// other is a user that this test is not.
func other(t *testing.T) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Username == "root" {
		return "nobody"
	}
	return "root"
}

func TestBecome(t *testing.T) {
	for _, c := range []struct {
		name, script, method, password string
		env                            []string
	}{
		{"without password", fakeSudo, "sudo", "", nil},
		{"with password", fakeSudo, "sudo", "geheim", []string{"WANTED=geheim"}},
		{"password not asked for", fakeSudo, "sudo", "geheim", nil},
		{"noise before the runner", fakeSudo, "sudo", "", []string{"NOISE=1"}},
		{"on a terminal", fakeDoas, "doas", "geheim", []string{"WANTED=geheim"}},
		{"requiretty", fakeRequireTTY, "sudo", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, e := range c.env {
				k, v, _ := strings.Cut(e, "=")
				t.Setenv(k, v)
			}
			t.Setenv("LC_ALL", "de_DE.UTF-8")
			s := open(t)
			b := &wire.Become{Method: c.method, User: other(t), Password: c.password, Exe: fake(t, c.script)}
			pids := map[any]bool{}
			for range 3 {
				r := one(t, s, &wire.Request{Module: "who", Items: items(nil), Become: b})
				pids[r["pid"]] = true
				environ := fmt.Sprint(r["environ"])
				if !strings.Contains(environ, "FAKE_USER="+other(t)) || !strings.Contains(environ, "LC_ALL=de_DE.UTF-8") {
					t.Errorf("environment %s", environ)
				}
				if c.password != "" && strings.Contains(strings.ReplaceAll(environ, "WANTED=geheim", "")+fmt.Sprint(r["argv"]), c.password) {
					t.Error("the password is visible")
				}
			}
			if len(pids) != 1 || pids[int64(os.Getpid())] {
				t.Errorf("the requests ran in %v", pids)
			}
			// Large frames and all bytes go both ways, on terminals too.
			var every [256]byte
			for i := range every {
				every[i] = byte(i)
			}
			big := strings.Repeat(string(every[:]), 1<<12)
			r := one(t, s, &wire.Request{Module: "echo", Items: items(map[string]any{"big": big}), Become: b})
			if r["args"].(map[string]any)["big"] != big {
				t.Error("a megabyte did not survive")
			}
		})
	}
}

func TestBecomeMyself(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := open(t)
	r := one(t, s, &wire.Request{Module: "who", Items: items(nil), Become: &wire.Become{Method: "sudo", User: me.Username, Exe: "/nowhere"}})
	if r["pid"] != int64(os.Getpid()) {
		t.Errorf("a child was started for nothing: %v", r["pid"])
	}
}

func TestBecomeRefused(t *testing.T) {
	for _, c := range []struct {
		name, script, method, password string
		env                            string
		kind                           transport.Kind
		want                           string
	}{
		{"wrong", fakeSudo, "sudo", "falsch", "WANTED=geheim", transport.KindBecomeWrong, "wrong"},
		{"missing", fakeSudo, "sudo", "", "WANTED=geheim", transport.KindBecomeMissing, "required"},
		{"not permitted", fakeSudo, "sudo", "", "REFUSE=web is not in the sudoers file.", transport.KindBecome, "does not permit"},
		{"unknown user", fakeSudo, "sudo", "", "REFUSE=sudo: unknown user nobody9", transport.KindBecome, "there is no user"},
		{"wrong on a terminal", fakeDoas, "doas", "falsch", "WANTED=geheim", transport.KindBecomeWrong, "wrong"},
		{"not there", "", "sudo", "", "", transport.KindBecome, "cannot be started"},
		{"another program", "#!/bin/sh\nexit 3\n", "sudo", "", "", transport.KindBecome, "code 3"},
		{"unknown method", "", "runas", "", "", transport.KindBecome, "is unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if k, v, ok := strings.Cut(c.env, "="); ok {
				t.Setenv(k, v)
			}
			exe := "/nowhere/sudo"
			if c.script != "" {
				exe = fake(t, c.script)
			}
			s := open(t)
			_, err := do(t, s, &wire.Request{Module: "who", Items: items(nil), Become: &wire.Become{Method: c.method, User: other(t), Password: c.password, Exe: exe}}, nil)
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Error(), c.want) || !strings.HasPrefix(e.Error(), "h1: ") {
				t.Errorf("got %v", err)
			}
			if c.password != "" && strings.Contains(err.Error(), c.password) {
				t.Error("the password is in the message")
			}
			one(t, s, &wire.Request{Module: "echo", Items: items(nil)}) // the session goes on
		})
	}
}

func TestContentAndCancelReachChildren(t *testing.T) {
	s := open(t)
	b := &wire.Become{Method: "sudo", User: other(t), Exe: fake(t, fakeSudo)}
	data := []byte(strings.Repeat("abc", 1<<20))
	all, err := do(t, s, &wire.Request{Module: "read", Become: b, Items: items(sha(data)),
		Contents: []wire.Content{{SHA256: digest(data), Size: int64(len(data))}}}, contentOf(data))
	if err != nil || len(all) != 1 || all[0]["size"] != int64(len(data)) {
		t.Fatalf("%v, %v", all, err)
	}
	r := one(t, s, &wire.Request{Module: "run", Become: b, Timeout: 500, Items: items(map[string]any{"cmd": "sleep 60"})})
	if r["failed"] != true {
		t.Errorf("%v", r)
	}
}

func TestChildThatDiesIsReplaced(t *testing.T) {
	s := open(t)
	b := &wire.Become{Method: "sudo", User: other(t), Exe: fake(t, fakeSudo)}
	_, err := do(t, s, &wire.Request{Module: "crash", Become: b, Items: items(nil)}, nil)
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != transport.KindRunner || !strings.Contains(e.What, "ended unexpectedly") {
		t.Errorf("got %v", err)
	}
	one(t, s, &wire.Request{Module: "who", Become: b, Items: items(nil)})
}
