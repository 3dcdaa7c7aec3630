package local

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/pty"
)

// finishGrace is how long a process may take to end once its input has ended.
const finishGrace = 5 * time.Second

// process is a running /bin/sh.
type process struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr io.ReadCloser
	ended          func() // tells the connection

	once sync.Once
	gone chan struct{}
	code int
	err  error
}

// start runs the command line in a folder and in a process group of its own, on a terminal of its own where one is wanted.
func start(command, dir string, env []string, terminal bool, ended func(*process)) (*process, error) {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Dir, cmd.Env = dir, env
	p := &process{cmd: cmd, gone: make(chan struct{})}
	p.ended = func() { ended(p) }
	if terminal {
		return p, p.onTerminal()
	}
	return p, p.onPipes()
}

func (p *process) onPipes() error {
	cmd := p.cmd
	cmd.SysProcAttr = ownGroup()
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inR.Close(), inW.Close())
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inR.Close(), inW.Close(), outR.Close(), outW.Close())
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, errW
	err = cmd.Start()
	_, _, _ = inR.Close(), outW.Close(), errW.Close()
	if err != nil {
		return errors.Join(err, inW.Close(), outR.Close(), errR.Close())
	}
	p.stdin, p.stdout, p.stderr = inW, outR, errR
	go p.wait()
	return nil
}

func (p *process) onTerminal() error {
	master, slave, err := pty.Open()
	if err != nil {
		return err
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = ownTerminal()
	err = p.cmd.Start()
	_ = slave.Close()
	if err != nil {
		return errors.Join(err, master.Close())
	}
	p.stdin, p.stdout = master, terminal{Reader: pty.Reader(master), Closer: master}
	p.stderr = io.NopCloser(strings.NewReader(""))
	go p.wait()
	return nil
}

// terminal is a terminal's output.
type terminal struct {
	io.Reader
	io.Closer
}

func (p *process) wait() {
	err := p.cmd.Wait()
	p.code = exitCode(p.cmd.ProcessState)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.err = err
	}
	close(p.gone)
	p.ended()
}

func (p *process) Stdin() io.WriteCloser { return p.stdin }
func (p *process) Stdout() io.Reader     { return p.stdout }
func (p *process) Stderr() io.Reader     { return p.stderr }

// Wait returns the exit code, 128+N when signal N ended the command, as a shell says it.
func (p *process) Wait() (int, error) {
	<-p.gone
	p.once.Do(func() {
		_, _ = p.stdout.Close(), p.stderr.Close()
	})
	return p.code, p.err
}

// Kill ends the command and its group.
func (p *process) Kill() error {
	select {
	case <-p.gone:
		return nil
	default:
		return killGroup(p.cmd.Process)
	}
}

// finish ends the process by ending its input, and kills it when that does not help.
func (p *process) finish() {
	_ = p.stdin.Close()
	timer := time.NewTimer(finishGrace)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		_ = p.Kill()
	}
}
