package sys

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outside makes a root with a secret beside it that links inside try to reach.
func outside(t *testing.T) (System, string) {
	t.Helper()
	base := t.TempDir()
	root := filepath.Join(base, "root")
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "secret"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"up": "../../../secret", "abs": base + "/secret", "dir": base, "loop": "loop", "passwd": "/etc/passwd"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("inside"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Rooted(root), base
}

func TestRootedStaysInside(t *testing.T) {
	s, base := outside(t)
	for _, p := range []string{"/up", "/abs", "/dir/secret", "/../secret", "/etc/../../secret", "/loop", "relative"} {
		if b, err := s.ReadFile(p); err == nil && string(b) == "outside" {
			t.Errorf("%s: read %q", p, b)
		}
		if p != "/loop" {
			_ = s.WriteFile(p, strings.NewReader("x"), WriteOptions{Perm: 0o644, UID: -1, GID: -1})
		}
	}
	if b, err := os.ReadFile(filepath.Join(base, "secret")); err != nil || string(b) != "outside" {
		t.Errorf("the file outside: %q %v", b, err)
	}
	if b, err := s.ReadFile("/passwd"); err != nil || string(b) != "inside" {
		t.Errorf("an absolute link starts at the root: %q %v", b, err)
	}
	if _, err := s.Lstat("/none"); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), base) {
		t.Errorf("errors name the path inside: %v", err)
	}
}

func TestRootedOwnersAndWrites(t *testing.T) {
	s, _ := outside(t)
	if err := s.WriteFile("/f", strings.NewReader("one"), WriteOptions{Perm: 0o4750, UID: 1000, GID: 50}); err != nil {
		t.Fatal(err)
	}
	st, err := s.Lstat("/f")
	if err != nil || st.UID != 1000 || st.GID != 50 || st.Perm != 0o4750 || st.Size != 3 {
		t.Errorf("%+v %v", st, err)
	}
	if err := s.Lchown("/f", -1, 7); err != nil {
		t.Fatal(err)
	}
	if st, _ = s.Stat("/f"); st.UID != 1000 || st.GID != 7 {
		t.Errorf("only the group changes: %+v", st)
	}
	when := time.Unix(1500000000, 0)
	if err := s.Chtimes("/f", time.Time{}, when); err != nil {
		t.Fatal(err)
	}
	if st, _ = s.Stat("/f"); !st.Mtime.Equal(when) {
		t.Errorf("mtime %v", st.Mtime)
	}
	if err := s.Remove("/f"); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteFile("/f", strings.NewReader("two"), WriteOptions{Perm: 0o644, UID: -1, GID: -1}); err != nil {
		t.Fatal(err)
	}
	if st, _ = s.Stat("/f"); st.UID != 0 {
		t.Errorf("a new file belongs to root: %+v", st)
	}
	list, err := s.ReadDir("/")
	for _, e := range list {
		if err != nil || strings.Contains(e.Name(), "muster-") {
			t.Errorf("left behind: %s %v", e.Name(), err)
		}
	}
}

func TestRootedCommands(t *testing.T) {
	s, base := outside(t)
	if _, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "true"}}); err == nil {
		t.Error("a program of the real machine ran")
	}
	if err := s.Mkdir("/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho $MUSTER_ROOT $1; pwd; cat; exit 3\n"
	if err := s.WriteFile("/bin/hello", strings.NewReader(script), WriteOptions{Perm: 0o755, UID: -1, GID: -1}); err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(t.Context(), Command{Argv: []string{"hello", "you"}, Dir: "/etc", Stdin: strings.NewReader("in")})
	root := s.Root()
	if err != nil || out.Code != 3 || string(out.Stdout) != root+" you\n"+root+"/etc\nin" {
		t.Errorf("%+v %q %v", out.Code, out.Stdout, err)
	}
	real := Rooted(filepath.Join(base, "root"), WithRealPrograms())
	out, err = real.Run(t.Context(), Command{Argv: []string{"sh", "-c", "kill -9 $$"}})
	if err != nil || out.Code != -9 {
		t.Errorf("a signal: %d %v", out.Code, err)
	}
}

func TestExecute(t *testing.T) {
	s := Real()
	if out, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "umask; echo $A"}, Umask: new(int), Env: map[string]string{"A": "b"}}); err != nil || string(out.Stdout) != "0000\nb\n" {
		t.Errorf("%q %v", out.Stdout, err)
	}
	if _, err := s.Run(t.Context(), Command{Argv: []string{"sleep", "60"}, Timeout: 20 * time.Millisecond}); !errors.Is(err, ErrTimeout) {
		t.Errorf("timeout: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Run(ctx, Command{Argv: []string{"sleep", "60"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if out, err := s.Run(t.Context(), Command{Argv: []string{"sh", "-c", "sleep 30 & echo started"}}); err != nil || string(out.Stdout) != "started\n" {
		t.Errorf("a child that keeps the pipe open: %q %v", out.Stdout, err)
	}
	if _, err := s.Run(t.Context(), Command{Argv: []string{"no-such-program-here"}}); err == nil {
		t.Error("a program that is not there ran")
	}
}

func TestEnvironment(t *testing.T) {
	f := NewFakeCommands().On("show", Output{Stdout: []byte("ok")})
	s := WithEnv(Rooted(t.TempDir(), f.Option()), map[string]string{"A": "1", "HOME": "/x"})
	if _, err := s.Run(t.Context(), Command{Argv: []string{"show"}, Env: map[string]string{"A": "2"}}); err != nil {
		t.Fatal(err)
	}
	if env := f.Calls()[0].Env; env["A"] != "2" || env["HOME"] != "/x" {
		t.Errorf("the command's own variables win: %v", env)
	}
	n := 0
	for _, kv := range s.Environ() {
		if strings.HasPrefix(kv, "HOME=") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("HOME is there %d times: %v", n, s.Environ())
	}
}

func TestAccounts(t *testing.T) {
	f := NewFakeCommands().On("getent passwd ldapuser", Output{Stdout: []byte("ldapuser:*:5000:5000::/home/l:/bin/sh\n")}).
		On("getent group 5000", Output{Stdout: []byte("ldap:*:5000:a,b\n")}).On("getent passwd nobody", Output{Code: 2})
	s := Rooted(t.TempDir(), f.Option())
	if err := s.Mkdir("/etc", 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(p, c string) {
		if err := s.WriteFile(p, strings.NewReader(c), WriteOptions{Perm: 0o644, UID: -1, GID: -1}); err != nil {
			t.Fatal(err)
		}
	}
	write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nrooter:x:7:7::/:/bin/false\nbroken\n")
	write("/etc/group", "root:x:0:\nwheel:x:10:root,rooter\n")
	a := NewAccounts(t.Context(), s)
	if u, ok := a.UserByName("rooter"); !ok || u.UID != 7 {
		t.Errorf("%+v %v", u, ok)
	}
	if _, ok := a.UserByName("ldapuser"); ok || len(f.Calls()) > 0 {
		t.Error("getent was asked though nsswitch.conf names nothing else")
	}
	write("/etc/nsswitch.conf", "passwd: files ldap # more\ngroup: files [NOTFOUND=return] ldap\n")
	a = NewAccounts(t.Context(), s)
	if u, ok := a.UserByName("ldapuser"); !ok || u.Home != "/home/l" {
		t.Errorf("%+v %v", u, ok)
	}
	if g, ok := a.GroupByID(5000); !ok || len(g.Members) != 2 {
		t.Errorf("%+v %v", g, ok)
	}
	if g, ok := a.GroupByName("wheel"); !ok || len(g.Members) != 2 {
		t.Errorf("%+v %v", g, ok)
	}
	if _, ok := a.UserByName("nobody"); ok {
		t.Error("found nobody")
	}
}
