package simhost

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// Shell returns a handler that runs commands with this machine's /bin/sh in a folder, which is also their HOME.
func Shell(dir string) Handler {
	return func(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) int {
		cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
		together(cmd)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
		for name, value := range SessionOf(ctx).Env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdout, stderr, time.Second
		in, err := cmd.StdinPipe()
		if err != nil {
			return 255
		}
		if err := cmd.Start(); err != nil {
			io.WriteString(stderr, err.Error()+"\n")
			return 127
		}
		go func() { // ends when the session does, which may be after the command
			io.Copy(in, stdin)
			in.Close()
		}()
		return exitCode(cmd.Wait())
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	default:
		return 255
	}
}
