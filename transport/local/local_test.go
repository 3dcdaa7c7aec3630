package local

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
)

func dial(t *testing.T, d Dialer) transport.Conn {
	t.Helper()
	c, err := d.Dial(t.Context(), transport.Target{Name: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// run returns a command's outputs and exit code.
func run(t *testing.T, c transport.Conn, command string, o transport.StartOptions) (string, string, int) {
	t.Helper()
	p, err := c.Start(t.Context(), command, o)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(p.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(p.Stderr())
	if err != nil {
		t.Fatal(err)
	}
	code, err := p.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return string(out), string(said), code
}

func TestStart(t *testing.T) {
	c := dial(t, Dialer{Env: []string{"A=b", "PATH=" + os.Getenv("PATH")}})
	if out, said, code := run(t, c, `echo $A; echo c >&2; exit 3`, transport.StartOptions{}); out != "b\n" || said != "c\n" || code != 3 {
		t.Errorf("%q %q %d", out, said, code)
	}
	if _, _, code := run(t, c, `kill -TERM $$`, transport.StartOptions{}); code != 128+15 {
		t.Errorf("killed by a signal: %d", code)
	}
	out, _, code := run(t, c, `test -t 0 && test -t 1 && echo terminal; echo x >/dev/tty; exit 2`, transport.StartOptions{PTY: true})
	if out != "terminal\nx\n" || code != 2 {
		t.Errorf("on a terminal: %q %d", out, code)
	}
}

func TestStdinAndKill(t *testing.T) {
	c := dial(t, Dialer{})
	p, err := c.Start(t.Context(), "cat", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(p.Stdin(), "text")
		_ = p.Stdin().Close()
	}()
	if out, err := io.ReadAll(p.Stdout()); err != nil || string(out) != "text" {
		t.Errorf("%q, %v", out, err)
	}
	sleeping, err := c.Start(t.Context(), "sleep 600 & sleep 600", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sleeping.Kill(); err != nil {
		t.Fatal(err)
	}
	if code, err := sleeping.Wait(); err != nil || code != 128+9 {
		t.Errorf("%d, %v", code, err)
	}
	if err := sleeping.Kill(); err != nil {
		t.Errorf("a second kill: %v", err)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	c := dial(t, Dialer{})
	p, err := c.Start(t.Context(), "cat; exit 9", transport.StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(); err != nil || code != 9 {
		t.Errorf("%d, %v", code, err)
	}
	<-c.Done()
	if _, err := c.Start(t.Context(), "true", transport.StartOptions{}); err == nil {
		t.Error("a closed connection starts commands")
	}
	if err := c.Close(); err != nil || c.Err() != nil {
		t.Errorf("%v, %v", err, c.Err())
	}
}

func TestPut(t *testing.T) {
	c := dial(t, Dialer{})
	path := filepath.Join(t.TempDir(), "f")
	if err := c.Put(t.Context(), path, strings.NewReader("text"), 4, 0o640); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 || info.Size() != 4 {
		t.Errorf("%v, %v", info, err)
	}
	if err := c.Put(t.Context(), path, strings.NewReader("text"), 5, 0o640); err == nil {
		t.Error("short content was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Put(ctx, path, strings.NewReader("text"), 4, 0o640); err == nil {
		t.Error("written after the context ended")
	}
	if _, err := c.Start(ctx, "true", transport.StartOptions{}); err == nil {
		t.Error("started after the context ended")
	}
	if _, err := (Dialer{}).Dial(ctx, transport.Target{}); err == nil {
		t.Error("dialled after the context ended")
	}
}

func TestRunnerCommand(t *testing.T) {
	c := dial(t, Dialer{Runner: []string{"/opt/my muster/muster", "runner"}})
	if got := c.(*conn).RunnerCommand(); got != "exec '/opt/my muster/muster' runner" {
		t.Errorf("got %s", got)
	}
	if got := dial(t, Dialer{}).(*conn).RunnerCommand(); got != "" {
		t.Errorf("got %s", got)
	}
}
