package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
	"github.com/musterhq/muster/transport/wire"
)

// TestMain lets the test's own program be the runner.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "runner" {
		os.Exit(runner.Main(context.Background(), os.Args[1:], runner.Options{Lookup: lookup, System: sys.Real()}))
	}
	os.Exit(m.Run())
}

func lookup(name string) (modules.Module, bool) { return hello{}, name == "hello" }

type hello struct{}

func (hello) Info() modules.Info      { return modules.Info{Name: "hello"} }
func (hello) Params() []modules.Param { return nil }
func (hello) Run(_ context.Context, c *modules.Call) modules.Result {
	return modules.Result{"args": c.Args}
}

// own offers this test's program as the runner.
type own struct {
	b     transport.Binary
	known bool
	err   error
}

var program = sync.OnceValues(func() (own, error) {
	exe, err := os.Executable()
	if err != nil {
		return own{}, err
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		return own{}, err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return own{}, err
	}
	if _, err := z.Write(data); err != nil {
		return own{}, err
	}
	if err := z.Close(); err != nil {
		return own{}, err
	}
	sum := sha256.Sum256(data)
	reader := func(b []byte) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	}
	return own{known: true, b: transport.Binary{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)), Open: reader(data), OpenGzip: reader(packed.Bytes())}}, nil
})

func (o own) Known() []transport.Binary {
	if !o.known {
		return nil
	}
	return []transport.Binary{o.b}
}

func (o own) For(context.Context, string, string) (transport.Binary, error) { return o.b, o.err }

func binaries(t testing.TB) own {
	t.Helper()
	o, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// box is a simulated host: a local shell with a home, a cache and a temporary folder of its own.
type box struct {
	home, root, tmp string
	target          transport.Target
	env             []string
	login           func(command string) string // what the login shell makes of a command
	starts          int
}

func newBox(t *testing.T) *box {
	t.Helper()
	dir := t.TempDir()
	b := &box{home: dir + "/home", root: dir + "/var", tmp: dir + "/tmp", target: transport.Target{Name: "h1", User: "web", Connection: "local"}}
	for _, d := range []string{b.home, b.root, b.tmp} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b.env = []string{"HOME=" + b.home, "PATH=" + os.Getenv("PATH")}
	return b
}

// counting counts commands and passes them through the login shell.
type counting struct {
	transport.Conn
	b *box
}

func (c counting) Start(ctx context.Context, command string, o transport.StartOptions) (transport.Process, error) {
	c.b.starts++
	if c.b.login != nil {
		command = c.b.login(command)
	}
	return c.Conn.Start(ctx, command, o)
}

func (b *box) open(t *testing.T, bin own) (*transport.Session, error) {
	t.Helper()
	conn, err := local.Dialer{Env: b.env}.Dial(t.Context(), b.target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	b.starts = 0
	return transport.OpenAt(t.Context(), counting{conn, b}, b.target, bin, b.root, b.tmp)
}

// places lists where runners lie.
func (b *box) places(t *testing.T) []string {
	t.Helper()
	var found []string
	for name, dir := range map[string]string{"home": b.home, "root": b.root, "tmp": b.tmp} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found = append(found, name+"/"+d.Name())
				if info, err := d.Info(); err == nil && info.Mode().Perm() != 0o755 {
					t.Errorf("%s has mode %v", path, info.Mode())
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func use(t *testing.T, s *transport.Session) {
	t.Helper()
	called := false
	err := s.Do(t.Context(), &wire.Request{Module: "hello", Items: []wire.Item{{Args: map[string]any{"a": 1}}}}, nil, func(r *wire.Response) {
		called = fmt.Sprint(r.Result["args"]) == "map[a:1]"
	})
	if err != nil || !called {
		t.Errorf("%v, result %v", err, called)
	}
}

func TestOpenInstallsOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *box, bin *own)
		cold   int // commands on a host without a runner
		place  string
	}{
		{"as it is", func(*box, *own) {}, 3, ""},
		{"noisy login", func(b *box, _ *own) {
			b.login = func(c string) string {
				return "echo Welcome; echo MUSTER-PROBE is no mark >&2; printf half; " + c
			}
		}, 3, ""},
		{"unknown binary", func(_ *box, bin *own) { bin.known = false }, 3, ""},
		{"preferred folder", func(b *box, _ *own) { b.target.Runner.RemoteTmp = b.home + "/my tmp" }, 3, "home"},
		{"preferred folder in the home", func(b *box, _ *own) { b.target.Runner.RemoteTmp = "~/deep/tmp" }, 3, "home"},
		{"preferred folder with a variable", func(b *box, _ *own) {
			b.env = append(b.env, "MARK=x")
			b.target.Runner.RemoteTmp = "~/deep-${MARK}/tmp"
		}, 3, "home"},
		{"no gzip, no hash tool", func(b *box, _ *own) { b.env[1] = "PATH=" + tools(b, "id uname df tail mkdir chmod rm mv cat rmdir") }, 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, bin := newBox(t), binaries(t)
			c.change(b, &bin)
			s, err := b.open(t, bin)
			if err != nil {
				t.Fatal(err)
			}
			use(t, s)
			if b.starts != c.cold {
				t.Errorf("%d commands on a cold host", b.starts)
			}
			where := b.places(t)
			if len(where) != 1 || !strings.HasSuffix(where[0], "/runner") || !strings.HasPrefix(where[0], c.place) {
				t.Errorf("installed: %v", where)
			}
			if !bin.known {
				return
			}
			if s, err = b.open(t, bin); err != nil {
				t.Fatal(err)
			}
			use(t, s)
			if b.starts != 1 {
				t.Errorf("%d commands on a warm host", b.starts)
			}
		})
	}
}

// TestOpenStartsNothingThroughALink: whoever may change a link in a folder that everybody writes to decides what is started.
func TestOpenStartsNothingThroughALink(t *testing.T) {
	b, bin := newBox(t), binaries(t)
	b.env = append(b.env, "XDG_CACHE_HOME=/dev/null/none")
	if s, err := b.open(t, bin); err != nil {
		t.Fatal(err)
	} else {
		use(t, s)
	}
	id := fmt.Sprintf("muster-%d", os.Getuid())
	if os.Getuid() == 0 {
		id, b.tmp = "muster", b.root
	}
	moved := filepath.Join(b.home, "moved")
	if err := errors.Join(os.Rename(filepath.Join(b.tmp, id), moved), os.Symlink(moved, filepath.Join(b.tmp, id))); err != nil {
		t.Fatal(err)
	}
	_, err := b.open(t, bin)
	if b.starts == 1 && err == nil {
		t.Error("the runner behind a link was started")
	}
}

// tools makes a folder with nothing but some programs.
func tools(b *box, names string) string {
	dir := filepath.Join(filepath.Dir(b.home), "bin")
	_ = os.Mkdir(dir, 0o755)
	for _, n := range strings.Fields(names) {
		if path, err := exec.LookPath(n); err == nil {
			_ = os.Symlink(path, filepath.Join(dir, n))
		}
	}
	return dir
}

func TestOpenRepairsWhatDoesNotRun(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "another machine's": "\x7fELF nonsense", "silent": "#!/bin/sh\nexit 0\n"} {
		t.Run(name, func(t *testing.T) {
			b, bin := newBox(t), binaries(t)
			dir := filepath.Join(b.home, ".cache", "muster", bin.b.SHA256)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "runner"), []byte(content), 0o755); err != nil {
				t.Fatal(err)
			}
			s, err := b.open(t, bin)
			if err != nil {
				t.Fatal(err)
			}
			use(t, s)
		})
	}
}

func TestOpenFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, b *box, bin *own)
		kind   transport.Kind
		want   string
	}{
		{"nologin", func(_ *testing.T, b *box, _ *own) {
			b.login = func(string) string { return "echo 'This account is currently not available.'; exit 1" }
		}, transport.KindNoShell, "shell of web does not run commands (exit code 1): This account is currently not available."},
		{"output to standard error", func(_ *testing.T, b *box, _ *own) {
			b.login = func(c string) string { return "exec 1>&2; " + c }
		}, transport.KindNoShell, "a login file redirects the standard output"},
		{"output to nowhere", func(_ *testing.T, b *box, _ *own) {
			b.login = func(c string) string { return "exec >/dev/null; " + c }
		}, transport.KindNoShell, "a login file redirects the standard output"},
		{"all output to nowhere", func(_ *testing.T, b *box, _ *own) {
			b.login = func(c string) string { return "exec >/dev/null 2>&1; " + c }
		}, transport.KindNoShell, "says nothing (give the user a shell"},
		{"false", func(_ *testing.T, b *box, _ *own) { b.login = func(string) string { return "exit 1" } }, transport.KindNoShell, "exit code 1"},
		{"shell that prints escapes", func(_ *testing.T, b *box, _ *own) {
			b.login = func(string) string { return `printf 'no\033[2Jway'; exit 1` }
		}, transport.KindNoShell, "no�[2Jway"},
		{"no shell at all", func(_ *testing.T, b *box, _ *own) { b.target.Runner.Shell = "/nowhere/sh" }, transport.KindNoShell, "/nowhere/sh"},
		{"quotes in the folder", func(_ *testing.T, b *box, _ *own) { b.target.Runner.RemoteTmp = "/tmp/it's" }, transport.KindConfig, "quotes"},
		{"no place", func(t *testing.T, b *box, _ *own) {
			file := filepath.Join(b.home, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			b.root, b.tmp = file, file
			b.env = append(b.env, "XDG_CACHE_HOME="+file)
		}, transport.KindNoPlace, "/file/muster: it cannot be made"},
		{"links are not followed", func(t *testing.T, b *box, _ *own) {
			for _, d := range []string{b.root, b.home} {
				if err := os.Symlink(b.tmp, filepath.Join(d, "muster")); err != nil {
					t.Fatal(err)
				}
			}
			b.env = append(b.env, "XDG_CACHE_HOME="+b.home)
			b.tmp = "relative"
		}, transport.KindNoPlace, "symbolic link"},
		{"no platform", func(_ *testing.T, b *box, bin *own) {
			dir := tools(b, "id df tail mkdir chmod rm mv cat rmdir gzip sha256sum")
			_ = os.WriteFile(filepath.Join(dir, "uname"), []byte("#!/bin/sh\necho Plan9\n"), 0o755)
			b.env[1] = "PATH=" + dir
		}, transport.KindPlatform, "no runner for Plan9"},
		{"no binary", func(_ *testing.T, _ *box, bin *own) { bin.known, bin.err = false, errors.New("none here") }, transport.KindPlatform, "none here"},
		{"damaged on the way", func(_ *testing.T, _ *box, bin *own) {
			bin.b.SHA256 = strings.Repeat("ab", 32)
		}, transport.KindRunner, "arrived damaged"},
		{"full", func(_ *testing.T, b *box, _ *own) {
			dir := tools(b, "id uname tail mkdir chmod rm mv cat rmdir gzip sha256sum")
			_ = os.WriteFile(filepath.Join(dir, "df"), []byte("#!/bin/sh\necho '/dev/x 100 99 1 99% /'\n"), 0o755)
			b.env[1] = "PATH=" + dir
		}, transport.KindDiskFull, "1 KiB free"},
		{"full on the way", func(_ *testing.T, b *box, _ *own) {
			dir := tools(b, "id uname df tail mkdir chmod rm mv cat rmdir sha256sum")
			_ = os.WriteFile(filepath.Join(dir, "gzip"), []byte("#!/bin/sh\ncat >/dev/null; echo 'gzip: stdout: No space left on device' >&2; exit 1\n"), 0o755)
			b.env[1] = "PATH=" + dir
		}, transport.KindDiskFull, "No space left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, bin := newBox(t), binaries(t)
			c.change(t, b, &bin)
			before := *b
			_, err := b.open(t, bin)
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.Error(), c.want) || !strings.HasPrefix(e.Error(), "h1: ") {
				t.Errorf("got %v", err)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("control characters in %q", err)
			}
			for _, dir := range []string{before.home, before.root, before.tmp} {
				left, err := filepath.Glob(filepath.Join(dir, ".cache", "muster*", "*"))
				if err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			}
		})
	}
}

func TestScriptsSuitEveryLoginShell(t *testing.T) {
	for name, script := range transport.Scripts() {
		if i := strings.IndexAny(script, "'\\!\n\r`"); i >= 0 {
			t.Errorf("%s holds %q near %q", name, script[i], script[max(0, i-20):i+1])
		}
		for _, shell := range []string{"sh", "bash", "dash", "busybox"} {
			path, err := exec.LookPath(shell)
			if err != nil {
				continue
			}
			args := []string{"-n", "-c", script}
			if shell == "busybox" {
				args = append([]string{"sh"}, args...)
			}
			if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
				t.Errorf("%s under %s: %v: %s", name, shell, err, out)
			}
		}
	}
}
