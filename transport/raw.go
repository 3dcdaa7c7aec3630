package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/musterhq/muster/internal/become"
	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/transport/wire"
)

// RawOptions say how a raw command runs.
type RawOptions struct {
	Host       string // inventory name, for messages
	Executable string // the shell; "" is /bin/sh
	Become     *wire.Become
	Stdin      []byte // what the command reads; it cannot be given together with a terminal
}

// RawOutput is what a raw command left.
type RawOutput struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

// maxRaw bounds each output of a raw command.
const maxRaw = 64 << 20

// RunRaw runs a command line on a host without a runner: through the login shell, then Executable. An exit code other than
// zero is no error. When ctx ends, the command is killed as far as the connection allows.
func RunRaw(ctx context.Context, conn Conn, command string, o RawOptions) (RawOutput, error) {
	shell := o.Executable
	if shell == "" {
		shell = "/bin/sh"
	}
	if o.Become == nil {
		r := newRaw("", nil)
		return r.run(ctx, conn, o, shlex.Join([]string{shell, "-c", command}), false)
	}
	mark := "MUSTER-BECOME-" + nonce()
	inner := []string{shell, "-c", "echo " + mark + "; echo " + mark + " >&2; " + command}
	plan, err := become.Make(*o.Become, inner, nonce(), false)
	if err != nil {
		return RawOutput{}, &Error{Host: o.Host, Kind: KindBecome, What: err.Error()}
	}
	r := newRaw(mark, become.NewDialogue(plan, o.Become.Password))
	out, err := r.run(ctx, conn, o, shlex.Join(plan.Argv), plan.Terminal)
	if err != nil && !plan.Terminal && len(o.Stdin) == 0 && r.talk.WantsTerminal() {
		r = newRaw(mark, become.NewDialogue(plan, o.Become.Password))
		out, err = r.run(ctx, conn, o, shlex.Join(plan.Argv), true)
	}
	return out, err
}

// raw is one raw command under way.
type raw struct {
	mark string // what the command prints first on both outputs, once another user runs it; "" without become
	talk *become.Dialogue

	mu             sync.Mutex
	answer         io.Writer
	failed         *become.Failure
	stdout, stderr gate
	kill           func() error
}

// gate holds an output of the command, from the mark on.
type gate struct {
	before []byte
	open   bool
	buf    bytes.Buffer
	over   bool
}

func newRaw(mark string, talk *become.Dialogue) *raw {
	r := &raw{mark: mark, talk: talk}
	r.stdout.open, r.stderr.open = mark == "", mark == ""
	return r
}

func (r *raw) run(ctx context.Context, conn Conn, o RawOptions, line string, terminal bool) (RawOutput, error) {
	proc, err := conn.Start(ctx, line, StartOptions{PTY: terminal})
	if err != nil {
		return RawOutput{}, startError(o.Host, err)
	}
	r.answer, r.kill = proc.Stdin(), proc.Kill
	stop := context.AfterFunc(ctx, func() { _ = proc.Kill() })
	defer stop()
	if terminal {
		r.stderr.open = true
	}
	if r.mark == "" {
		go r.feedInput(proc.Stdin(), o.Stdin)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.copy(proc.Stderr(), &r.stderr, nil)
	}()
	r.copy(proc.Stdout(), &r.stdout, func() {
		if !terminal {
			go r.feedInput(proc.Stdin(), o.Stdin)
		}
	})
	<-ended
	code, waitErr := proc.Wait()
	return r.result(ctx, conn, o, code, waitErr)
}

func (r *raw) feedInput(in io.WriteCloser, data []byte) {
	_, _ = in.Write(data) // a command need not read its input
	_ = in.Close()
}

// copy reads an output to its end. opened is called when the command has begun.
func (r *raw) copy(from io.Reader, g *gate, opened func()) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && r.take(g, buf[:n]) && opened != nil {
			opened()
		}
		if err != nil {
			return
		}
	}
}

// take handles a piece of output and reports whether the mark came with it.
func (r *raw) take(g *gate, p []byte) (opened bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if g.open {
		g.add(p)
		return false
	}
	g.before = append(g.before, p...)
	end := r.afterMark(g.before)
	if end < 0 {
		if len(g.before) > maxNoise {
			g.before = g.before[len(g.before)-maxNoise/2:]
		}
		r.converse(p)
		return false
	}
	rest := g.before[end:]
	g.open, g.before = true, nil
	g.add(rest)
	return true
}

// afterMark returns where the line of the mark ends, -1 without one. sudo repeats the whole command in its refusals, so
// the mark alone says nothing.
func (r *raw) afterMark(p []byte) int {
	for _, end := range []string{"\n", "\r\n"} {
		if at := bytes.Index(p, []byte(r.mark+end)); at >= 0 {
			return at + len(r.mark) + len(end)
		}
	}
	return -1
}

const maxNoise = 64 << 10

func (r *raw) converse(p []byte) {
	answer, failure := r.talk.Feed(p)
	if failure != nil && r.failed == nil {
		r.failed = failure
		go func() { _ = r.kill() }()
	}
	if answer != nil {
		_, _ = r.answer.Write(answer) // its end is noticed by the readers
	}
}

func (g *gate) add(p []byte) {
	if room := maxRaw - g.buf.Len(); len(p) > room {
		p, g.over = p[:room], true
	}
	g.buf.Write(p)
}

func (r *raw) result(ctx context.Context, conn Conn, o RawOptions, code int, waitErr error) (RawOutput, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := r.failed
	switch {
	case failure == nil && ctx.Err() != nil:
		return RawOutput{}, context.Cause(ctx)
	case failure == nil && code < 0 && lostCause(conn) != nil:
		return RawOutput{}, lostError(o.Host, lostCause(conn))
	case failure == nil && code < 0 && waitErr != nil:
		return RawOutput{}, &Error{Host: o.Host, Kind: KindLost, What: "the command did not end: " + waitErr.Error(), Err: waitErr}
	case failure == nil && !r.stdout.open:
		failure = r.talk.Refused(code, nil)
	case r.stdout.over || r.stderr.over:
		return RawOutput{}, errors.New(o.Host + fmt.Sprintf(": the command printed more than %d MiB", maxRaw>>20))
	}
	if failure != nil {
		return RawOutput{}, &Error{Host: o.Host, Kind: Kind(failure.Kind), What: failure.What, Hint: failure.Hint}
	}
	stdout := r.stdout.buf.Bytes()
	if r.mark != "" && r.afterMark(stdout) >= 0 { // on a terminal both marks come through standard output
		stdout = stdout[r.afterMark(stdout):]
	}
	return RawOutput{Code: code, Stdout: stdout, Stderr: r.stderr.buf.Bytes()}, nil
}
