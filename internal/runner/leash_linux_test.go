package runner_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/musterhq/muster/transport/wire"
)

// TestStoppedRunnerEnds: a runner that was stopped ends with its connection all the same.
func TestStoppedRunnerEnds(t *testing.T) {
	for _, c := range []struct {
		name      string
		heartbeat int64
		gone      func(stdin, stderr io.Closer) []io.Closer
	}{
		{"its connection ends", 60_000, func(stdin, stderr io.Closer) []io.Closer { return []io.Closer{stdin, stderr} }},
		{"a child's input ends", 0, func(stdin, _ io.Closer) []io.Closer { return []io.Closer{stdin} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "runner")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			greet(t, stdin, bufio.NewReader(stdout), c.heartbeat)
			stop(t, cmd.Process)
			for _, end := range c.gone(stdin, stderr) {
				if err := end.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStoppedStarterEnds: what started a child as another user stops itself with it, as sudo does, and ends with it as well.
func TestStoppedStarterEnds(t *testing.T) {
	cmd := exec.Command("sh", "-c", `"$1" runner; exit 0`, "sudo", os.Args[0])
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	child := greet(t, stdin, bufio.NewReader(stdout), 0)
	stop(t, cmd.Process)
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// stop stops a process of ours and waits until it stands.
func stop(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("it was not stopped: %v, %v", status, err)
	}
}

// greet exchanges greetings with a runner, waits until it has read them, and returns its process.
func greet(t *testing.T, in io.Writer, out *bufio.Reader, heartbeat int64) (pid int) {
	t.Helper()
	if err := wire.Scan(out, nil); err != nil {
		t.Fatal(err)
	}
	w, frames := wire.NewWriter(in), wire.NewReader(out)
	_, payload, err := frames.Next()
	if err != nil {
		t.Fatal(err)
	}
	hello, err := wire.Decode[wire.Hello](payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(wire.Hello{Protocol: wire.Protocol, Heartbeat: heartbeat}); err != nil {
		t.Fatal(err)
	}
	if err := w.Send(wire.TypePing, wire.Ping{N: 1}); err != nil {
		t.Fatal(err)
	}
	if kind, _, err := frames.Next(); err != nil || kind != wire.TypePong {
		t.Fatalf("frame %d, %v", kind, err)
	}
	return hello.PID
}
