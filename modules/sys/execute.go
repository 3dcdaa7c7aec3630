package sys

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// ErrTimeout is returned by Run and Query when the command's own time limit ended it.
var ErrTimeout = errors.New("the command took too long and was ended")

// outputMost is how much of each of a command's two outputs is kept, in bytes: a machine must not run out of memory because a
// command talks, and the controller takes no more.
const outputMost = 64 << 20

// ErrTooMuch is returned by Run and Query when a command printed more than is kept. It was not stopped for it.
var ErrTooMuch = fmt.Errorf("the command printed more than %d MiB: have it write to a file", outputMost>>20)

// lingering is how long output is still read after a command ended whose child keeps the pipe open (a daemon).
const lingering = 500 * time.Millisecond

// execute runs a command of the real machine; look finds the program.
func execute(ctx context.Context, c Command, environ []string, look func(string) (string, error)) (Output, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return Output{}, errors.New("no command given")
	}
	program, err := look(c.Argv[0])
	if err != nil {
		return Output{}, err
	}
	argv := c.Argv
	if c.Umask != nil {
		argv = append([]string{"/bin/sh", "-c", fmt.Sprintf(`umask %04o; exec "$0" "$@"`, *c.Umask), program}, c.Argv[1:]...)
		program = "/bin/sh"
	}
	inner := ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	var stdout, stderr printed
	cmd := exec.CommandContext(inner, program)
	cmd.Args = argv
	cmd.Dir = c.Dir
	cmd.Env = mergeEnviron(environ, c.Env)
	cmd.Stdin = c.Stdin
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if tell := watched(ctx); tell != nil {
		cmd.Stdout, cmd.Stderr = telling{&stdout, tell, false}, telling{&stderr, tell, true}
	}
	keepOpen(cmd, c.Hold)
	cmd.WaitDelay = lingering
	ownGroup(cmd)
	err = cmd.Run()
	out := Output{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	if cmd.ProcessState != nil {
		out.Code = exitCode(cmd.ProcessState)
	}
	err = runError(ctx, inner, err)
	if err == nil && (stdout.cut || stderr.cut) {
		err = ErrTooMuch
	}
	return out, err
}

// printed collects what a command prints, up to outputMost.
type printed struct {
	kept []byte
	cut  bool
}

// Write takes everything and never fails: a command does not end because nobody listens.
func (b *printed) Write(p []byte) (int, error) {
	room := outputMost - len(b.kept)
	b.cut = b.cut || len(p) > room
	b.kept = append(b.kept, p[:min(len(p), room)]...)
	return len(p), nil
}

// Bytes is what was kept; nil when nothing was printed.
func (b *printed) Bytes() []byte { return b.kept }

func runError(ctx, inner context.Context, err error) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && err != nil:
		return ctx.Err()
	case inner.Err() != nil && err != nil:
		return ErrTimeout
	case err == nil, errors.As(err, &exit), errors.Is(err, exec.ErrWaitDelay):
		return nil
	default:
		return err
	}
}

func mergeEnviron(base []string, env map[string]string) []string {
	if len(env) == 0 {
		return base
	}
	out := make([]string, 0, len(base)+len(env))
	for _, kv := range base {
		if k, _, _ := strings.Cut(kv, "="); !has(env, k) {
			out = append(out, kv)
		}
	}
	for k, v := range env {
		out = append(out, k+"="+v)
	}
	return out
}
