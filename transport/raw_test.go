package transport_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
	"github.com/musterhq/muster/transport/wire"
)

const rawSudo = `#!/bin/sh
[ -n "$NEED_TTY" ] && { { true </dev/tty; } 2>/dev/null || { echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1; }; }
prompt=; while [ $# -gt 0 ]; do case "$1" in -p) prompt=$2; shift 2;; -u) shift 2;; -n) [ -n "$WANTED" ] && { echo "sudo: a password is required" >&2; exit 1; }; shift;; --) shift; break;; *) shift;; esac; done
if [ -n "$WANTED" ]; then
  printf '%s' "$prompt" >&2; read -r got
  [ "$got" = "$WANTED" ] || { echo "Sorry, try again." >&2; printf '%s' "$prompt" >&2; read -r got; exit 1; }
fi
exec "$@"
`

func here(t *testing.T, env ...string) transport.Conn {
	t.Helper()
	conn, err := local.Dialer{Env: append(os.Environ(), env...)}.Dial(t.Context(), transport.Target{Name: "h1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func sudoAt(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sudo")
	if err := os.WriteFile(path, []byte(rawSudo), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunRaw(t *testing.T) {
	sudo := sudoAt(t)
	become := func(password string) *wire.Become {
		return &wire.Become{Method: "sudo", Exe: sudo, Password: password}
	}
	for _, c := range []struct {
		name, command string
		env           []string
		o             transport.RawOptions
		out, err      string
		code          int
	}{
		{"plain", `echo "a 'b'"; echo c >&2; exit 4`, nil, transport.RawOptions{}, "a 'b'\n", "c\n", 4},
		{"stdin", "cat", nil, transport.RawOptions{Stdin: []byte("text")}, "text", "", 0},
		{"no stdin", "cat; echo end", nil, transport.RawOptions{}, "end\n", "", 0},
		{"another shell", "echo $0", nil, transport.RawOptions{Executable: "/bin/bash"}, "/bin/bash\n", "", 0},
		{"sudo", "echo a; echo b >&2; exit 3", nil, transport.RawOptions{Become: become("")}, "a\n", "b\n", 3},
		{"sudo with password", "cat; echo Password: >&2", []string{"WANTED=geheim"}, transport.RawOptions{Become: become("geheim"), Stdin: []byte("input")}, "input", "Password:\n", 0},
		{"sudo that wants a terminal", "echo a; echo b >&2", []string{"NEED_TTY=1"}, transport.RawOptions{Become: become("")}, "a\nb\n", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := transport.RunRaw(t.Context(), here(t, c.env...), c.command, c.o)
			if err != nil || string(got.Stdout) != c.out || string(got.Stderr) != c.err || got.Code != c.code {
				t.Errorf("%q %q %d, %v", got.Stdout, got.Stderr, got.Code, err)
			}
		})
	}
}

func TestRunRawRefused(t *testing.T) {
	sudo := sudoAt(t)
	for _, c := range []struct {
		password string
		exe      string
		kind     transport.Kind
	}{
		{"falsch", sudo, transport.KindBecomeWrong},
		{"", sudo, transport.KindBecomeMissing},
		{"", "/nowhere/sudo", transport.KindBecome},
	} {
		_, err := transport.RunRaw(t.Context(), here(t, "WANTED=geheim"), "id", transport.RawOptions{Host: "h1", Become: &wire.Become{Method: "sudo", Exe: c.exe, Password: c.password}})
		var e *transport.Error
		if !errors.As(err, &e) || e.Kind != c.kind || !strings.HasPrefix(err.Error(), "h1: ") {
			t.Errorf("got %v, want %s", err, c.kind)
		}
	}
	_, err := transport.RunRaw(t.Context(), here(t), "id", transport.RawOptions{Become: &wire.Become{Method: "runas"}})
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != transport.KindBecome {
		t.Errorf("got %v", err)
	}
}

func TestRunRawEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped by a test")
	conn := here(t)
	go cancel(stopped)
	if _, err := transport.RunRaw(ctx, conn, "sleep 600", transport.RawOptions{}); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}
